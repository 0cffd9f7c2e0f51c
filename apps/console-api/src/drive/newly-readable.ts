import type { Atom, BatchOp, DriveNode, NodeId } from '@tideline/contracts';
import type { SpaceParts } from '../grants/space-parts.ts';
import type { BatchTree } from './batch-tree.ts';
import type { Refusal } from './decide-op.ts';

/** What lets somebody see a node or what is in it. */
export const SEEING: readonly Atom[] = ['visible', 'list', 'preview', 'download'];

export type Placing = {
  readonly tree: BatchTree;
  /** Absent where the mover's rights are the same in the whole space, and where nothing but files changes its place. */
  readonly parts: SpaceParts | undefined;
  /** What has been put somewhere, as it was before. */
  readonly before: ReadonlyMap<string, DriveNode>;
};

/**
 * PE-6: by putting something elsewhere nobody gets to see or read what they could not where it stood. Below the moved node rights
 * change only where a grant stands that says something on one axis and leaves the other to the folders above.
 */
export function findReadingRefusal(op: BatchOp, placing: Placing): Refusal | undefined {
  if (op.kind !== 'move' && op.kind !== 'restore') return undefined;
  const before = placing.before.get(op.nodeId);
  const after = placing.tree.find(op.nodeId);
  if (!before?.parentId || !after?.parentId || before.parentId === after.parentId) return undefined;
  const [from, to] = [before.parentId, after.parentId];
  const { parts } = placing;
  return parts
    ? findInParts(before, to, { ...placing, parts })
    : findByNode({ ...before, parentId: from }, to, placing);
}

function findByNode(moved: Placed, parentId: NodeId, { tree }: Placing): Refusal | undefined {
  const had = tree.atomsOf(tree.isMade(moved.id) ? moved.parentId : moved.id);
  return seesMore(had, tree.atomsOf(parentId)) ? refuse('FORBIDDEN', moved) : undefined;
}

type Placed = DriveNode & { readonly parentId: NodeId };
type PartPlacing = Placing & { readonly parts: SpaceParts };

function findInParts(moved: DriveNode, parentId: NodeId, placing: PartPlacing): Refusal | undefined {
  const { parts, tree } = placing;
  const [from, to] = [pathBefore(moved.parentId, placing), pathNow(parentId, placing)];
  if (parts.nearestOn(from) === parts.nearestOn(to)) return undefined;
  const below = moved.kind === 'folder' ? parts.ids : [];
  for (const id of [moved.id, ...below]) {
    const now = pathNow(id, placing);
    if (!now.includes(moved.id)) continue;
    const had = parts.atomsAlong(pathBefore(id, placing));
    if (!seesMore(had, parts.atomsAlong(now))) continue;
    if (id === moved.id) return refuse('FORBIDDEN', moved);
    return refuse('SUBTREE_FORBIDDEN', had.has('visible') ? (tree.find(id) ?? null) : null);
  }
  return undefined;
}

export function seesMore(had: ReadonlySet<Atom>, has: ReadonlySet<Atom>): boolean {
  return SEEING.some((atom) => has.has(atom) && !had.has(atom));
}

function pathNow(id: NodeId, { tree, parts }: PartPlacing): NodeId[] {
  return pathUp(id, (each) => (tree.find(each) ?? { parentId: parts.parentOf(each) }).parentId);
}

function pathBefore(id: NodeId | null, { tree, parts, before }: PartPlacing): NodeId[] {
  return pathUp(id, (each) => (before.get(each) ?? tree.find(each) ?? { parentId: parts.parentOf(each) }).parentId);
}

/** From the node up to the root, or to where it would come round again. */
function pathUp(id: NodeId | null, parentOf: (id: NodeId) => NodeId | null): NodeId[] {
  const path = new Set<NodeId>();
  for (let at = id; at !== null && !path.has(at); at = parentOf(at)) path.add(at);
  return [...path];
}

function refuse(code: Refusal['code'], node: DriveNode | null): Refusal {
  return { kind: 'refused', code, node };
}
