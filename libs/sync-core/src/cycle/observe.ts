import type { RelativePath } from '../ports/disk.ts';
import { answerHolds } from './answer-holds.ts';
import { bringBack } from './bring-back.ts';
import type { CycleDeps, CycleRequest, CycleStop } from './cycle-types.ts';
import { observeCloud, stopFor } from './observe-cloud.ts';
import { observeDisk, observeRoot } from './observe-disk.ts';
import type { StoppedRound } from './report.ts';
import { rightTheClock } from './right-the-clock.ts';
import { settleUnfinished } from './settle-unfinished.ts';

export type Observed = { readonly scannedAll: boolean; readonly observedFromMs: number };

/** Brings what is known of both sides up to date; what was answered to holds is carried out in between, and looked at again. */
export async function observe(deps: CycleDeps, request: CycleRequest): Promise<Observed | StoppedRound> {
  const seen = await look(deps, request);
  if ('why' in seen) return { stop: seen, lookAgain: null };
  const changed = await answerHolds(deps, request.settings).catch(stopFor);
  if (changed === false) return seen;
  if (changed !== true) return { stop: changed, lookAgain: 'all' };
  const again = await look(deps, { ...request, dirty: 'all', pullFeed: true });
  return 'why' in again ? { stop: again, lookAgain: 'all' } : again;
}

async function look(deps: CycleDeps, request: CycleRequest): Promise<Observed | CycleStop> {
  const observedFromMs = deps.clock.nowMs();
  const lost = await observeRoot(deps);
  if (lost) return lost;
  const broughtBack = await bringBack(deps, request);
  const unsettled = await settleUnfinished(deps, request).then(() => null, stopFor);
  if (unsettled) return unsettled;
  const disk = await observeDisk(deps, request, broughtBack);
  if ('why' in disk) return disk;
  const stop = request.pullFeed ? await observeCloud(deps, request.signal) : null;
  rightTheClock(deps);
  const noneSeen = stop ?? (await settleDisplaced(deps, request).catch(stopFor));
  return noneSeen ?? { ...disk, observedFromMs };
}

/**
 * FI-4: what displaced files hold is in the history of the drive, unless that was restored from a backup, which its feed tells. So their
 * grace ends when the feed was read; and what a restored drive has lost comes back into sight before anything is decided.
 */
async function settleDisplaced(deps: CycleDeps, request: CycleRequest): Promise<CycleStop | null> {
  if (request.settings.mode === 'upload') return null;
  const shown = deps.journal.meta().recovery ? await surfaceLost(deps) : await giveUp(deps, request);
  if (shown.length === 0) return null;
  // Everywhere: their notes name folders as they were then, which may be spelled otherwise by now.
  const seen = await observeDisk(deps, { ...request, dirty: 'all' }, shown);
  return 'why' in seen ? seen : null;
}

async function surfaceLost({ disk, cloud, clock }: CycleDeps): Promise<readonly RelativePath[]> {
  const held = await disk.displaced();
  if (held.length === 0) return disk.surfaceDisplaced([]);
  const kept = await cloud.keptVersions(held);
  const surfaced = await disk.surfaceDisplaced(kept);
  const late = await disk.settleDisplaced(clock.nowMs(), kept);
  return [...surfaced, ...late.map(({ rescuedTo }) => rescuedTo)];
}

async function giveUp({ disk, clock }: CycleDeps, { pullFeed }: CycleRequest): Promise<readonly RelativePath[]> {
  if (!pullFeed) return [];
  const late = await disk.settleDisplaced(clock.nowMs());
  return late.map(({ rescuedTo }) => rescuedTo);
}
