import type { BatchOp, ChunkRef, NodeId, OpId, VersionId } from '@tideline/contracts';
import { derivedId } from './handover-ids.ts';
import type { HandoverItem } from './handover.store.ts';

/** An operation of the receiver that repeats one of the giver's versions; `version` absent: a folder. */
export type PlannedOp = { readonly op: BatchOp; readonly version: VersionId | undefined };
export type OpPlace = {
  readonly handoverId: string;
  readonly folderId: NodeId;
  readonly chunksOf: (content: { readonly contentId: string; readonly size: number }) => readonly ChunkRef[];
};

/** What makes the items anew at the receiver's: every folder, every file with all its versions, oldest first. */
export function planOps(items: readonly HandoverItem[], place: OpPlace): PlannedOp[] {
  return items.flatMap((item) => (item.kind === 'folder' ? [folderOp(item, place)] : fileOps(item, place)));
}

function folderOp(item: HandoverItem, place: OpPlace): PlannedOp {
  const op = { kind: 'createFolder', opId: opIdOf(item, place, 'folder'), ...placeOf(item, place) } as const;
  return { op, version: undefined };
}

function fileOps(item: HandoverItem, place: OpPlace): PlannedOp[] {
  const meta = { mtimeMs: item.mtimeMs, exec: item.exec };
  return item.versions.map(({ id, contentId, size }, index) => {
    const content = { size, chunks: [...place.chunksOf({ contentId, size })] };
    const opId = opIdOf(item, place, id);
    const { nodeId, ...where } = placeOf(item, place);
    const op: BatchOp =
      index === 0
        ? { kind: 'createFile', opId, nodeId, ...where, content, ...meta }
        : { kind: 'putVersion', opId, nodeId, content, ...meta };
    return { op, version: id };
  });
}

function placeOf(item: HandoverItem, place: OpPlace): { nodeId: NodeId; parentId: NodeId; name: string } {
  const parentId = item.isTop ? place.folderId : derivedId<NodeId>(place.handoverId, item.parentId);
  return { nodeId: derivedId<NodeId>(place.handoverId, item.id), parentId, name: item.name };
}

function opIdOf(item: HandoverItem, place: OpPlace, what: string): OpId {
  return derivedId<OpId>(place.handoverId, item.id, what);
}
