import type { Plan } from '../model/plan.ts';
import type { BaseId } from '../model/tree.ts';
import type { StoredHold } from '../ports/journal.ts';
import { guardPlan, type GuardedPlan } from '../safety/guard-plan.ts';
import { deletesOf } from '../safety/mass-delete.ts';
import { guardFacts } from './cycle-policy.ts';
import type { CycleDeps, RoundRequest } from './cycle-types.ts';
import type { Wanted } from './decide-now.ts';
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
  const early = new Set(stored.filter((hold) => isEarly(hold, plan, request.consents ?? new Set())));
  const holds = stored.map((hold) => (early.has(hold) ? { ...hold, answer: 'kept' as const } : hold));
  const guarded = guardPlan(plan, { ...facts, holds, looksEncrypted });
  journal.setHolds(guarded.holds, clock.nowMs());
  if (guarded.spentHolds.length > 0) journal.advance({ endHolds: guarded.spentHolds });
  return { ...guarded, mustLook: early.size > 0 };
}

/** SY-44: it may have been held for days. Until everything was looked at its deletes stay as they are, and nobody is asked again. */
function isEarly({ holdId, kind, answer, ids }: StoredHold, plan: Plan, consents: ReadonlySet<string>): boolean {
  if (answer !== 'approved' || !kind.startsWith('mass_delete') || consents.has(holdId)) return false;
  const held = new Set(ids);
  return [...deletesOf(plan.cloud), ...deletesOf(plan.local)].some((op) => op.ids.some((id) => held.has(id)));
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
