import type { ChunkRef, EnterpriseId, NodeId, VersionId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { listManifests } from '../blobs/chunk.store.ts';
import { queryRows } from '../platform/rows.ts';

export type FileContentRow = {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly contentId: string | null;
  readonly size: number;
  readonly trashed: boolean;
};

/** Head contents of nodes; unknown ids are left out. */
export async function listHeads(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  nodeIds: readonly NodeId[],
): Promise<FileContentRow[]> {
  const rows = await queryRows<FileContentRow & { size: string | null }>(
    manager,
    `SELECT n.id AS "nodeId", n.name, n.kind, encode(n.content_id, 'hex') AS "contentId", n.size,
            n.trashed_at IS NOT NULL AS trashed
     FROM unnest($2::uuid[]) AS asked(id) CROSS JOIN LATERAL (
       SELECT * FROM node WHERE enterprise_id = $1 AND id = asked.id LIMIT 1) n`,
    [enterpriseId, nodeIds],
  );
  return rows.map((row) => ({ ...row, size: Number(row.size ?? 0) }));
}

export async function findVersionContent(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId; readonly nodeId: NodeId; readonly versionId: VersionId },
): Promise<{ contentId: string; size: number } | undefined> {
  const [row] = await queryRows<{ contentId: string; size: string }>(
    manager,
    `SELECT encode(content_id, 'hex') AS "contentId", size FROM version
     WHERE enterprise_id = $1 AND node_id = $2 AND id = $3 AND released_at IS NULL`,
    [key.enterpriseId, key.nodeId, key.versionId],
  );
  return row && { contentId: row.contentId, size: Number(row.size) };
}

/** Chunks of each content, in order: none when empty, the content itself when it is one chunk. */
export async function loadManifests(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  contents: readonly { readonly contentId: string; readonly size: number }[],
): Promise<Map<string, ChunkRef[]>> {
  const ids = contents.map((content) => content.contentId);
  const rows = await listManifests(manager, enterpriseId, ids);
  const several = Map.groupBy(rows, (row) => row.contentId);
  return new Map(
    contents.map(({ contentId, size }) => {
      const chunks = several.get(contentId)?.map((row) => ({ hash: row.hash, size: row.size }));
      const alone = size === 0 ? [] : [{ hash: contentId, size }];
      return [contentId, (chunks ?? alone) as ChunkRef[]];
    }),
  );
}
