import { AppError, type CapsAnswer, type ChangesAnswer, type ErrorCode } from '@tideline/contracts';
import type { CloudStep } from '../feed/cloud-step.ts';
import { diffListing, diffSubtree, foldFeed } from '../feed/remote-state.ts';
import type { CloudListing } from '../ports/cloud.ts';
import type { Boundary } from '../rights/rights-map.ts';
import type { CycleDeps, CycleStop } from './cycle-types.ts';

/** Pages of one pull; more than this is the next cycle's. */
const MAX_PAGES = 10_000;
/** Rights that change during a listing make it be read again; so often that it is the next cycle's. */
const MAX_LISTINGS = 3;

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
    const { cursor, epoch, capsRev, rights } = deps.journal.meta();
    const answer = await changesOrNull(deps, cursor ?? '', signal);
    if (!answer) return readListing(deps, signal);
    if (epoch !== null && answer.epoch !== epoch) return recover(deps, signal);
    const isNews = answer.capsRev !== capsRev || rights === null;
    if (isNews && (await sightChanged(deps, answer.capsRev))) return readListing(deps, signal);
    if ((await foldPage(deps, answer, signal)) === 'end') return;
  }
}

/**
 * There is more also behind the last page when a folder that came in was listed as of later: what had left it by then is told by a
 * page to come, and would be taken to be in it still, under names that others have now.
 */
async function foldPage(deps: CycleDeps, answer: ChangesAnswer, signal: AbortSignal): Promise<'more' | 'end'> {
  const { journal, cloud, clock } = deps;
  const { base } = journal;
  const overlay = journal.cloudOverlay();
  const fold = foldFeed(answer, { base, overlay, rootId: cloud.rootId, nowMs: clock.nowMs() });
  if (fold.rootGone) throw new AppError('NODE_UNKNOWN');
  const below = [];
  for (const folder of fold.toList) below.push(await listBelow(deps, folder, signal));
  const { cursor, epoch, seq } = answer;
  const steps = below.flatMap((listed) => listed.steps);
  journal.advance({ cloud: [...fold.cloud, ...steps], meta: { cursor, epoch, seq } });
  return answer.more || below.some((listed) => listed.seq > seq) ? 'more' : 'end';
}

/** Rights moved in the space. The feed says nothing of nodes that only came into sight or went out of it: a listing must. */
async function sightChanged(deps: CycleDeps, capsRev: number): Promise<boolean> {
  const caps = await deps.cloud.caps();
  const hidden = hiddenIn(caps);
  const before = deps.journal.meta().hidden;
  if (hidden.length !== before.length || hidden.some((id, index) => id !== before[index])) return true;
  deps.journal.advance({ meta: { capsRev, rights: rightsIn(caps) } });
  return false;
}

function rightsIn({ boundaries }: CapsAnswer): readonly Boundary[] {
  return boundaries.map(({ nodeId, atoms }) => ({ nodeId, atoms }));
}

/** Folders that listings and feed pass over; what base knows in them is out of sight. */
function hiddenIn(caps: CapsAnswer): string[] {
  const hidden = caps.boundaries.filter((boundary) => !boundary.atoms.includes('list'));
  return hidden.map((boundary) => boundary.nodeId as string).sort();
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

type Listed = { readonly steps: readonly CloudStep[]; readonly seq: number };

async function listBelow(deps: CycleDeps, folder: string, signal: AbortSignal): Promise<Listed> {
  try {
    const listing = await deps.cloud.listing(folder, signal);
    const steps = diffSubtree(listing.nodes, {
      base: deps.journal.base,
      rootId: deps.cloud.rootId,
      nowMs: deps.clock.nowMs(),
    });
    return { steps, seq: listing.seq };
  } catch (error) {
    if (error instanceof AppError && error.code === 'NODE_UNKNOWN') return { steps: [], seq: 0 }; // gone again: the next page says so
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
  const { listing, hidden, rights } = await listWithRights(deps, signal);
  const before = journal.meta();
  const recovery = before.recovery || (before.epoch !== null && before.epoch !== listing.epoch);
  const context = { base: journal.base, overlay: journal.cloudOverlay(), rootId: cloud.rootId, nowMs: clock.nowMs() };
  const seen = diffListing(listing.nodes, { ...context, hidden: new Set(hidden) });
  const { cursor, epoch, seq, capsRev } = listing;
  journal.foldListing(seen, { cursor, epoch, seq, capsRev, hidden, rights, recovery });
}

/** A listing and the rights it was made with: what the caller may not see must not look deleted. */
async function listWithRights(
  deps: CycleDeps,
  signal: AbortSignal,
): Promise<{ listing: CloudListing; hidden: readonly string[]; rights: readonly Boundary[] }> {
  for (let attempt = 0; attempt < MAX_LISTINGS; attempt++) {
    const caps = await deps.cloud.caps();
    const listing = await deps.cloud.listing(deps.cloud.rootId, signal);
    if (listing.capsRev === caps.capsRev) return { listing, hidden: hiddenIn(caps), rights: rightsIn(caps) };
  }
  throw new AppError('UNAVAILABLE');
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
