import type { BaseOp, CloudOp, LocalOp, Op } from '../model/plan.ts';
import type {
  BaseId,
  BaseNode,
  BaseView,
  CloudId,
  CloudNode,
  CloudOverlay,
  LocalKey,
  LocalNode,
  LocalOverlay,
  Observed,
  StatSig,
} from '../model/tree.ts';
import type { Advance } from '../ports/journal.ts';
import { goneTest, isGoneFromCloud } from '../reconcile/gone-from-cloud.ts';
import { cloudNameFor } from '../reconcile/merge-both.ts';
import { cloudFromRow } from '../reconcile/scene.ts';
import { isBelow } from './is-below.ts';
import { linkedRow } from './linked-row.ts';

/** What settling looks at: the journal's trees, or what they will be. */
export type SettledTrees = {
  readonly base: Pick<BaseView, 'get' | 'byCloudId' | 'children'>;
  readonly local: Pick<LocalOverlay, 'get'>;
  readonly cloud: Pick<CloudOverlay, 'get' | 'has'>;
};

/** What an operation did: the node as the drive answers it, the signature that was left on disk, or what was removed. */
export type Done =
  | { readonly t: 'cloud'; readonly node: CloudNode }
  | { readonly t: 'local'; readonly sig: StatSig }
  | { readonly t: 'removed'; readonly ids: readonly BaseId[] }
  | { readonly t: 'done' };

type Names = { readonly localName: string; readonly cloudName: string };
/** A node as an operation left it on both sides. */
type Met = {
  readonly id: BaseId;
  readonly key: LocalKey;
  readonly local: LocalNode;
  readonly cloud: CloudNode;
  readonly names?: Names;
};

/**
 * SY-25: what base and the overlays may say once an operation is done. Base takes over, place, content and metadata apart, what
 * both sides hold alike now; where they differ it keeps the last state known equal, and the difference stays to be decided.
 * `trees` are as they are now, not as they were when the plan was made. After `localSetAside` its folder must be scanned again.
 */
export function settle(trees: SettledTrees, op: Op, done: Done): Advance {
  const finished = 'opId' in op ? [op.opId] : [];
  return { ...advanceOf(trees, op, done), finished };
}

function advanceOf(trees: SettledTrees, op: Op, done: Done): Advance {
  switch (op.op) {
    case 'link':
      return settleLink(trees, op);
    case 'forget':
      return trees.base.get(op.id) ? forget(trees, [op.id]) : { cloud: [{ id: op.cloudId, seen: ABSENT }] };
    case 'cloudTrash':
      return forget(trees, op.ids, () => ABSENT);
    case 'localTrash':
      return forget(trees, done.t === 'removed' ? done.ids : op.ids);
    case 'localSetAside':
      return settleAside(trees, op.key);
    default:
      return settleNode(trees, op, done);
  }
}

function settleNode(trees: SettledTrees, op: NodeOp | PlacedOp, done: Done): Advance {
  if (isPlacedOp(op)) return done.t === 'local' ? settleLocal(trees, op, done.sig) : {};
  return done.t === 'cloud' ? settleCloud(trees, op, done.node) : {};
}

function isPlacedOp(op: NodeOp | PlacedOp): op is PlacedOp {
  return op.op.startsWith('local');
}

function settleLink(trees: SettledTrees, op: Extract<BaseOp, { op: 'link' }>): Advance {
  const { row, key, head } = op;
  const now = head ? ({ t: 'present', node: head, sinceMs: 0 } as const) : undefined;
  return {
    rows: [row],
    ...(key < 0 ? { adopt: [{ key, id: row.id }] } : {}),
    local: localAgain(trees.local.get(key), row.id),
    cloud: [...leaveOldNode(trees, row), ...cloudAgain(trees.cloud.get(row.cloudId) ?? now, row.cloudId)],
  };
}

/** The file is nobody's from now on: its signature must not lead the next scan to take it for the node it was, moved. */
function settleAside({ base }: SettledTrees, key: LocalKey): Advance {
  const row = key > 0 ? base.get(key) : undefined;
  if (!row) return { local: [{ key, seen: 'equal' }] };
  return { rows: [{ ...row, sig: null }], local: [{ key, seen: ABSENT }] };
}

