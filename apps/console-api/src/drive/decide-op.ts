import type {
  Atom,
  BatchOp,
  ChunkHash,
  ContentId,
  DriveNode,
  ErrorCode,
  Manifest,
  NodeId,
  VersionId,
} from '@tideline/contracts';
import type { BatchTree } from './batch-tree.ts';
import { findHome, type RestoreContext } from './decide-restore.ts';

export type NewVersion = {
  readonly id: VersionId;
  readonly contentId: ContentId;
  readonly size: number;
  readonly chunks: Manifest;
};
export type Refusal = {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly node: DriveNode | null;
  readonly missing?: readonly ChunkHash[];
};
/** What one operation does; `changed` still lacks its place in the order: rev and seq are given by the batch. */
export type Verdict =
  | Refusal
  | { readonly kind: 'unchanged'; readonly node: DriveNode }
  | {
      readonly kind: 'changed';
      readonly node: DriveNode;
      readonly version: NewVersion | null;
      /** Folders that are made for it, from the top down. */
      readonly folders?: readonly DriveNode[];
    };

export type OpContext = Omit<RestoreContext, 'restoring'> & {
  /** Ids that nodes of other spaces have. */
  readonly takenIds: ReadonlySet<string>;
  /** By opId: chunks of the manifest that the caller may not use. */
  readonly unusable: ReadonlyMap<string, readonly ChunkHash[]>;
  /** By opId: a folder below the one that is trashed or moved where that is not allowed; `null` when it is hidden. */
  readonly barriers?: ReadonlyMap<string, NodeId | null>;
  /** Operations whose `ifSubtreeSeq` does not hold any more. */
  readonly changedSubtrees: ReadonlySet<string>;
  /** Given up for good; they and what is below them are as good as gone. */
  readonly purged: ReadonlySet<string>;
  /** Bytes the space still takes; `null`: no limit. */
  readonly roomBytes: number | null;
  readonly now: string;
  readonly newVersionId: () => VersionId;
  readonly contentIdOf: (chunks: Manifest) => ContentId;
};

type Context = OpContext & RestoreContext;

const PLACING: ReadonlySet<BatchOp['kind']> = new Set(['createFolder', 'createFile', 'move', 'restore']);

type Op<K extends BatchOp['kind']> = Extract<BatchOp, { kind: K }>;
type Existing = Exclude<BatchOp, Op<'createFolder'> | Op<'createFile'>>;

/** Everything but what depends on where other operations of the batch put things: that is `findPlaceRefusal`. */
export function decideOp(op: BatchOp, context: Context): Verdict {
  switch (op.kind) {
    case 'createFolder':
    case 'createFile':
      return decideCreate(op, context);
    case 'putVersion':
      return decideExisting(op, context, 'update', decidePutVersion);
    case 'setMeta':
      return decideExisting(op, context, 'update', decideSetMeta);
    case 'move':
      return decideExisting(op, context, 'move', decideMove);
    case 'trash':
      return decideExisting(op, context, 'delete', decideTrash);
    case 'restore':
      return decideExisting(op, context, 'delete', decideRestore);
    default:
      return op satisfies never;
  }
}

/** Whether the node may stand where an operation put it: in a live folder, not inside itself, under a free name. */
export function findPlaceRefusal(op: BatchOp, tree: BatchTree): Refusal | undefined {
  if (!PLACING.has(op.kind)) return undefined;
  const node = tree.find(op.nodeId);
  if (!node?.parentId || node.trashedAt !== null) return undefined; // trashed again by a later operation
  if (tree.isCircular(node.id)) return refuse('MOVE_CYCLE');
  if (tree.isInBin(node.parentId)) return refuse('PARENT_TRASHED', visible(tree, node.parentId));
  const occupant = tree.findOccupant(node.parentId, node.name, node.id);
  return occupant ? refuse('NAME_TAKEN', visible(tree, occupant.id)) : undefined;
}

function decideCreate(op: Op<'createFolder'> | Op<'createFile'>, context: Context): Verdict {
  const { tree } = context;
  if (context.takenIds.has(op.nodeId) || tree.find(op.nodeId)) return refuse('NODE_ID_TAKEN');
  const refusal = findParentRefusal(op.parentId, tree);
  if (refusal) return refusal;
  const node = newNode(op);
  return op.kind === 'createFolder' ? { kind: 'changed', node, version: null } : withContent(op, node, context);
}

function decideExisting<O extends Existing>(
  op: O,
  context: Context,
  atom: Atom,
  decide: (op: O, node: DriveNode, context: Context) => Verdict,
): Verdict {
  const node = context.tree.find(op.nodeId);
  const atoms = context.tree.atomsOf(op.nodeId);
  if (!node || !atoms.has('visible') || isPurged(op, node, context)) return refuse('NODE_UNKNOWN');
  if (!atoms.has(atom)) return refuse('FORBIDDEN', node);
  if (node.parentId === null) return refuse('ROOT_IMMUTABLE', node);
  if ('ifMatch' in op && op.ifMatch !== undefined && op.ifMatch !== node.rev) return refuse('REV_MISMATCH', node);
  return decide(op, node, context);
}

function decidePutVersion(op: Op<'putVersion'>, node: DriveNode, context: Context): Verdict {
  return findUnwritable(node, context.tree) ?? withContent(op, node, context);
}

function decideSetMeta(op: Op<'setMeta'>, node: DriveNode, context: Context): Verdict {
  const refusal = findUnwritable(node, context.tree);
  if (refusal) return refusal;
  if (node.mtimeMs === op.mtimeMs && node.exec === op.exec) return { kind: 'unchanged', node };
  return { kind: 'changed', node: { ...node, mtimeMs: op.mtimeMs, exec: op.exec }, version: null };
}

