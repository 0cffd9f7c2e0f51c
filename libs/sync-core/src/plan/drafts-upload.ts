import type { BaseNode } from '../model/tree.ts';
import { isWhereBaseHasIt } from '../reconcile/merge-both.ts';
import type { Entity, Facts } from '../reconcile/scene-types.ts';
import type { Kept, Target, TargetTree } from '../reconcile/target.ts';
import {
  draftForget,
  draftOlder,
  isLinked,
  isSameMeta,
  isSameStat,
  isThere,
  type Drafts,
  type Present,
} from './drafts-both.ts';
import type { OpFactory } from './op-factory.ts';

type On = { readonly make: OpFactory; readonly drafts: Drafts };

/** The difference of the cloud to the target of one node in upload mode. There is no operation here that touches the disk. */
export function draftUpload(facts: Facts, target: Target, on: On): void {
  const { row } = facts;
  switch (target.t) {
    case 'gone':
      if (facts.cloud.t === 'present') on.drafts.cloud.push(on.make.trashCloud(facts));
      else draftForget(facts, on.drafts);
      return;
    case 'detached':
      if (row?.state === 'managed') on.drafts.base.push(on.make.detach(row));
      return;
    case 'kept':
      return draftKept(facts, target, on);
    case 'frozen':
    case 'foreign':
    case 'aside':
      return;
  }
}

/**
 * A folder that base is to let go while something in it is still to be deleted. No scan looks for what base has below a folder that
 * it has let go: a delete that waits for a person, or failed, would be forgotten. So the folder goes last.
 */
export function isLetGoLast(tree: TargetTree, entity: Entity): boolean {
  const row = tree.scene.row(entity);
  if (row?.kind !== 'folder' || row.state !== 'managed' || tree.get(entity).t !== 'detached') return false;
  const managed = tree.scene.trees.base.children(row.id).filter((child) => child.state === 'managed');
  return managed.some(({ id }) => tree.get(id).t === 'gone' || tree.get(id).t === 'frozen' || isLetGoLast(tree, id));
}

function draftKept(facts: Facts, target: Kept, { make, drafts }: On): void {
  const { local, cloud } = facts;
  if (target.anew || cloud.t !== 'present') drafts.cloud.push(...make.createCloud(facts, target));
  else if (local.t === 'present') draftLinked({ ...facts, local, cloud }, target, { make, drafts });
}

function draftLinked(facts: Present, target: Kept, { make, drafts }: On): void {
  const stands = isThere(facts.cloud, target);
  const isOneContent = facts.local.contentId === facts.cloud.contentId;
  if (!stands) drafts.cloud.push(make.moveCloud(facts, target));
  if (target.content === 'older') draftOlder(facts, target, { make, drafts, isHere: true, isThere: stands });
  else if (target.content === 'local' && facts.kind === 'file' && !isOneContent)
    drafts.cloud.push(...make.newVersion(facts, null));
  else if (stands) draftInPlace(facts, target, { make, drafts });
}

/** A head, or metadata, that somebody else wrote stays; base takes over what is alike, if only the place. */
function draftInPlace(facts: Present, target: Kept, { make, drafts }: On): void {
  const { local, cloud, row } = facts;
  if (row?.state !== 'managed' || isAlike(facts)) {
    if (!isLinked(facts)) drafts.base.push(make.link(facts, target));
  } else if (local.contentId === cloud.contentId && !isSameMeta(local.meta, row.meta)) {
    drafts.cloud.push(make.setCloudMeta(facts, cloud.node.rev));
  } else if (!isKnownHere(local, row)) drafts.base.push(make.linkHere(facts, row, target));
}

function isKnownHere(local: Present['local'], row: BaseNode): boolean {
  return isWhereBaseHasIt(local, row) && isSameMeta(local.meta, row.meta) && isSameStat(local.sig, row.sig);
}

function isAlike({ local, cloud, kind }: Present): boolean {
  return local.contentId === cloud.contentId && (kind === 'folder' || isSameMeta(local.meta, cloud.node.meta));
}
