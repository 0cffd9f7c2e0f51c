import { applyFilter } from '../filter/apply-filter.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import type { ThreeTrees } from '../model/tree.ts';
import { decide } from '../reconcile/decide.ts';
import { guardPlan } from '../safety/guard-plan.ts';
import { limitFiles } from '../safety/limit-files.ts';
import { bringBack } from './bring-back.ts';
import { cyclePolicy, guardFacts, planIds } from './cycle-policy.ts';
import type { CycleDeps, CycleReport, CycleRequest, CycleSettings, CycleStop } from './cycle-types.ts';
import { Execution, type Tries } from './execution.ts';
import { executePlan } from './execute-plan.ts';
import { observeCloud, stopFor } from './observe-cloud.ts';
import { observeDisk, observeRoot } from './observe-disk.ts';
import { mendPowerLoss, type PowerFacts } from './mend-power-loss.ts';
import { noteProblems } from './note-problems.ts';
import { concludeSync } from './conclude-sync.ts';
import { rightTheClock } from './right-the-clock.ts';
import { reportOf, stoppedReport, type RoundResult } from './report.ts';
import { settleUnfinished } from './settle-unfinished.ts';

/** Observations that our own work calls for are made in the same cycle; what still moves after this is the next cycle's. */
const MAX_ROUNDS = 4;

type Look = Pick<CycleRequest, 'dirty' | 'pullFeed'>;
type Observed = { readonly scannedAll: boolean; readonly observedFromMs: number };

/**
 * One cycle of a task: observe both sides, decide, act, and say truly how things stand. It may be ended at any line: whatever
 * was confirmed is in the journal, everything else is observed again.
 */
export async function runCycle(deps: CycleDeps, request: CycleRequest): Promise<CycleReport> {
  // A look at the whole disk takes in the whole cloud, too: only both together can end in "synced".
  let look: Look = { dirty: request.dirty, pullFeed: request.pullFeed || request.dirty === 'all' };
  let scannedAll = false;
  let feedRead = false;
  const tries: Tries = new Map();
  for (let round = 1; ; round++) {
    const result = await runRound(deps, { ...request, ...look }, tries);
    if ('why' in result) return stoppedReport(deps, result);
    scannedAll ||= result.scannedAll;
    feedRead ||= look.pullFeed;
    const wanted = followUp(result);
    if (wanted && round < MAX_ROUNDS && !request.signal.aborted) {
      look = wanted;
      continue;
    }
    await concludeSync(deps, result, { scannedAll, feedRead, settled: wanted === null });
    return reportOf(deps, result, wanted !== null);
  }
}

async function runRound(deps: CycleDeps, request: CycleRequest, tries: Tries): Promise<RoundResult | CycleStop> {
  const seen = await observe(deps, request);
  if ('why' in seen) return seen;
  const trees = observedTrees(deps, request.settings);
  const wanted = decide(trees, cyclePolicy(deps, request), planIds(deps));
  const mended = mendPowerLoss(wanted, trees, powerFacts(deps, request.settings));
  const decided = limitFiles(mended, trees.base, request.settings.maxFiles);
  const guarded = guardPlan(decided, guardFacts(deps, seen.observedFromMs));
  deps.journal.setHolds(guarded.holds, deps.clock.nowMs());
  const execution = new Execution(deps, request, { ...trees, approvedOps: guarded.approvedOps, tries });
  noteProblems(decided, execution, seen.scannedAll);
  const failure = await executePlan(guarded.plan, execution).then(() => null, stopFor);
  const { heldOps, postponedUntilMs: wakeAtMs } = guarded;
  return failure ?? { execution, decided, heldOps, wakeAtMs, scannedAll: seen.scannedAll };
}

async function observe(deps: CycleDeps, request: CycleRequest): Promise<Observed | CycleStop> {
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
  return stop ?? { ...disk, observedFromMs };
}

/** Everything that was seen and that the task's filter lets be decided about. */
function observedTrees({ journal }: CycleDeps, { exclude, mode, names }: CycleSettings): ThreeTrees {
  const observed = { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay() };
  const trees = { ...observed, cloudSeq: journal.meta().seq };
  return applyFilter(trees, compileFilter(exclude, { caseSensitive: names.caseSensitive }), mode);
}

/** In upload mode nothing is ever written on the disk. */
function powerFacts({ hashes }: CycleDeps, { mode, bootedAtMs }: CycleSettings): PowerFacts {
  return { bootedAtMs: mode === 'upload' ? null : (bootedAtMs ?? null), sha256Hex: (text) => hashes.sha256Hex(text) };
}

/** What our own work calls to look at again: folders that were not as planned, a feed that has moved, or the rest of a plan. */
function followUp({ execution, decided }: RoundResult): Look | null {
  const moved = execution.done > 0 || decided.base.length > 0;
  if (execution.lookEverywhere) return { dirty: 'all', pullFeed: true };
  if (execution.rescan.size === 0 && !execution.refeed && !(decided.more && moved)) return null;
  return { dirty: execution.rescan.size > 0 ? execution.rescan : null, pullFeed: execution.refeed };
}
