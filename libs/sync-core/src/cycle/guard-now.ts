import type { BaseId } from '../model/tree.ts';
import type { StoredHold } from '../ports/journal.ts';
import { guardPlan, type GuardedPlan } from '../safety/guard-plan.ts';
import { deletesOf, type Delete } from '../safety/mass-delete.ts';
import { guardFacts } from './cycle-policy.ts';
import type { CycleDeps, RoundRequest } from './cycle-types.ts';
import type { Wanted } from './decide-now.ts';
import { createLiveTree } from './live-tree.ts';
import { sampleChanges } from './sample-changes.ts';

/** `mustLook`: what was agreed to may have come back since it was held; it waits for a look at everything. */
export type GuardedNow = GuardedPlan & { readonly mustLook: boolean };

/** What of the plan may run now. What waits for a person is on record before anything else of it runs. */
export async function guardNow(
  { plan, trees }: Wanted,
  deps: CycleDeps,
  { request, observedFromMs }: { readonly request: RoundRequest; readonly observedFromMs: number },
): Promise<GuardedNow> {
  const { journal, clock } = deps;
  const facts = guardFacts(deps, request, observedFromMs);
  const looksEncrypted = await sampleChanges(deps, plan, { trees, facts });
  // Holds are read again: a person may have answered meanwhile.
  const stored = journal.holds();
  const runnable = runnableDeletes(deps, { plan, trees });
  const early = new Set(stored.filter((hold) => isEarly(hold, runnable, request.consents ?? new Set())));
  const holds = stored.map((hold) => (early.has(hold) ? { ...hold, answer: 'kept' as const } : hold));
  const guarded = guardPlan(plan, { ...facts, holds, looksEncrypted });
  const doubtful = stored.filter((hold) => isDoubtful(hold, trees));
  journal.setHolds([...guarded.holds, ...stillWaiting(doubtful, guarded.holds)], clock.nowMs());
  const spent = guarded.spentHolds.filter((id) => !doubtful.some(({ holdId }) => holdId === id));
  if (spent.length > 0) journal.advance({ endHolds: spent });
  return { ...guarded, mustLook: early.size > 0 };
}

/** SY-44: it may have been held for days. Until everything was looked at its deletes stay as they are, and nobody is asked again. */
function isEarly({ holdId, kind, answer, ids }: StoredHold, deletes: readonly Delete[], consents: Consents): boolean {
  if (answer !== 'approved' || !kind.startsWith('mass_delete') || consents.has(holdId)) return false;
  const held = new Set(ids);
  return deletes.some((op) => op.ids.some((id) => held.has(id)));
}

type Consents = ReadonlySet<string>;

/** What a problem stands for is put off anyway: to look at everything for it, in each cycle, would help nobody. */
function runnableDeletes(
  { journal, clock }: CycleDeps,
  { plan, trees }: Pick<Wanted, 'plan' | 'trees'>,
): readonly Delete[] {
  const deletes = [...deletesOf(plan.cloud), ...deletesOf(plan.local)];
  const problems = new Map(journal.problems().map((problem) => [problem.path, problem]));
  if (problems.size === 0 || deletes.length === 0) return deletes;
  const live = createLiveTree(journal.base, trees.local);
  const nowMs = clock.nowMs();
  return deletes.filter((op) => {
    const problem = problems.get(live.lastPathOf(op.id) ?? '');
    return !problem || problem.retryAtMs <= nowMs || op.sinceMs > problem.lastSeenMs;
  });
}

/** SY-41: where a look ended in doubt, nobody can say that what is held is done, or that nobody wants it any more. */
function isDoubtful({ ids }: StoredHold, { local }: Wanted['trees']): boolean {
  return ids.some((id) => {
    const seen = local.get(id);
    return seen?.t === 'unknown' && seen.why !== 'unsupported';
  });
}

/** They go on with their ids and their age. */
function stillWaiting(doubtful: readonly StoredHold[], held: GuardedPlan['holds']): readonly StoredHold[] {
  return doubtful.filter(({ answer, kind }) => answer === null && !held.some((hold) => hold.kind === kind));
}

/** What was agreed to and has run leaves nothing to be asked about. */
export function endSpentHolds({ journal }: CycleDeps): void {
  const overlay = journal.localOverlay();
  const isThere = (id: BaseId) => journal.base.get(id) !== undefined;
  const isRewritten = (id: BaseId) => overlay.get(id)?.t === 'present';
  const spent = journal.holds().filter(({ answer, kind, ids }) => {
    return answer === 'approved' && !ids.some(kind === 'mass_change' ? isRewritten : isThere);
  });
  if (spent.length > 0) journal.advance({ endHolds: spent.map((hold) => hold.holdId) });
}

export function approvedHolds({ journal }: CycleDeps): ReadonlySet<string> {
  return new Set(journal.holds().flatMap(({ holdId, answer }) => (answer === 'approved' ? [holdId] : [])));
}
