import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';

/** The operations themselves and whatever in the plan cannot run without them. */
export function withDependents(plan: Plan, opIds: ReadonlySet<string>): ReadonlySet<string> {
  const dropped = new Set(opIds);
  if (dropped.size === 0) return dropped;
  for (const ops of [plan.cloud, plan.local]) {
    // One pass is enough in most plans: an operation comes after what it needs. A group stands or falls as one.
    for (let before = -1; before !== dropped.size;) {
      before = dropped.size;
      const caught = ops.filter((op) => dropped.has(op.opId) || op.after?.some((opId) => dropped.has(opId)));
      for (const op of caught) dropGroup(op, ops, dropped);
    }
  }
  return dropped;
}

function dropGroup(op: CloudOp | LocalOp, ops: readonly (CloudOp | LocalOp)[], dropped: Set<string>): void {
  dropped.add(op.opId);
  if (op.atomicGroup === undefined) return;
  for (const other of ops) if (other.atomicGroup === op.atomicGroup) dropped.add(other.opId);
}

export function without(plan: Plan, dropped: ReadonlySet<string>): Plan {
  if (dropped.size === 0) return plan;
  return {
    ...plan,
    cloud: plan.cloud.filter((op) => !dropped.has(op.opId)),
    local: plan.local.filter((op) => !dropped.has(op.opId)),
  };
}
