import type { Plan } from '../model/plan.ts';
import { executeCloud } from './execute-cloud.ts';
import { executeLocal } from './execute-local.ts';
import type { Execution } from './execution.ts';
import { withoutPutOff } from './put-off.ts';

/**
 * Base-only changes first, then both sides at once. Every operation is on record before it starts, and what has to wait is
 * not (SY-38): there may be very many of those, in every cycle. When one side fails, the
 * other finishes what it has begun before the failure goes up.
 */
export async function executePlan(plan: Plan, execution: Execution): Promise<void> {
  for (const op of plan.base) execution.settled(op, { t: 'done' });
  execution.flush();
  const { local, cloud } = withoutPutOff(plan, execution);
  if (local.length + cloud.length === 0) return;
  execution.deps.journal.start([...local, ...cloud]);
  const sides = await Promise.allSettled([executeLocal(local, execution), executeCloud(cloud, execution)]);
  execution.flush();
  for (const side of sides) if (side.status === 'rejected') throw side.reason;
}