/**
 * Gone on both sides. A folder below which base still has something (moved out here, and not settled yet) stays in base until
 * that has found its place, so that base is a tree at every moment.
 */
function forget(trees: SettledTrees, ids: readonly BaseId[], knownOf = knownInCloud(trees)): Advance {
  const { base, cloud } = trees;
  const going = new Set(ids);
  for (const id of [...ids].reverse()) if (base.children(id).some((row) => !going.has(row.id))) going.delete(id);
  const left = ids.flatMap((id) => base.children(id).filter((row) => !going.has(row.id) && !cloud.has(row.cloudId)));
  const gone = [...ids.flatMap((id) => base.get(id) ?? []), ...left];
  return {
    forget: [...going],
    local: ids.map((key) => ({ key, seen: going.has(key) ? 'equal' : ABSENT })),
    cloud: gone.map((row) => ({ id: row.cloudId, seen: knownOf(row) })),
  };
}

/** SY-26: what was moved in the cloud to where the filter looks away is there still. Should it come back, nobody tells what is in it. */
function knownInCloud(trees: SettledTrees): (row: BaseNode) => Observed<CloudNode> {
  const isGone = goneTest(trees);
  return (row) => {
    if (isGone(row.cloudId)) return ABSENT;
    const node = cloudFromRow(row, trees.base.get(row.parent)?.cloudId ?? '');
    return trees.cloud.get(row.cloudId) ?? { t: 'present', node, sinceMs: 0 };
  };
}

const ABSENT = { t: 'absent', sinceMs: 0 } as const;

type NodeOp = Exclude<CloudOp, { op: 'cloudTrash' }>;

function settleCloud(trees: SettledTrees, op: NodeOp, node: CloudNode): Advance {
  const now = localNow(trees, op.key);
  const there = now ?? lastPlace(trees, op, node);
  const local = there && localAsOf(op, there);
  if (!local) return { cloud: [{ id: node.id, seen: { t: 'present', node, sinceMs: 0 } }] };
  const met = meet(trees, { id: op.id, key: op.key, local, cloud: node, ...namesOf(op) });
  const seen: Observed<LocalNode> = now ? { t: 'present', node: now, sinceMs: 0 } : { t: 'absent', sinceMs: 0 };
  const key = met.rows ? op.id : op.key;
  return { ...met, local: [{ key, seen: keepSince(trees.local.get(op.key), seen) }] };
}

/** The local node as the operation took it over: what was uploaded counts, not what is there by now. */
function localAsOf(op: NodeOp, there: LocalNode): LocalNode {
  if (op.op === 'cloudUpload') return { ...there, content: op.content, meta: op.meta, sig: op.expect };
  return op.op === 'cloudSetMeta' ? { ...there, meta: op.meta, sig: op.sig } : there;
}

/** Deleted here while it was uploaded (R05): base must know the node, or nobody would delete it there. */
function lastPlace(trees: SettledTrees, op: NodeOp, node: CloudNode): LocalNode | null {
  const row = trees.base.get(op.id);
  const at =
    op.op === 'cloudUpload' && op.target.t === 'create' ? op.target : op.op === 'cloudCreateFolder' ? op : null;
  const place = at ? { parent: at.parent, name: at.localName } : row && { parent: row.parent, name: row.localName };
  if (!place) return null;
  const sig = row?.sig ?? NO_SIG;
  return { ...place, kind: node.kind, content: null, meta: node.meta, sig };
}

const NO_SIG: StatSig = { volume: '', fileId: 0n, birthNs: 0n, size: 0, mtimeNs: 0n, ctimeNs: 0n, links: 1 };

type PlacedOp = Extract<LocalOp, { op: 'localMakeFolder' | 'localDownload' | 'localMove' | 'localSetMeta' }>;

