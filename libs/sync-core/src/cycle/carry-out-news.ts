import type { Plan } from '../model/plan.ts';
import type { ThreeTrees } from '../model/tree.ts';
import { deletesOf } from '../safety/mass-delete.ts';
import { withDependents, without } from '../safety/plan-parts.ts';
import type { CycleDeps, RoundRequest } from './cycle-types.ts';
import { decideNow } from './decide-now.ts';
import { Execution, type Tries } from './execution.ts';
import { executePlan } from './execute-plan.ts';
import { followUp, noteUnseen } from './follow-up.ts';
import { NEWS_AT_ONCE, NewsSlices } from './news-slices.ts';
import { noteProblems } from './note-problems.ts';
import { stopFor } from './observe-cloud.ts';
import type { RoundResult, StoppedRound } from './report.ts';

/** `isCutShort`: the cycle is to end, or something newer waits; nothing more may be decided in this round. */
export type NewsResult = RoundResult & { readonly isCutShort: boolean };

/**
 * What is new by the tens of thousands is made, sent and linked slice by slice before the whole is decided about, so that memory
 * is needed for a slice only. Nothing is deleted, held or concluded here: guards look at changes of what base knows alone, and
 * every claim about the task is made by the decision about the whole, which finds whatever was not done here. Null: there was
 * nothing of the kind.
 */
export async function carryOutNews(
  deps: CycleDeps,
  request: RoundRequest,
  tries: Tries,
): Promise<NewsResult | StoppedRound | null> {
  const { mode, newsAtOnce = NEWS_AT_ONCE } = request.settings;
  const slices = new NewsSlices(deps.journal, mode, newsAtOnce);
  let result: NewsResult | null = null;
  for (let trees = slices.next(); trees !== null && !result?.isCutShort; trees = slices.next()) {
    const done = await carryOutSlice(deps, request, { trees, tries, before: result?.execution ?? null });
    if ('stop' in done) return done;
    result = done;
  }
  return result;
}

type Slice = { readonly trees: ThreeTrees; readonly tries: Tries; readonly before: Execution | null };

async function carryOutSlice(
  deps: CycleDeps,
  request: RoundRequest,
  { trees, tries, before }: Slice,
): Promise<NewsResult | StoppedRound> {
  const wanted = await decideNow(deps, request, trees).catch(stopFor);
  if ('why' in wanted) return { stop: wanted, lookAgain: null };
  const decided = withoutDeletes(wanted.plan);
  const seen = { local: deps.journal.localOverlay(), cloud: deps.journal.cloudOverlay() };
  const execution = new Execution(deps, request, { ...seen, tries });
  if (before) execution.goOnFrom(before);
  noteProblems(decided, execution, false);
  const failure = await executePlan(decided, execution).then(() => null, stopFor);
  noteUnseen(execution, wanted);
  const { aborted } = request.signal;
  const look = followUp(execution, aborted);
  if (failure) return { stop: failure, lookAgain: look?.dirty ?? null };
  const isCutShort = aborted || execution.yielded > 0;
  return { execution, decided, heldOps: 0, wakeAtMs: null, scannedAll: false, look, isCutShort };
}

function withoutDeletes(plan: Plan): Plan {
  const deletes = [...deletesOf(plan.cloud), ...deletesOf(plan.local)];
  return without(plan, withDependents(plan, new Set(deletes.map(({ opId }) => opId))));
}
