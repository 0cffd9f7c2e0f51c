import type { Plan } from '../model/plan.ts';
import { executeCloud } from './execute-cloud.ts';
import { executeLocal } from './execute-local.ts';
import type { Execution } from './execution.ts';

/**
 * Base-only changes first, then both sides at once. Every operation is on record before it starts. When one side fails, the
 * other finishes what it has begun before the failure goes up.
 */
export async function executePlan(plan: Plan, execution: Execution): Promise<void> {
  for (const op of plan.base) execution.settled(op, { t: 'done' });
  execution.flush();
  if (plan.local.length + plan.cloud.length === 0) return;
  execution.deps.journal.start([...plan.local, ...plan.cloud]);
  const sides = await Promise.allSettled([executeLocal(plan.local, execution), executeCloud(plan.cloud, execution)]);
  execution.flush();
  for (const side of sides) if (side.status === 'rejected') throw side.reason;
}
