import type { BatchOp, DriveNode, NodeId } from '@tideline/contracts';
import { subtreeSeqOf } from './batch.ts';
import type { RightsByNode } from './batch-tree.ts';

/** An operation on a folder that must not have changed below since a seq. */
export type SubtreeGuard = { readonly opId: string; readonly folderId: NodeId; readonly seq: number };
type Guarded = { readonly ops: readonly BatchOp[]; readonly rights: RightsByNode };

/**
 * Guards that cost a look: of folders that are there, by those who may move or trash them. Whoever may not is refused before anybody
 * looks at guards; should an earlier operation have given the right after all, `unasked` counts as changed.
 */
export function listGuards(
  batches: readonly Guarded[],
  nodes: readonly DriveNode[],
): { readonly asked: SubtreeGuard[]; readonly unasked: string[] } {
  const folders = new Set(nodes.filter((node) => node.kind === 'folder').map((node) => node.id));
  const [asked, unasked]: [SubtreeGuard[], string[]] = [[], []];
  for (const { ops, rights } of batches) {
    for (const op of ops) {
      const seq = subtreeSeqOf(op);
      if (seq === undefined || !folders.has(op.nodeId)) continue;
      const isAllowed = rights.get(op.nodeId)?.atoms.has(op.kind === 'trash' ? 'delete' : 'move');
      if (isAllowed) asked.push({ opId: op.opId, folderId: op.nodeId, seq });
      else unasked.push(op.opId);
    }
  }
  return { asked, unasked };
}

export type NodeAbove = {
  readonly id: string;
  readonly parentId: string | null;
  /** Of its last change; absent where only something below it is known to have changed. */
  readonly seq: number | null;
};

/** By folder the last change below it, from nodes that changed and all folders above them. Each folder is passed once: newest first. */
export function latestBelow(nodes: readonly NodeAbove[]): Map<string, number> {
  const parentOf = new Map(nodes.map((node) => [node.id, node.parentId]));
  const changed = nodes.flatMap(({ parentId, seq }) => (seq === null ? [] : [{ parentId, seq }]));
  const latest = new Map<string, number>();
  for (const { parentId, seq } of changed.sort((one, other) => other.seq - one.seq)) {
    for (let id = parentId; id && !latest.has(id); id = parentOf.get(id) ?? null) latest.set(id, seq);
  }
  return latest;
}
