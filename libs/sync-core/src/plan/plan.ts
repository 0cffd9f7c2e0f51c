import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import type { Entity } from '../reconcile/scene-types.ts';
import type { TargetTree } from '../reconcile/target.ts';
import { draftBoth, emptyDrafts } from './drafts-both.ts';
import { draftUpload } from './drafts-upload.ts';
import { OpFactory } from './op-factory.ts';
import { order } from './order.ts';
import type { PlanIds } from './plan-ids.ts';
import { SideTree } from './side-tree.ts';

type Given = {
  readonly policy: SyncPolicy;
  readonly ids: PlanIds;
  readonly names: {
    isTaken(parent: Entity, name: string): boolean;
    take(parent: Entity, name: string, entity: Entity): void;
  };
};

/** The differences of both sides to the target tree, as operations in an order in which they can run. */
export function makePlan(tree: TargetTree, given: Given): Omit<Plan, 'problems' | 'decisions'> {
  const { policy, ids } = given;
  const make = new OpFactory(tree.scene, given);
  const drafts = emptyDrafts();
  const draft = policy.mode === 'upload' ? draftUpload : draftBoth;
  for (const entity of tree.entities()) draft(tree.scene.facts(entity), tree.get(entity), { make, drafts });
  const scope = { entities: tree.entities(), leftBehind: tree.anew(), names: policy.names };
  const deletes = !policy.firstSync && !(policy.mode === 'upload' && policy.recovery);
  const rules = { newOpId: () => ids.opId(), deletes };
  const local = order<LocalOp>(new SideTree(tree.scene, 'local', scope), drafts.local, {
    ...rules,
    exchange: 'staging',
  });
  const cloud = order<CloudOp>(new SideTree(tree.scene, 'cloud', scope), drafts.cloud, {
    ...rules,
    exchange: 'atomic',
  });
  if (policy.mode === 'upload' && local.ops.length > 0) throw new Error('upload mode never touches the disk');
  const ops = drafts.base.length + local.ops.length + cloud.ops.length;
  const waits = drafts.more || local.left.length + cloud.left.length > 0;
  return { base: inOrder(drafts.base), local: local.ops, cloud: cloud.ops, more: ops > 0 && waits };
}

/** Folders are linked before what they hold. */
function inOrder(base: Plan['base']): Plan['base'] {
  const links = new Map(base.flatMap((op) => (op.op === 'link' ? [[op.row.id, op] as const] : [])));
  const depths = new Map<number, number>();
  const depthOf = (id: number): number => {
    const op = links.get(id);
    if (!op) return 0;
    const known = depths.get(id);
    if (known !== undefined) return known;
    depths.set(id, 0);
    const depth = 1 + depthOf(op.row.parent);
    depths.set(id, depth);
    return depth;
  };
  const rank = (op: Plan['base'][number]) => (op.op === 'link' ? depthOf(op.row.id) : 0);
  return [...base].sort((a, b) => rank(a) - rank(b));
}

