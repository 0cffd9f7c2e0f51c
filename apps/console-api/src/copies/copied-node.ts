import type { DriveNode, NodeId, VersionId } from '@tideline/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Change } from '../drive/decide-batch.ts';

/** A new node with the newest content of the source and its metadata; its history begins here. */
export function toCopy(
  source: DriveNode,
  place: { readonly parentId: NodeId; readonly name: string; readonly seq: number },
): Change {
  const version =
    source.contentId === null
      ? null
      : { id: uuidv7() as VersionId, contentId: source.contentId, size: source.size ?? 0, chunks: [] };
  const after: DriveNode = {
    ...source,
    ...place,
    id: uuidv7() as NodeId,
    rev: 1,
    versionId: version?.id ?? null,
    trashedAt: null,
  };
  return { opId: uuidv7(), before: null, after, version };
}