function settleLocal(trees: SettledTrees, op: PlacedOp, sig: StatSig): Advance {
  if (op.op === 'localMove' && op.staged) return {};
  const key = op.op === 'localMove' ? op.key : op.id;
  const local = localAfter(op, localNow(trees, key), sig);
  if (!local) return {};
  const seen: Observed<LocalNode> = { t: 'present', node: local, sinceMs: 0 };
  const cloud = cloudAsOf(trees, op);
  if (!cloud) return { local: [{ key, seen }] };
  const met = meet(trees, { id: op.id, key, local, cloud, ...namesOf(op) });
  const left = (met.cloud ?? []).filter((entry) => entry.id !== cloud.id);
  const again = cloudAgain(trees.cloud.get(cloud.id), cloud.id);
  return { ...met, local: [{ key: met.rows ? op.id : key, seen }], cloud: [...left, ...again] };
}

function localAfter(op: PlacedOp, now: LocalNode | null, sig: StatSig): LocalNode | null {
  switch (op.op) {
    case 'localMakeFolder':
      return { parent: op.parent, name: op.name, kind: 'folder', sig, content: null, meta: op.cloud.meta };
    case 'localDownload': {
      const content = { contentId: op.cloud.contentId ?? '', size: op.cloud.size ?? 0 };
      return { parent: op.parent, name: op.name, kind: 'file', sig, content, meta: op.cloud.meta };
    }
    case 'localMove':
      return now && { ...now, parent: op.parent, name: op.name, sig };
    case 'localSetMeta':
      return now && { ...now, meta: op.cloud.meta, sig };
  }
}

/** The cloud's part as the operation took it over; its place as it is by now. */
function cloudAsOf(trees: SettledTrees, op: PlacedOp): CloudNode | null {
  if (op.op === 'localMove') return cloudNow(trees, trees.base.get(op.id)?.cloudId);
  const now = cloudNow(trees, op.cloud.id);
  return now && now.contentId === op.cloud.contentId ? now : op.cloud;
}

function namesOf(op: NodeOp | PlacedOp): { names?: Names } {
  switch (op.op) {
    case 'cloudCreateFolder':
    case 'cloudMove':
      return { names: { localName: op.localName, cloudName: op.name } };
    case 'cloudUpload':
      return op.target.t === 'create' ? { names: { localName: op.target.localName, cloudName: op.target.name } } : {};
    case 'localMakeFolder':
      return { names: { localName: op.name, cloudName: op.cloud.name } };
    case 'localDownload':
    case 'localMove':
      return { names: { localName: op.name, cloudName: op.cloudName } };
    case 'cloudSetMeta':
    case 'localSetMeta':
      return {};
  }
}

function meet(trees: SettledTrees, met: Met): Advance {
  const { id, key, cloud } = met;
  const seen = { id: cloud.id, seen: { t: 'present', node: cloud, sinceMs: 0 } } as const;
  const row = rowOf(trees, met);
  if (!row) return { cloud: [seen] };
  const adopt = key < 0 ? { adopt: [{ key, id }] } : {};
  return { rows: [row], ...adopt, cloud: [...leaveOldNode(trees, row), seen] };
}

function rowOf(trees: SettledTrees, met: Met): BaseNode | null {
  const { id, local, cloud } = met;
  const before = managedRow(trees.base.get(id), cloud.id);
  const isOnePlace = isSamePlace(trees, met, before);
  const isOneContent = (local.content?.contentId ?? null) === cloud.contentId;
  const linked = linkedRow({ id, parent: local.parent, local, cloud });
  if (!before) return isOnePlace && isOneContent ? linked : null;
  const { parent, localName, cloudName } = isOnePlace ? linked : before;
  const { contentId, size } = isOneContent ? linked : before;
  return {
    ...before,
    parent,
    localName,
    cloudName,
    contentId,
    size,
    ...vouched(met, before, { isOnePlace, isOneContent }),
  };
}

/** The signature vouches for content and metadata of base: without both equal it would hide a change made here. */
function vouched(
  { local, cloud }: Met,
  before: BaseNode,
  { isOnePlace, isOneContent }: { isOnePlace: boolean; isOneContent: boolean },
): Pick<BaseNode, 'meta' | 'rev' | 'sig'> {
  const isFolder = cloud.kind === 'folder';
  const isOneMeta = isFolder || isSameMeta(local.meta, cloud.meta);
  const meta = isOneMeta ? cloud.meta : before.meta;
  const isVouched = isOneContent && (isFolder || isSameMeta(local.meta, meta));
  const rev = isOnePlace && isOneContent && isOneMeta ? cloud.rev : before.rev;
  return { meta, rev, sig: isVouched ? local.sig : before.sig };
}

