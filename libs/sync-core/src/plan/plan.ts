import type { BaseOp, LocalOp, Plan } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type BaseId, type BaseView } from '../model/tree.ts';
import { isNewLocal } from '../reconcile/scene.ts';
import type { Entity } from '../reconcile/scene-types.ts';
import type { TargetTree } from '../reconcile/target.ts';
import { draftBoth, emptyDrafts, type Drafts } from './drafts-both.ts';
import { draftUpload, isLetGoLast } from './drafts-upload.ts';
import type { Draft } from './draft.ts';
import { isBelow } from './is-below.ts';
import { OpFactory, type Names } from './op-factory.ts';
import { order } from './order.ts';
import type { PlanIds } from './plan-ids.ts';
import { SideTree } from './side-tree.ts';

type Given = {
  readonly policy: SyncPolicy;
  readonly ids: PlanIds;
  readonly names: Names;
};

type Link = Extract<BaseOp, { op: 'link' }>;

/** The differences of both sides to the target tree, as operations in an order in which they can run. */
export function makePlan(tree: TargetTree, given: Given): Omit<Plan, 'problems' | 'decisions'> {
  const { policy, ids } = given;
  const drafts = draftAll(tree, given);
  const base = inOrder(drafts.base, tree.scene.trees.base);
  const linked = new Set(base.flatMap((op) => (op.op === 'link' ? [op.key] : [])));
  const here = drafts.local.filter((each) => isReachable(each, linked));
  const scope = { entities: tree.entities(), leftBehind: tree.anew(), names: policy.names };
  const rules = { newOpId: () => ids.opId(), deletes: mayDelete(policy) };
  const sideOf = (side: 'local' | 'cloud') => new SideTree(tree.scene, side, scope);
  const local = here.length === 0 ? NONE : order(sideOf('local'), here, { ...rules, side: 'local' });
  const cloud = drafts.cloud.length === 0 ? NONE : order(sideOf('cloud'), drafts.cloud, { ...rules, side: 'cloud' });
  if (policy.mode === 'upload' && local.ops.length > 0) throw new Error('upload mode never touches the disk');
  const done = base.length + local.ops.length + cloud.ops.length;
  const left = local.left.length + cloud.left.length + (here.length < drafts.local.length ? 1 : 0);
  const isLeft = drafts.more || left > 0 || base.length < drafts.base.length;
  const waits = drafts.more || [...local.left, ...cloud.left].some(({ to }) => to !== null);
  return { base, local: local.ops, cloud: cloud.ops, more: done > 0 && isLeft, waits };
}

const NONE = { ops: [], left: [] };

function draftAll(tree: TargetTree, given: Given): Drafts {
  const make = new OpFactory(tree.scene, given);
  const drafts = emptyDrafts();
  const draft = given.policy.mode === 'upload' ? draftUpload : draftBoth;
  for (const entity of tree.entities()) {
    if (isLetGoLast(tree, entity)) drafts.more = true;
    else draft(tree.scene.facts(entity), tree.get(entity), { make, drafts });
  }
  return drafts;
}

/** Nothing is deleted before the first sync is through (TA-5), or while nobody knows which side is the newer one (FI-4). */
function mayDelete({ mode, firstSync, recovery }: SyncPolicy): boolean {
  return !firstSync && !(mode === 'upload' && recovery);
}

/**
 * An operation on the disk finds its folder by the id that base has for it. A folder made here gets one when the cloud has it,
 * and what is to be done in it waits until then.
 */
function isReachable({ to, under }: Draft<LocalOp>, linked: ReadonlySet<Entity>): boolean {
  const folder = to?.parent ?? under;
  return folder === undefined || !isNewLocal(folder) || linked.has(folder);
}

/** Folders are linked before what they hold, and forgotten after it: base is a tree at every moment. */
function inOrder(base: Plan['base'], view: BaseView): Plan['base'] {
  const links = base.filter((op) => op.op === 'link');
  const parents = new Map(links.map((op) => [op.row.id, op.row.parent]));
  const sorted = byDepth(links, (op) => depthIn(parents, op.row.id));
  return [...withoutLoops(sorted, view), ...forgets(base, view)];
}

/**
 * Both sides may agree where a folder is before they agree about one above it, which base has below it until then. Such a link waits,
 * and so does what a folder holds that would be adopted by it.
 */
function withoutLoops(sorted: readonly Link[], view: BaseView): Link[] {
  const placed = new Map<BaseId, BaseId>();
  const waiting = new Set<BaseId>();
  const parentOf = (id: BaseId) => placed.get(id) ?? view.get(id)?.parent;
  return sorted.filter(({ row, key }) => {
    const isMoved = row.kind === 'folder' && (view.get(row.id)?.parent ?? row.parent) !== row.parent;
    if (waiting.has(row.parent) || (isMoved && isBelow(row.parent, row.id, parentOf))) {
      if (isNewLocal(key)) waiting.add(row.id);
      return false;
    }
    placed.set(row.id, row.parent);
    return true;
  });
}

function forgets(base: Plan['base'], view: BaseView): Plan['base'] {
  const wanted = base.filter((op) => op.op === 'forget');
  const parents = new Map(wanted.map((op) => [op.id, view.get(op.id)?.parent ?? ROOT_ID]));
  const going = new Set(parents.keys());
  const fromBelow = byDepth(wanted, (op) => depthIn(parents, op.id)).reverse();
  for (const { id } of fromBelow) if (view.children(id).some((row) => !going.has(row.id))) going.delete(id);
  return fromBelow.filter((op) => going.has(op.id));
}

function byDepth<O>(ops: readonly O[], depthOf: (op: O) => number): O[] {
  const depths = new Map(ops.map((op) => [op, depthOf(op)]));
  return [...ops].sort((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

function depthIn(parents: ReadonlyMap<BaseId, BaseId>, id: BaseId): number {
  let depth = 0;
  for (let at = parents.get(id); at !== undefined; at = parents.get(at)) depth += 1;
  return depth;
}
