import { DIGEST_MODULUS, formatDigest, type DriveNode, type NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { NODE_COLUMNS, toNode, type NodeRow } from '../drive/node-row.ts';
import { queryRows } from '../platform/rows.ts';
import type { SpaceKey } from './feed.store.ts';

export type Tree = SpaceKey & {
  readonly rootId: NodeId;
  /** Folders that the caller may not list; nothing below them is there for the caller. */
  readonly hidden: ReadonlySet<string>;
};
export type TreeDigest = { readonly count: number; readonly digest: string };

/** Count and digest (contracts `digest.ts`) of everything live below the root now; 128-bit terms are summed as four limbs. */
export async function sumTree(manager: EntityManager, tree: Tree): Promise<TreeDigest> {
  const [row] = await queryRows<Record<'count' | 'a' | 'b' | 'c' | 'd', string>>(
    manager,
    `WITH RECURSIVE folder AS (
       SELECT $3::uuid AS id
       UNION ALL
       SELECT n.id FROM folder f JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id
       WHERE n.kind = 'folder' AND n.trashed_at IS NULL AND n.id <> ALL($4::uuid[])
     ), term AS (
       SELECT sha256(convert_to(n.id || E'\\n' || n.parent_id || E'\\n' || n.name || E'\\n' || n.kind || E'\\n'
                     || coalesce(encode(n.content_id, 'hex'), ''), 'UTF8')) AS hash
       FROM folder f JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id
       WHERE n.trashed_at IS NULL AND n.id <> ALL($4::uuid[])
     )
     SELECT count(*) AS count, ${['a', 'b', 'c', 'd'].map(sumOfLimb).join(', ')} FROM term`,
    [tree.enterpriseId, tree.spaceId, tree.rootId, [...tree.hidden]],
  );
  if (!row) throw new Error('an aggregate without a row');
  const sum = [row.a, row.b, row.c, row.d].reduce((high, limb) => (high << 32n) + BigInt(limb), 0n);
  return { count: Number(row.count), digest: formatDigest(sum % DIGEST_MODULUS) };
}

function sumOfLimb(name: string, index: number): string {
  const limb = `('x' || encode(substr(hash, ${index * 4 + 1}, 4), 'hex'))::bit(32)::bigint`;
  return `coalesce(sum(${limb}), 0) AS ${name}`;
}

export type FolderPosition = { readonly depth: number; readonly folderId: string };

/**
 * Folders of the tree as it was at `seq`, by depth, from a position on. Of the past, conditions that another index could serve
 * are written so that none does: see `listStatesUpwards`.
 */
export async function listFoldersAt(
  manager: EntityManager,
  tree: Tree & { readonly seq: number },
  page: { readonly from: FolderPosition; readonly limit: number },
): Promise<FolderPosition[]> {
  return queryRows<FolderPosition>(
    manager,
    `WITH RECURSIVE folder AS (
       SELECT $3::uuid AS id, 0 AS depth
       UNION ALL
       SELECT c.id, f.depth + 1 FROM folder f CROSS JOIN LATERAL (
         SELECT n.id FROM node n
         WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id AND n.kind = 'folder'
           AND n.trashed_at IS NULL AND n.seq <= $5
         UNION ALL
         SELECT h.node_id FROM node_history h
         WHERE h.enterprise_id = $1 AND h.parent_id = f.id AND h.to_seq > $5 AND h.space_id IS NOT DISTINCT FROM $2
           AND h.from_seq + 0 <= $5 AND h.kind = 'folder' AND NOT h.trashed
       ) c WHERE c.id <> ALL($4::uuid[])
     )
     SELECT id AS "folderId", depth FROM folder WHERE (depth, id) >= ($6::int, $7::uuid) ORDER BY depth, id LIMIT $8`,
    [
      tree.enterpriseId,
      tree.spaceId,
      tree.rootId,
      [...tree.hidden],
      tree.seq,
      page.from.depth,
      page.from.folderId,
      page.limit,
    ],
  );
}

/** Children of the folders as they were at `seq`, folder by folder in the given order, by name; of the first folder after a name. */
export async function listChildrenAt(
  manager: EntityManager,
  tree: Tree & { readonly seq: number },
  page: { readonly folderIds: readonly string[]; readonly afterName: string; readonly limit: number },
): Promise<DriveNode[]> {
  const rows = await queryRows<NodeRow>(
    manager,
    `SELECT c.* FROM unnest($3::uuid[]) WITH ORDINALITY AS f(id, position) CROSS JOIN LATERAL (
       (SELECT ${NODE_COLUMNS} FROM node n
        WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id AND n.trashed_at IS NULL AND n.seq <= $5
          AND n.id <> ALL($4::uuid[]) AND n.live_name > CASE f.position WHEN 1 THEN $6 ELSE '' END
        ORDER BY n.live_name LIMIT $7)
       UNION ALL
       (SELECT h.node_id, h.parent_id, h.name, h.kind, h.rev, h.from_seq, h.version_id, encode(v.content_id, 'hex'),
               v.size, h.mtime_ms, h.exec, NULL::timestamptz
        FROM node_history h LEFT JOIN version v ON v.enterprise_id = $1 AND v.id = h.version_id
        WHERE h.enterprise_id = $1 AND h.parent_id = f.id AND h.to_seq > $5 AND h.space_id IS NOT DISTINCT FROM $2
          AND h.from_seq + 0 <= $5 AND NOT h.trashed AND h.node_id <> ALL($4::uuid[]) AND h.name > CASE f.position WHEN 1 THEN $6 ELSE '' END
        ORDER BY h.name LIMIT $7)
     ) c ORDER BY f.position, c.name LIMIT $7`,
    [tree.enterpriseId, tree.spaceId, page.folderIds, [...tree.hidden], tree.seq, page.afterName, page.limit],
  );
  return rows.map(toNode);
}
