import type { BaseOp, CloudOp, LocalOp } from '../model/plan.ts';
import type { FileMeta } from '../model/tree.ts';
import { isMovedInCloud, isWhereBaseHasIt } from '../reconcile/merge-both.ts';
import type { Facts } from '../reconcile/scene-types.ts';
import type { Kept, Target } from '../reconcile/target.ts';
import type { Draft } from './draft.ts';
import type { OpFactory } from './op-factory.ts';

export type Drafts = {
  readonly base: BaseOp[];
  readonly local: Draft<LocalOp>[];
  readonly cloud: Draft<CloudOp>[];
  /** Something has to wait until these operations have run. */
  more: boolean;
};

export function emptyDrafts(): Drafts {
  return { base: [], local: [], cloud: [], more: false };
}

export type Present = Facts & {
  readonly local: Extract<Facts['local'], { t: 'present' }>;
  readonly cloud: Extract<Facts['cloud'], { t: 'present' }>;
};

/**
 * The difference of both sides to the target of one node, bidirectional. One step per node on the disk: first its place, then its
 * content, then its metadata, because each step changes what the next one expects to find. A node is made on the other side
 * only from where it is to stay, so that base never links two different places.
 */
export function draftBoth(facts: Facts, target: Target, { make, drafts }: { make: OpFactory; drafts: Drafts }): void {
  switch (target.t) {
    case 'gone':
      return draftGone(facts, make, drafts);
    case 'aside':
      drafts.local.push(make.setAside(facts, { parent: target.parent, name: target.name }, target));
      return;
    case 'kept':
      return draftKept(facts, target, { make, drafts });
    case 'frozen':
    case 'foreign':
    case 'detached':
      return;
  }
}

function draftGone(facts: Facts, make: OpFactory, drafts: Drafts): void {
  if (facts.local.t === 'present') drafts.local.push(make.trashLocal(facts));
  else if (facts.cloud.t === 'present') drafts.cloud.push(make.trashCloud(facts));
  else draftForget(facts, drafts);
}

/** Also what base never knew: a new cloud node whose folder is gone leaves nothing but its entry in the overlay. */
export function draftForget({ row, cloudId }: Facts, drafts: Drafts): void {
  if (row) drafts.base.push({ op: 'forget', id: row.id, cloudId: row.cloudId });
  else if (cloudId !== null) drafts.base.push({ op: 'forget', id: NO_ROW, cloudId });
}

const NO_ROW = 0;

function draftKept(facts: Facts, target: Kept, { make, drafts }: { make: OpFactory; drafts: Drafts }): void {
  const { local, cloud } = facts;
  const on = { make, drafts, isHere: isHere(local, target), isThere: isThere(cloud, target) };
  if (local.t === 'present' && !on.isHere && target.content !== 'conflict')
    drafts.local.push(make.moveLocal(facts, target));
  if (cloud.t === 'present' && !on.isThere) drafts.cloud.push(make.moveCloud(facts, target));
  if (local.t === 'present' && cloud.t === 'present') return draftContent({ ...facts, local, cloud }, target, on);
  return local.t === 'absent' ? draftMissingHere(facts, target, on) : draftMissingThere(facts, target, on);
}

function isHere(local: Facts['local'], target: Kept): boolean {
  return local.t === 'present' && local.parent === target.parent && local.name === target.localName;
}

export function isThere(cloud: Facts['cloud'], target: Kept): boolean {
  return cloud.t === 'present' && cloud.parent === target.parent && cloud.name === target.cloudName;
}

function draftMissingHere(facts: Facts, target: Kept, on: { make: OpFactory; drafts: Drafts; isThere: boolean }): void {
  if (on.isThere) on.drafts.local.push(on.make.createLocal(facts, target));
  else on.drafts.more = true;
}

function draftMissingThere(facts: Facts, target: Kept, on: { make: OpFactory; drafts: Drafts; isHere: boolean }): void {
  if (on.isHere) on.drafts.cloud.push(...on.make.createCloud(facts, target));
  else on.drafts.more = true;
}

