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
  const noneSeen = stop ?? (await surfaceLost(deps, request).catch(stopFor));
  return noneSeen ?? { ...disk, observedFromMs };
}

/** FI-4: what a restored drive has lost, and only a displaced file holds, comes back into sight before it is decided about anything. */
async function surfaceLost(deps: CycleDeps, request: CycleRequest): Promise<CycleStop | null> {
  const { disk, cloud, journal } = deps;
  if (!journal.meta().recovery || request.settings.mode === 'upload') return null;
  const held = await disk.displaced();
  const kept = held.length === 0 ? [] : await cloud.keptVersions(held);
  const surfaced = await disk.surfaceDisplaced(kept);
  if (surfaced.length === 0) return null;
  const seen = await observeDisk(deps, { ...request, dirty: null }, surfaced);
  return 'why' in seen ? seen : null;
}
