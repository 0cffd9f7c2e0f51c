import type { Hold, Plan } from '../model/plan.ts';
import type { StoredHold } from '../ports/journal.ts';
import type { GuardFacts } from './guard-facts.ts';
import { judgeChanges } from './mass-change.ts';
import { deletesOf, judgeDeletes, type Delete } from './mass-delete.ts';
import { withDependents, without } from './plan-parts.ts';
import { judgeReuploads } from './reupload-loop.ts';

/** Deletes wait so long before they run, so that a mass shows. */
export const DELETE_SETTLE_MS = 2000;

export type GuardedPlan = {
  readonly plan: Plan;
  readonly holds: readonly Hold[];
  /** When the next delete has settled; null when none waits for that. */
  readonly postponedUntilMs: number | null;
  /** Operations that wait for a person: what is held and what needs it. */
  readonly heldOps: number;
  /** What a person agreed to: it runs, and must not count as done without consent. */
  readonly approvedOps: ReadonlySet<string>;
  /** Approved holds of which the plan wants nothing any more. Consent must not outlive what it was given for. */
  readonly spentHolds: readonly string[];
};

/** GU-1, GU-2, GU-4: what looks wrong waits for a person, all deletes wait a moment; everything else goes on. */
export function guardPlan(plan: Plan, facts: GuardFacts): GuardedPlan {
  const there = deletesOf(plan.cloud);
  const here = deletesOf(plan.local);
  const verdicts = [
    judgeDeletes({ kind: 'mass_delete_cloud', deletes: there }, plan, facts),
    judgeDeletes({ kind: 'mass_delete_local', deletes: here }, plan, facts),
    judgeChanges(plan, facts),
    { ...judgeReuploads(plan, facts), approved: [] },
  ];
  const held = new Set(verdicts.flatMap((verdict) => verdict.held.map((op) => op.opId)));
  const approvedOps = new Set(verdicts.flatMap((verdict) => verdict.approved.map((op) => op.opId)));
  const unsettled = [...there, ...here].filter((op) => !held.has(op.opId) && settlesAt(op) > facts.observedFromMs);
  const waiting = withDependents(plan, held);
  const dropped = withDependents(plan, new Set([...waiting, ...unsettled.map((op) => op.opId)]));
  return {
    plan: without(plan, dropped),
    holds: verdicts.flatMap((verdict) => verdict.hold ?? []),
    postponedUntilMs: unsettled.length === 0 ? null : soonest(unsettled),
    heldOps: waiting.size,
    approvedOps,
    spentHolds: facts.holds.filter((hold) => isSpent(hold, plan)).map((hold) => hold.holdId),
  };
}

function settlesAt(op: Delete): number {
  return op.sinceMs + DELETE_SETTLE_MS;
}

function soonest(deletes: readonly Delete[]): number {
  return deletes.reduce((soonestMs, op) => Math.min(soonestMs, settlesAt(op)), Infinity);
}

function isSpent({ kind, answer, ids }: StoredHold, plan: Plan): boolean {
  if (answer !== 'approved' || plan.more) return false;
  const given = new Set(ids);
  if (kind === 'mass_change') return !plan.cloud.some((op) => op.op === 'cloudUpload' && given.has(op.id));
  const deletes = [...deletesOf(plan.cloud), ...deletesOf(plan.local)];
  return !deletes.some((op) => op.ids.some((id) => given.has(id)));
}
