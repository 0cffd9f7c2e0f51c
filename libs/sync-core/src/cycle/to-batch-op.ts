import { BatchOp, type ChunkRef } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';

/**
 * The same operation in the words of the drive. `ifMatch` is the newest rev known, which our own earlier operation may have made;
 * `roomKey` names the room that the drive keeps for the content.
 */
export function toBatchOp(op: CloudOp, chunks: readonly ChunkRef[], known: Known): BatchOp {
  const reservation = known.roomKey === undefined ? {} : { reservation: known.roomKey };
  return BatchOp.parse({ ...wireForm(op, chunks, known.rev), ...reservation });
}

type Known = { readonly rev: number | undefined; readonly roomKey?: string };

function wireForm(op: CloudOp, chunks: readonly ChunkRef[], revNow: number | undefined): object {
  const common = { opId: op.opId, nodeId: op.cloudId };
  switch (op.op) {
    case 'cloudCreateFolder':
      return { kind: 'createFolder', ...common, parentId: op.parentCloudId, name: op.name };
    case 'cloudUpload': {
      const file = { content: { size: op.content.size, chunks }, ...op.meta };
      if (op.target.t === 'create') {
        return { kind: 'createFile', ...common, parentId: op.target.parentCloudId, name: op.target.name, ...file };
      }
      return { kind: 'putVersion', ...common, ...file, ...ifMatch(op.target.ifMatch, revNow) };
    }
    case 'cloudMove':
      return { kind: 'move', ...common, parentId: op.parentCloudId, name: op.name, ...ifMatch(op.ifMatch, revNow) };
    case 'cloudSetMeta':
      return { kind: 'setMeta', ...common, ...op.meta, ...ifMatch(op.ifMatch, revNow) };
    case 'cloudTrash':
      return {
        kind: 'trash',
        ...common,
        ...ifMatch(op.ifMatch, revNow),
        ...(op.ifSubtreeSeq === null ? {} : { ifSubtreeSeq: op.ifSubtreeSeq }),
      };
  }
}

function ifMatch(planned: number | null, revNow: number | undefined): { ifMatch?: number } {
  return planned === null ? {} : { ifMatch: revNow ?? planned };
}

export function chunksOf(content: {
  contentId: string;
  size: number;
  chunks?: readonly ChunkRef[];
}): readonly ChunkRef[] {
  if (content.size === 0) return [];
  return content.chunks ?? ([{ hash: content.contentId, size: content.size }] as ChunkRef[]);
}
