import type { LocalOp, Plan, PlanProblem } from '../model/plan.ts';
import { ROOT_ID, type BaseId, type ThreeTrees } from '../model/tree.ts';
import { createLiveTree, type LiveTree } from '../cycle/live-tree.ts';
import { withDependents, without } from './plan-parts.ts';

/**
 * LI-3: what would come to stand under a path that is too long for this device is left where it is and told; nothing is deleted
 * because of it. `maxUnits`: UTF-16 units below the root, undefined where there is no such limit.
 */
export function limitPaths(plan: Plan, { base, local }: ThreeTrees, maxUnits: number | undefined): Plan {
  if (maxUnits === undefined) return plan;
  const live = createLiveTree(base, local);
  for (const op of plan.local) if (op.op === 'localMakeFolder') live.put(op.id, op);
  const tooLong = plan.local.filter(isPlacing).filter((op) => lengthOf(op, live) > maxUnits);
  if (tooLong.length === 0) return plan;
  const left = without(plan, withDependents(plan, new Set(tooLong.map((op) => op.opId))));
  return { ...left, problems: [...left.problems, ...tooLong.map((op) => problemOf(op, maxUnits))] };
}

type Placing = Extract<LocalOp, { op: 'localMakeFolder' | 'localDownload' | 'localMove' }>;

function isPlacing(op: LocalOp): op is Placing {
  if (op.op === 'localMove') return !op.staged;
  return op.op === 'localMakeFolder' || (op.op === 'localDownload' && op.replaces === null);
}

function lengthOf({ parent, name }: { parent: BaseId; name: string }, live: LiveTree): number {
  const folder = parent === ROOT_ID ? '' : live.pathOf(parent);
  return folder ? folder.length + 1 + name.length : name.length;
}

function problemOf(op: Placing, max: number): PlanProblem {
  const cloudId = op.op === 'localMove' ? null : op.cloud.id;
  return { key: op.op === 'localMove' ? op.key : null, cloudId, code: 'PATH_TOO_LONG', params: { name: op.name, max } };
}
