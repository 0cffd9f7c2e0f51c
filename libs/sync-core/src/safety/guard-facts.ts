import type { SyncMode } from '@tideline/contracts';
import type { BaseView } from '../model/tree.ts';
import type { Deed, StoredHold } from '../ports/journal.ts';

/** Deletes and rewrites of so long ago count towards one mass. */
export const MASS_WINDOW_MS = 10 * 60 * 1000;

/** Everything besides the plan that a guard may look at. */
export type GuardFacts = {
  readonly base: BaseView;
  readonly mode: SyncMode;
  readonly nowMs: number;
  /** When the look at the disk and the cloud that the plan rests on began: what it saw first must be seen once more. */
  readonly observedFromMs: number;
  /** What we did ourselves lately, without anybody's consent. */
  readonly deeds: readonly Deed[];
  readonly holds: readonly StoredHold[];
  /** GU-2: whether the rewritten files look encrypted; asked for only where there are many of them. */
  readonly looksEncrypted: boolean;
};