function managedRow(row: BaseNode | undefined, cloudId: CloudId): BaseNode | undefined {
  return row?.cloudId === cloudId && row.state === 'managed' ? row : undefined;
}

function isSamePlace({ base }: SettledTrees, met: Met, before: BaseNode | undefined): boolean {
  const { local, cloud, names } = met;
  if (base.byCloudId(cloud.parentId)?.id !== local.parent || closesLoop(base, met)) return false;
  if (cloudNameFor(local.name, before) === cloud.name) return true;
  return names?.localName === local.name && names.cloudName === cloud.name;
}

/** Base has the folder below this one as long as both sides do not agree about it: the place waits, and is linked after that. */
function closesLoop(base: SettledTrees['base'], { id, local }: Met): boolean {
  if (local.kind !== 'folder' || (base.get(id)?.parent ?? local.parent) === local.parent) return false;
  return isBelow(local.parent, id, (at) => base.get(at)?.parent);
}

function isSameMeta(a: LocalNode['meta'], b: LocalNode['meta']): boolean {
  return a.mtimeMs === b.mtimeMs && a.exec === b.exec;
}

/**
 * A row that gets another cloud node leaves the old one, and what base has below it, where they are. That was known through this
 * row only, so from now on the overlay has to know it.
 */
function leaveOldNode(trees: SettledTrees, row: BaseNode): NonNullable<Advance['cloud']> {
  const before = trees.base.get(row.id);
  if (!before || before.cloudId === row.cloudId) return [];
  const gone = isGoneFromCloud(trees, before.cloudId);
  const absent = { t: 'absent', sinceMs: trees.cloud.get(before.cloudId)?.sinceMs ?? 0 } as const;
  const left: { id: CloudId; seen: Observed<CloudNode> }[] = [];
  const leave = (each: BaseNode, parentId: CloudId) => {
    const seen = trees.cloud.get(each.cloudId);
    const node = cloudFromRow(each, parentId);
    // What the overlay knows already is told again, too: in a folder that gets a node back that it had before, it equals base now.
    left.push({ id: each.cloudId, seen: seen ?? (gone ? absent : { t: 'present', node, sinceMs: 0 }) });
  };
  leave(before, trees.base.get(before.parent)?.cloudId ?? '');
  if (row.kind === 'folder') for (const child of trees.base.children(row.id)) leave(child, before.cloudId);
  return left;
}

function localNow({ base, local }: SettledTrees, key: LocalKey): LocalNode | null {
  const seen = local.get(key);
  if (seen) return seen.t === 'present' ? seen.node : null;
  const row = key > 0 ? base.get(key) : undefined;
  if (row?.state !== 'managed') return null;
  const content = row.contentId === null ? null : { contentId: row.contentId, size: row.size ?? 0 };
  return { parent: row.parent, name: row.localName, kind: row.kind, sig: row.sig ?? NO_SIG, content, meta: row.meta };
}

function cloudNow({ base, cloud }: SettledTrees, cloudId: CloudId | undefined): CloudNode | null {
  if (cloudId === undefined) return null;
  const seen = cloud.get(cloudId);
  if (seen) return seen.t === 'present' ? seen.node : null;
  const row = base.byCloudId(cloudId);
  return row ? cloudFromRow(row, base.get(row.parent)?.cloudId ?? '') : null;
}

function keepSince<T>(before: Observed<T> | undefined, seen: Observed<T>): Observed<T> {
  return before?.t === seen.t ? { ...seen, sinceMs: before.sinceMs } : seen;
}

/** Tells the journal an entry again, so that it vanishes if it equals base now. */
function localAgain(entry: Observed<LocalNode> | undefined, key: LocalKey): NonNullable<Advance['local']> {
  return entry ? [{ key, seen: entry }] : [];
}

function cloudAgain(entry: Observed<CloudNode> | undefined, id: CloudId): NonNullable<Advance['cloud']> {
  return entry ? [{ id, seen: entry }] : [];
}
