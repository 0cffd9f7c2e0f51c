import type { BaseId } from '../model/tree.ts';
import { guardPlan, type GuardedPlan } from '../safety/guard-plan.ts';
import { guardFacts } from './cycle-policy.ts';
import type { CycleDeps, CycleRequest } from './cycle-types.ts';
import type { Wanted } from './decide-now.ts';
import { sampleChanges } from './sample-changes.ts';

/** What of the plan may run now. What waits for a person is on record before anything else of it runs. */
export async function guardNow(
  { plan, trees }: Wanted,
  deps: CycleDeps,
  { request, observedFromMs }: { readonly request: CycleRequest; readonly observedFromMs: number },
): Promise<GuardedPlan> {
  const { journal, clock } = deps;
  const facts = guardFacts(deps, request, observedFromMs);
  const looksEncrypted = await sampleChanges(deps, plan, { trees, facts });
  // Holds are read again: a person may have answered meanwhile.
  const guarded = guardPlan(plan, { ...facts, holds: journal.holds(), looksEncrypted });
  journal.setHolds(guarded.holds, clock.nowMs());
  if (guarded.spentHolds.length > 0) journal.advance({ endHolds: guarded.spentHolds });
  return guarded;
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
