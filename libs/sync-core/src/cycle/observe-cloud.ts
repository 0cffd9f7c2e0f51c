import { AppError, type ChangesAnswer, type ErrorCode } from '@tideline/contracts';
import { diffListing, diffSubtree, foldFeed } from '../feed/remote-state.ts';
import type { CycleDeps, CycleStop } from './cycle-types.ts';

/** Pages of one pull; more than this is the next cycle's. */
const MAX_PAGES = 10_000;

/**
 * Brings the cloud overlay up to the head of the change feed. Cursor and overlay move in one transaction, so that nothing is
 * both forgotten and passed. Without a cursor, or when it is too old, a complete listing takes the place of the feed.
 */
export async function observeCloud(deps: CycleDeps, signal: AbortSignal): Promise<CycleStop | null> {
  try {
    if (deps.journal.meta().cursor === null) await readListing(deps, signal);
    else await readFeed(deps, signal);
    return null;
  } catch (error) {
    return stopFor(error);
  }
}

async function readFeed(deps: CycleDeps, signal: AbortSignal): Promise<void> {
  for (let page = 0; page < MAX_PAGES; page++) {
    const { cursor, epoch } = deps.journal.meta();
    const answer = await changesOrNull(deps, cursor ?? '', signal);
    if (!answer) return readListing(deps, signal);
    if (epoch !== null && answer.epoch !== epoch) return recover(deps, signal);
    const overlay = deps.journal.cloudOverlay();
    const fold = foldFeed(answer, {
      base: deps.journal.base,
      overlay,
      rootId: deps.cloud.rootId,
      nowMs: deps.clock.nowMs(),
    });
    if (fold.rootGone) throw new AppError('NODE_UNKNOWN');
    const below = [];
    for (const folder of fold.toList) below.push(...(await listBelow(deps, folder, signal)));
    deps.journal.advance({
      cloud: [...fold.cloud, ...below],
      meta: { cursor: answer.cursor, epoch: answer.epoch, seq: answer.seq },
    });
    if (!answer.more) return;
  }
}

async function changesOrNull(deps: CycleDeps, cursor: string, signal: AbortSignal): Promise<ChangesAnswer | undefined> {
  try {
    return await deps.cloud.changes(cursor, signal);
  } catch (error) {
    if (error instanceof AppError && (error.code === 'CURSOR_EXPIRED' || error.code === 'CURSOR_INVALID'))
      return undefined;
    throw error;
  }
}

async function listBelow(deps: CycleDeps, folder: string, signal: AbortSignal) {
  try {
    const listing = await deps.cloud.listing(folder, signal);
    return diffSubtree(listing.nodes, {
      base: deps.journal.base,
      rootId: deps.cloud.rootId,
      nowMs: deps.clock.nowMs(),
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'NODE_UNKNOWN') return []; // gone again: the next page says so
    throw error;
  }
}

/** The server was restored from a backup: until the next complete sync nothing is deleted (FI-4). */
async function recover(deps: CycleDeps, signal: AbortSignal): Promise<void> {
  deps.journal.advance({ meta: { recovery: true, cursor: null } });
  await readListing(deps, signal);
}

async function readListing(deps: CycleDeps, signal: AbortSignal): Promise<void> {
  const { journal, cloud, clock } = deps;
  const listing = await cloud.listing(cloud.rootId, signal);
  const { epoch } = journal.meta();
  const recovery = journal.meta().recovery || (epoch !== null && epoch !== listing.epoch);
  const seen = diffListing(listing.nodes, {
    base: journal.base,
    overlay: journal.cloudOverlay(),
    rootId: cloud.rootId,
    nowMs: clock.nowMs(),
  });
  journal.advance({ cloud: seen, meta: { cursor: listing.cursor, epoch: listing.epoch, seq: listing.seq, recovery } });
}

/** What an answer of the drive means for the whole task. */
const STOPS: Partial<Record<ErrorCode, CycleStop['why'] | 'quota' | 'credentials'>> = {
  SERVER_UNREACHABLE: 'offline',
  UNAVAILABLE: 'offline',
  RATE_LIMITED: 'offline',
  INTERNAL: 'offline',
  TIMEOUT: 'offline',
  NODE_UNKNOWN: 'permission',
  SPACE_UNKNOWN: 'permission',
  FORBIDDEN: 'permission',
  RIGHT_MISSING: 'permission',
  RIGHT_UPLOAD_ONLY: 'permission',
  SYNC_DISABLED: 'permission',
  DEVICE_REVOKED: 'credentials',
  DEVICE_NOT_APPROVED: 'credentials',
  NOT_SIGNED_IN: 'credentials',
  KEYCHAIN_LOCKED: 'credentials',
  QUOTA_EXCEEDED: 'quota',
};

/** A stop for what the drive may answer any day; anything unexpected goes up. */
export function stopFor(error: unknown): CycleStop {
  const why = error instanceof AppError ? STOPS[error.code] : undefined;
  if (why === undefined || !(error instanceof AppError)) throw error;
  if (why === 'permission') return { why };
  if (why === 'offline') return { why, detail: error.message };
  return { why: 'blocked', reason: why === 'quota' ? 'quota' : 'credentials', detail: error.message };
}
