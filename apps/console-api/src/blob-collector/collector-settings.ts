const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** How long things stay although nobody seems to need them. */
export type CollectorSettings = {
  /** A chunk that was sent or asked about within this time may be about to be committed: as long as its sender may use it. */
  readonly unseenMs: number;
  /**
   * From being found unreferenced to being removed. Commits lock the chunks they use; a transaction that only makes another
   * version of a content that has one (copy, restore) need not, as long as it is shorter than this.
   */
  readonly sweepAfterMs: number;
  /** Objects without chunks: longer than the oldest backup of the database that one may restore, and never below a day, for readers. */
  readonly trashMs: number;
  /** Objects without a pack row: somebody may still be about to write it. */
  readonly orphanMs: number;
  /** Younger packs are left alone: most of what is in them is still to be seen. */
  readonly compactAfterMs: number;
  /** How long one run of a job may work; the next one goes on from there. */
  readonly budgetMs: number;
};

export const COLLECTOR_DEFAULTS: CollectorSettings = {
  unseenMs: 7 * DAY_MS,
  sweepAfterMs: DAY_MS,
  trashMs: 14 * DAY_MS,
  orphanMs: DAY_MS,
  compactAfterMs: HOUR_MS,
  budgetMs: 15_000,
};

/** From the end of one look at everything to the start of the next. */
export const PASS_PAUSE_MS = { mark: 6 * HOUR_MS, scrub: 30 * DAY_MS, orphans: DAY_MS };
/** For injection, since the type is gone at run time. */
export const COLLECTOR_SETTINGS = Symbol('CollectorSettings');
