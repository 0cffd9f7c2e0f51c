import type { Facts } from '../reconcile/scene-types.ts';
import type { Kept, Target } from '../reconcile/target.ts';
import { draftForget, isLinked, isSameMeta, type Drafts } from './drafts-both.ts';
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

function draftKept(facts: Facts, target: Kept, { make, drafts }: On): void {
  const { local, cloud, row } = facts;
  if (target.anew || cloud.t !== 'present') {
    drafts.cloud.push(...make.createCloud(facts, target));
    return;
  }
  if (local.t !== 'present') return;
  const isThere = cloud.parent === target.parent && cloud.name === target.cloudName;
  if (!isThere) drafts.cloud.push(make.moveCloud(facts, target));
  if (target.content === 'local' && facts.kind === 'file' && local.contentId !== cloud.contentId) {
    drafts.cloud.push(...make.newVersion(facts, null));
    return;
  }
  if (!isThere || local.contentId !== cloud.contentId) return;
  const isTouched = facts.kind === 'file' && !isSameMeta(local.meta, cloud.node.meta);
  if (isTouched && row?.state === 'managed') {
    if (!isSameMeta(local.meta, row.meta)) drafts.cloud.push(make.setCloudMeta(facts, cloud.node.rev));
    return;
  }
  const present = { ...facts, local, cloud };
  if (!isLinked(present)) drafts.base.push(make.link(present, target));
}
