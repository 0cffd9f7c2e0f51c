import type { Plan } from '../model/plan.ts';
import { carryOutNews } from './carry-out-news.ts';
import { concludeSync } from './conclude-sync.ts';
import type { CycleDeps, CycleReport, CycleRequest, RoundRequest } from './cycle-types.ts';
import { decideNow } from './decide-now.ts';
import { Execution, type Tries } from './execution.ts';
import { executePlan } from './execute-plan.ts';
import { followUp, noteUnseen } from './follow-up.ts';
import { approvedHolds, endSpentHolds, guardNow } from './guard-now.ts';
import { letIn } from './let-in.ts';
import { noteProblems } from './note-problems.ts';
import { observe, type Observed } from './observe.ts';
import { stopFor } from './observe-cloud.ts';
import { reportOf, stoppedReport, type Look, type RoundResult, type StoppedRound } from './report.ts';

/** Observations that our own work calls for are made in the same cycle; what still moves after this is the next cycle's. */
const MAX_ROUNDS = 4;
/** What was seen holds, but is to be decided about anew. A phase ends once, so this adds no more than two rounds. */
const NOTHING_NEW: Look = { dirty: null, pullFeed: false };
/** What failed once more although something had happened, or although there was to be room, waits again. */
const NO_NEWS = { hinted: null, roomFreed: false };

/**
 * One cycle of a task: observe both sides, decide, act, and say truly how things stand. It may be ended at any line: whatever
 * was confirmed is in the journal, everything else is observed again.
 */
export async function runCycle(deps: CycleDeps, request: CycleRequest): Promise<CycleReport> {
  // A look at the whole disk takes in the whole cloud, too: only both together can end in "synced".
  let look: Look = { dirty: request.dirty, pullFeed: request.pullFeed || request.dirty === 'all' };
  let scannedAll = false;
  let feedRead = false;
  let consents: ReadonlySet<string> = new Set();
  const tries: Tries = new Map();
  for (let round = 1; ; round++) {
    const news = round === 1 ? { hinted: request.dirty } : NO_NEWS;
    consents = consentsAfter(look, consents, deps);
    const result = await runRound(deps, { ...request, ...look, ...news, consents }, tries);
    if ('stop' in result) return stoppedReport(deps, result);
    scannedAll ||= result.scannedAll;
    feedRead ||= look.pullFeed;
    const isLast = round >= MAX_ROUNDS || request.signal.aborted;
    const next = await nextLook(deps, result, { scannedAll, feedRead, isLast });
    if (!next || request.signal.aborted) return reportOf(deps, result);
    look = next;
  }
}

/** A look at everything is one for all that was agreed to before it (SY-44). */
const consentsAfter = ({ dirty, pullFeed }: Look, before: ReadonlySet<string>, deps: CycleDeps): ReadonlySet<string> =>
  dirty === 'all' && pullFeed ? approvedHolds(deps) : before;

type SoFar = { readonly scannedAll: boolean; readonly feedRead: boolean; readonly isLast: boolean };

/** Where another round is to look; null: the cycle is over, and what it may claim is on record. */
async function nextLook(deps: CycleDeps, result: RoundResult, { isLast, ...seen }: SoFar): Promise<Look | null> {
  if (result.look && !isLast) return result.look;
  const mustDecideAgain = await concludeSync(deps, result, { ...seen, settled: result.look === null });
  return mustDecideAgain ? NOTHING_NEW : null;
}

async function runRound(deps: CycleDeps, request: RoundRequest, tries: Tries): Promise<RoundResult | StoppedRound> {
  const seen = await observe(deps, request);
  if ('stop' in seen) return seen;
  letIn(deps, request.settings);
  const news = await carryOutNews(deps, request, tries);
  if (news && 'stop' in news) return news;
  if (news?.isCutShort) return { ...news, scannedAll: seen.scannedAll };
  return decideAndAct(deps, request, { seen, tries, before: news?.execution ?? null });
}

type Seen = { readonly seen: Observed; readonly tries: Tries; readonly before: Execution | null };

async function decideAndAct(
  deps: CycleDeps,
  request: RoundRequest,
  { seen, tries, before }: Seen,
): Promise<RoundResult | StoppedRound> {
  const wanted = await decideNow(deps, request).catch(stopFor);
  if ('why' in wanted) return { stop: wanted, lookAgain: null };
  const guarded = await guardNow(wanted, deps, { request, observedFromMs: seen.observedFromMs });
  const { trees, plan: decided, unseen } = wanted;
  const execution = new Execution(deps, request, { ...trees, approvedOps: guarded.approvedOps, tries });
  if (before) execution.goOnFrom(before);
  noteProblems(decided, execution, seen.scannedAll);
  execution.lookEverywhere ||= guarded.mustLook;
  const failure = await executePlan(guarded.plan, execution).then(() => null, stopFor);
  endSpentHolds(deps);
  noteUnseen(execution, wanted);
  const look = followUp(execution, unseen !== null || leavesMore(execution, decided));
  if (failure) return { stop: failure, lookAgain: look?.dirty ?? null };
  const { heldOps, postponedUntilMs: wakeAtMs } = guarded;
  return { execution, decided, heldOps, wakeAtMs, scannedAll: seen.scannedAll, look };
}

function leavesMore({ done }: Execution, { more, base }: Plan): boolean {
  return more && (done > 0 || base.length > 0);
}