function decideMove(op: Op<'move'>, node: DriveNode, context: Context): Verdict {
  const { tree } = context;
  if (node.trashedAt !== null) return refuse('NODE_TRASHED', node);
  if (context.changedSubtrees.has(op.opId)) return refuse('SUBTREE_CHANGED', node);
  if (node.parentId === op.parentId && node.name === op.name) return { kind: 'unchanged', node };
  const isRename = op.parentId === node.parentId;
  // PE-5: whoever may not list the folder that it stands in must not learn from refused names what else is there.
  if (isRename && !tree.atomsOf(op.parentId).has('list')) return refuse('FORBIDDEN', node);
  const refusal = isRename ? undefined : (findBarrier(op, context) ?? findParentRefusal(op.parentId, tree));
  return refusal ?? { kind: 'changed', node: { ...node, parentId: op.parentId, name: op.name }, version: null };
}

function decideTrash(op: Op<'trash'>, node: DriveNode, context: Context): Verdict {
  if (node.trashedAt !== null) return refuse('NODE_TRASHED', node);
  if (context.changedSubtrees.has(op.opId)) return refuse('SUBTREE_CHANGED', node);
  return findBarrier(op, context) ?? changed({ ...node, trashedAt: context.now });
}

/** A folder takes along what is in it: nobody has that done to a part of it where they could not do it themselves. */
function findBarrier(op: Op<'trash'> | Op<'move'>, { barriers, tree }: Context): Refusal | undefined {
  const barrier = barriers?.get(op.opId);
  if (barrier === undefined) return undefined;
  return refuse('SUBTREE_FORBIDDEN', barrier === null ? null : (tree.find(barrier) ?? null));
}

function decideRestore(op: Op<'restore'>, node: DriveNode, context: Context): Verdict {
  if (node.trashedAt === null) return refuse('NOT_TRASHED', node);
  const live = { ...node, trashedAt: null };
  if (op.to) {
    const refusal = findParentRefusal(op.to.parentId, context.tree);
    return refusal ?? changed({ ...live, parentId: op.to.parentId, name: op.to.name });
  }
  return decideReturn(live, context);
}

/** To where it was trashed from; folders on the way that are gone need the right to make them. */
function decideReturn(node: DriveNode, context: Context): Verdict {
  const { tree, lostPaths } = context;
  const { parentId } = node;
  if (parentId && !lostPaths.has(node.id) && !tree.isInBin(parentId)) return changed(node);
  const home = findHome(node, context);
  if (home.kind === 'refused') return refuse(home.code, visible(tree, home.nodeId));
  const [first] = home.made;
  const refusal = findParentRefusal(first?.parentId ?? home.folderId, tree);
  return refusal ?? { ...changed({ ...node, parentId: home.folderId }), folders: home.made };
}

function changed(node: DriveNode): Extract<Verdict, { kind: 'changed' }> {
  return { kind: 'changed', node, version: null };
}

/** What was trashed by itself outlives a purged folder above it, and can be restored to another place. */
function isPurged(op: Existing, node: DriveNode, { tree, purged }: Context): boolean {
  if (purged.size === 0) return false;
  return op.kind === 'restore' ? purged.has(node.id) : tree.chainOf(node.id).some((each) => purged.has(each.id));
}

function findParentRefusal(parentId: NodeId, tree: BatchTree): Refusal | undefined {
  const parent = tree.find(parentId);
  const atoms = tree.atomsOf(parentId);
  if (!parent || !atoms.has('visible')) return refuse('PARENT_UNKNOWN');
  if (parent.kind !== 'folder') return refuse('PARENT_NOT_FOLDER', parent);
  return atoms.has('create') ? undefined : refuse('FORBIDDEN', parent);
}

function findUnwritable(node: DriveNode, tree: BatchTree): Refusal | undefined {
  if (node.kind !== 'file') return refuse('KIND_MISMATCH', node);
  if (node.trashedAt !== null) return refuse('NODE_TRASHED', node);
  return tree.isInBin(node.id) ? refuse('PARENT_TRASHED', node) : undefined;
}

function withContent(op: Op<'createFile'> | Op<'putVersion'>, node: DriveNode, context: Context): Verdict {
  const shown = op.kind === 'createFile' ? null : node;
  const missing = context.unusable.get(op.opId);
  if (missing) return { ...refuse('CHUNKS_MISSING', shown), missing };
  const { size, chunks } = op.content;
  if (context.roomBytes !== null && size > context.roomBytes) return refuse('QUOTA_EXCEEDED', shown);
  const version: NewVersion = { id: context.newVersionId(), contentId: context.contentIdOf(chunks), size, chunks };
  const content = { versionId: version.id, contentId: version.contentId, size };
  return { kind: 'changed', node: { ...node, ...content, mtimeMs: op.mtimeMs, exec: op.exec }, version };
}

function newNode(op: Op<'createFolder'> | Op<'createFile'>): DriveNode {
  return {
    id: op.nodeId,
    parentId: op.parentId,
    name: op.name,
    kind: op.kind === 'createFolder' ? 'folder' : 'file',
    rev: 0,
    seq: 0,
    versionId: null,
    contentId: null,
    size: null,
    mtimeMs: null,
    exec: false,
    trashedAt: null,
  };
}

function refuse(code: ErrorCode, node: DriveNode | null = null): Refusal {
  return { kind: 'refused', code, node };
}

/** The present state that made an operation fail, when the caller may see it. */
function visible(tree: BatchTree, id: NodeId): DriveNode | null {
  const node = tree.find(id);
  return node && tree.atomsOf(id).has('visible') ? node : null;
}
