import type { DriveNode, ErrorCode, NodeId } from '@tideline/contracts';
import type { BatchTree } from './batch-tree.ts';

export type RestoreContext = {
  readonly tree: BatchTree;
  /** Names of purged folders between a trashed node and the folder that it now counts as being in. */
  readonly lostPaths: ReadonlyMap<string, readonly string[]>;
  /** Nodes that operations of the batch take out of the bin. */
  readonly restoring: ReadonlySet<string>;
  readonly newNodeId: () => NodeId;
};
/** The folder that the node belongs in (VE-2), and those to be made for it, from the top down. */
export type Home =
  | { readonly kind: 'found'; readonly folderId: NodeId; readonly made: readonly DriveNode[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly nodeId: NodeId };

/** The deepest folder of the original path that lives, and the names of those below it that are in the bin or purged. */
export function originalPath(
  node: DriveNode,
  { tree, lostPaths }: Pick<RestoreContext, 'tree' | 'lostPaths'>,
): { anchorId: NodeId | null; names: string[]; gone: NodeId[] } {
  const above = tree.chainOf(node.id).slice(1);
  const gone = above.slice(0, above.findLastIndex((folder) => folder.trashedAt !== null) + 1);
  const anchorId = gone.at(-1)?.parentId ?? (gone.length === 0 ? node.parentId : null);
  const folders = gone.toReversed().flatMap((folder) => [...(lostPaths.get(folder.id) ?? []), folder.name]);
  const names = [...folders, ...(lostPaths.get(node.id) ?? [])];
  return { anchorId, names, gone: gone.map((folder) => folder.id) };
}

/**
 * Where a node of the bin belongs: folders of its path that are gone are made again, empty but for what returns. Waits for those
 * that the batch itself takes out of the bin.
 */
export function findHome(node: DriveNode, context: RestoreContext): Home {
  const { tree, newNodeId } = context;
  const { anchorId, names, gone } = originalPath(node, context);
  if (anchorId === null) return { kind: 'refused', code: 'ROOT_IMMUTABLE', nodeId: node.id };
  const awaited = gone.find((id) => context.restoring.has(id));
  if (awaited) return { kind: 'refused', code: 'PARENT_TRASHED', nodeId: awaited };
  const made: DriveNode[] = [];
  let folderId = anchorId;
  for (const name of names) {
    const occupant = made.length > 0 ? undefined : tree.findOccupant(folderId, name, node.id);
    if (occupant?.kind === 'file') return { kind: 'refused', code: 'NAME_TAKEN', nodeId: occupant.id };
    if (occupant) folderId = occupant.id;
    else {
      const folder = newFolder(newNodeId(), folderId, name);
      made.push(folder);
      folderId = folder.id;
    }
  }
  return { kind: 'found', folderId, made };
}

function newFolder(id: NodeId, parentId: NodeId, name: string): DriveNode {
  const nothing = { versionId: null, contentId: null, size: null, mtimeMs: null, exec: false, trashedAt: null };
  return { id, parentId, name, kind: 'folder', rev: 0, seq: 0, ...nothing };
}
