import type { Plan } from '../model/plan.ts';
import type { BaseId } from '../model/tree.ts';
import { guardPlan, type GuardedPlan } from '../safety/guard-plan.ts';
import { concludeSync } from './conclude-sync.ts';
import { guardFacts } from './cycle-policy.ts';
import type { CycleDeps, CycleReport, CycleRequest } from './cycle-types.ts';
import { decideNow, type Wanted } from './decide-now.ts';
import { Execution, type Tries } from './execution.ts';
import { executePlan } from './execute-plan.ts';
import { noteProblems } from './note-problems.ts';
import { observe, type Observed } from './observe.ts';
import { stopFor } from './observe-cloud.ts';
import { reportOf, stoppedReport, type Look, type RoundResult, type StoppedRound } from './report.ts';
import { sampleChanges } from './sample-changes.ts';

/** Observations that our own work calls for are made in the same cycle; what still moves after this is the next cycle's. */
const MAX_ROUNDS = 4;

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
    if ('stop' in result) return stoppedReport(deps, result);
    scannedAll ||= result.scannedAll;
    feedRead ||= look.pullFeed;
    if (result.look && round < MAX_ROUNDS && !request.signal.aborted) {
      look = result.look;
      continue;
    }
    await concludeSync(deps, result, { scannedAll, feedRead, settled: result.look === null });
    return reportOf(deps, result);
  }
}

async function runRound(deps: CycleDeps, request: CycleRequest, tries: Tries): Promise<RoundResult | StoppedRound> {
  const seen = await observe(deps, request);
  if ('stop' in seen) return seen;
  const wanted = decideNow(deps, request);
  const guarded = await guard(wanted, deps, { request, seen });
  const { trees, plan: decided, unseen, asksRights } = wanted;
  const execution = new Execution(deps, request, { ...trees, approvedOps: guarded.approvedOps, tries });
  noteProblems(decided, execution, seen.scannedAll);
  const failure = await executePlan(guarded.plan, execution).then(() => null, stopFor);
  endSpentHolds(deps);
  execution.refeed ||= asksRights;
  const look = followUp(execution, decided, unseen);
  if (failure) return { stop: failure, lookAgain: look?.dirty ?? null };
  const { heldOps, postponedUntilMs: wakeAtMs } = guarded;
  return { execution, decided, heldOps, wakeAtMs, scannedAll: seen.scannedAll, look };
}

/** What waits for a person is on record before anything else of the plan runs. */
async function guard(
  { plan, trees }: Wanted,
  deps: CycleDeps,
  { request, seen }: { request: CycleRequest; seen: Observed },
): Promise<GuardedPlan> {
  const before = guardFacts(deps, request, seen.observedFromMs);
  const looksEncrypted = await sampleChanges(deps, plan, { trees, facts: before });
  // Read again: a person may have answered meanwhile.
  const guarded = guardPlan(plan, { ...guardFacts(deps, request, seen.observedFromMs), looksEncrypted });
  deps.journal.setHolds(guarded.holds, deps.clock.nowMs());
  if (guarded.spentHolds.length > 0) deps.journal.advance({ endHolds: guarded.spentHolds });
  return guarded;
}

/** What was agreed to and has run leaves nothing to be asked about. */
function endSpentHolds({ journal }: CycleDeps): void {
  const overlay = journal.localOverlay();
  const isThere = (id: BaseId) => journal.base.get(id) !== undefined;
  const isRewritten = (id: BaseId) => overlay.get(id)?.t === 'present';
  const spent = journal.holds().filter(({ answer, kind, ids }) => {
    return answer === 'approved' && !ids.some(kind === 'mass_change' ? isRewritten : isThere);
  });
  if (spent.length > 0) journal.advance({ endHolds: spent.map((hold) => hold.holdId) });
}

/** What our own work calls to look at again: folders that were not as planned, a feed that has moved, or the rest of a plan. */
function followUp(execution: Execution, decided: Plan, unseen: Wanted['unseen']): Look | null {
  if (execution.lookEverywhere || unseen === 'all') return { dirty: 'all', pullFeed: true };
  const folders = execution.rescan.union(unseen ?? new Set<string>());
  const isLeft = unseen !== null || leavesMore(execution, decided);
  if (folders.size === 0 && !execution.refeed && !isLeft) return null;
  return { dirty: folders.size > 0 ? folders : null, pullFeed: execution.refeed };
}

function leavesMore({ done }: Execution, { more, base }: Plan): boolean {
  return more && (done > 0 || base.length > 0);
}