type On = { readonly make: OpFactory; readonly drafts: Drafts; readonly isHere: boolean; readonly isThere: boolean };

function draftContent(facts: Present, target: Kept, on: On): void {
  switch (target.content) {
    case 'conflict':
      return draftConflict(facts, target, on);
    case 'local':
      on.drafts.cloud.push(...on.make.newVersion(facts, facts.cloud.node.rev));
      return;
    case 'cloud':
      if (on.isHere) on.drafts.local.push(on.make.replaceLocal(facts, target));
      else on.drafts.more = true;
      return;
    case 'older':
      return draftOlder(facts, target, on);
    case 'same':
      return draftSame(facts, target, on);
  }
}

/** The local content is in safety under its own name before the other comes to its place. */
function draftConflict(facts: Present, target: Kept, { make, drafts, isThere }: On): void {
  const original = { original: facts.cloud.node.id, why: 'conflict' } as const;
  drafts.local.push(make.setAside(facts, make.conflictPlace(facts, target), original));
  if (isThere || facts.row?.state === 'managed') drafts.local.push(make.createLocal(facts, target));
  else drafts.more = true;
}

/** The older version is what both sides had in common: base knows it first, then what came after it comes here. */
export function draftOlder(facts: Present, target: Kept, { make, drafts, isHere, isThere }: On): void {
  if (isHere && isThere) drafts.base.push(make.linkOlder(facts, target));
  drafts.more = true;
}

function draftSame(facts: Present, target: Kept, on: On): void {
  if (on.isHere && on.isThere) return draftInPlace(facts, target, on);
  if (metaChange(facts) !== 'none' || facts.row?.state !== 'managed') on.drafts.more = true;
}

function draftInPlace(facts: Present, target: Kept, on: On): void {
  const change = metaChange(facts);
  if (change !== 'none' && facts.row?.state === 'managed') return draftMeta(facts, change, on);
  if (!isLinked(facts)) on.drafts.base.push(on.make.link(facts, target));
  // Without a common past there is nothing to compare with: linked first, then the cloud's metadata comes here.
  if (change !== 'none') on.drafts.more = true;
}

function draftMeta(facts: Present, from: 'here' | 'there', { make, drafts }: Pick<On, 'make' | 'drafts'>): void {
  if (from === 'here') drafts.cloud.push(make.setCloudMeta(facts, facts.cloud.node.rev));
  else drafts.local.push(make.setLocalMeta(facts));
}

/** SY-17: where a change of metadata comes from; when both sides changed it, from the cloud. */
export function metaChange({ local, cloud, row, kind }: Present): 'none' | 'here' | 'there' {
  if (kind === 'folder' || isSameMeta(local.meta, cloud.node.meta)) return 'none';
  return row?.state === 'managed' && isSameMeta(cloud.node.meta, row.meta) ? 'here' : 'there';
}

export function isSameMeta(a: FileMeta, b: FileMeta): boolean {
  return a.mtimeMs === b.mtimeMs && a.exec === b.exec;
}

/** Whether base says already what both sides are seen to be. */
export function isLinked({ local, cloud, row, kind, cloudId }: Present): boolean {
  if (row?.state !== 'managed') return false;
  const isNode = row.cloudId === cloudId && row.rev === cloud.node.rev;
  const isPlace = isWhereBaseHasIt(local, row) && !isMovedInCloud(cloud, row);
  const isMeta = kind === 'folder' || isSameMeta(row.meta, local.meta);
  return isNode && isPlace && isMeta && row.contentId === local.contentId && isSameStat(row.sig, local.sig);
}

export function isSameStat(a: Present['local']['sig'], b: Present['local']['sig']): boolean {
  if (a === null || b === null) return a === b;
  const isSameFile = a.volume === b.volume && a.fileId === b.fileId && a.birthNs === b.birthNs && a.links === b.links;
  return isSameFile && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
