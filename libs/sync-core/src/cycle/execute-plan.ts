import type { BaseOp, Plan } from '../model/plan.ts';
import type { Advance } from '../ports/journal.ts';
import { executeCloud } from './execute-cloud.ts';
import { executeLocal } from './execute-local.ts';
import type { Execution } from './execution.ts';

const BASE_OPS_PER_STEP = 5000;

/**
 * Base-only changes first, then both sides at once. Every operation is on record before it starts. When one side fails, the
 * other finishes what it has begun before the failure goes up.
 */
export async function executePlan(plan: Plan, execution: Execution): Promise<void> {
  for (let at = 0; at < plan.base.length; at += BASE_OPS_PER_STEP) {
    execution.advance(stepOf(plan.base.slice(at, at + BASE_OPS_PER_STEP)));
  }
  if (plan.local.length + plan.cloud.length === 0) return;
  execution.deps.journal.start([...plan.local, ...plan.cloud]);
  const sides = await Promise.allSettled([executeLocal(plan.local, execution), executeCloud(plan.cloud, execution)]);
  execution.flush();
  for (const side of sides) if (side.status === 'rejected') throw side.reason;
}

function stepOf(ops: readonly BaseOp[]): Advance {
  const links = ops.filter((op) => op.op === 'link');
  const forgets = ops.filter((op) => op.op === 'forget');
  return {
    rows: links.map((op) => op.row),
    adopt: links.filter((op) => op.key < 0).map((op) => ({ key: op.key, id: op.row.id })),
    forget: forgets.map((op) => op.id),
    local: [
      ...links.filter((op) => op.key > 0).map((op) => ({ key: op.key, seen: 'equal' as const })),
      ...forgets.map((op) => ({ key: op.id, seen: 'equal' as const })),
    ],
    cloud: [...links, ...forgets].map((op) => ({ id: op.cloudId, seen: 'equal' as const })),
  };
}
