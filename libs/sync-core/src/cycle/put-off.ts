import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import type { RelativePath } from '../ports/disk.ts';
import { withDependents, without } from '../safety/plan-parts.ts';
import type { Execution } from './execution.ts';
import { placeOf, waitsForName } from './land-local.ts';

/**
 * SY-38: what can be begun, without what needs something that waits. By where things are now: what the plan itself moves is asked
 * about once more when it is its turn.
 */
export function withoutPutOff(plan: Plan, execution: Execution): Plan {
  if (!execution.hasProblems) return plan;
  const here = plan.local.filter((op) => isPutOff(op, execution));
  const there = plan.cloud.filter((op) => isPutOffInCloud(op, execution));
  const waiting = withDependents(plan, new Set([...here, ...there].map((op) => op.opId)));
  execution.deferred += waiting.size;
  return without(plan, waiting);
}

export function isPutOffInCloud(op: CloudOp, execution: Execution): boolean {
  const { live, decided } = execution;
  const key = op.op === 'cloudTrash' ? op.id : op.key;
  const path = op.op === 'cloudTrash' ? live.lastPathOf(op.id) : live.pathOf(op.key);
  return execution.isDeferred(path, decided.local.get(key)?.sinceMs ?? 0);
}

/** G26: what failed waits, unless the node changed since, on either side. */
export function isPutOff(op: LocalOp, execution: Execution): boolean {
  if (waitsForName(op, execution)) return true;
  const changedAtMs = op.op === 'localTrash' ? op.sinceMs : changedAt(op, execution);
  return placesOf(op, execution).some((path) => execution.isDeferred(path, changedAtMs));
}

function changedAt(op: LocalOp, { decided, deps }: Execution): number {
  const key = 'key' in op ? op.key : op.id;
  const cloudId = 'cloud' in op ? op.cloud.id : deps.journal.base.get(key)?.cloudId;
  const there = cloudId === undefined ? undefined : decided.cloud.get(cloudId);
  return Math.max(decided.local.get(key)?.sinceMs ?? 0, there?.sinceMs ?? 0);
}

/** What cannot leave its place has its problem there; what cannot come to a place, there. */
function placesOf(op: LocalOp, execution: Execution): (RelativePath | undefined)[] {
  const place = placeOf(op, execution);
  return 'key' in op ? [place, execution.live.pathOf(op.key)] : [place];
}
