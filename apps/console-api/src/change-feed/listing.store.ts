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

/** Count and digest (contracts `digest.ts`) of everything live below the root now; the 16 bytes of a term are summed each by itself. */
export async function sumTree(manager: EntityManager, tree: Tree): Promise<TreeDigest> {
  const [row] = await queryRows<{ count: string; sums: (string | null)[] }>(
    manager,
    // OFFSET 0: without it the hash would be computed again for each of its bytes. Summing bytes is the cheapest way from a hash
    // to numbers that PostgreSQL has had since version 15.
    `WITH RECURSIVE folder AS (
       SELECT $3::uuid AS id
       UNION ALL
       SELECT n.id FROM folder f JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id
       WHERE n.kind = 'folder' AND n.trashed_at IS NULL AND n.id <> ALL($4::uuid[])
     )
     SELECT count(*) AS count, array[${HASH_BYTES.map((at) => `sum(get_byte(hash, ${at}))`).join(', ')}] AS sums
     FROM (SELECT sha256(convert_to(n.id || E'\\n' || n.parent_id || E'\\n' || n.name || E'\\n' || n.kind || E'\\n'
                         || coalesce(encode(n.content_id, 'hex'), ''), 'UTF8')) AS hash
           FROM folder f JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id
           WHERE n.trashed_at IS NULL AND n.id <> ALL($4::uuid[]) OFFSET 0) term`,
    [tree.enterpriseId, tree.spaceId, tree.rootId, [...tree.hidden]],
  );
  if (!row) throw new Error('an aggregate without a row');
  const sum = row.sums.reduce((high, byte) => (high << 8n) + BigInt(byte ?? 0), 0n);
  return { count: Number(row.count), digest: formatDigest(sum % DIGEST_MODULUS) };
}

const HASH_BYTES = Array.from({ length: 16 }, (_, at) => at);

/**
 * Folders of the tree as it was at `seq`, from one of them on: each before those in it, and these by name without regard to case.
 * What is looked at are the folders answered and those above the first, never the rest of the tree. None: the first one was no
 * folder of the tree that the caller may list. Conditions that another index could serve are written so that none does: see
 * `listStatesUpwards`.
 */
export async function listFoldersFrom(
  manager: EntityManager,
  tree: Tree & { readonly seq: number },
  page: { readonly folderId: string; readonly limit: number },
): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    manager,
    // walk: the way from the root to a folder. The next one is the first in it, or else the first after the lowest folder of the
    // way that has one after it.
    `WITH RECURSIVE above AS (
       SELECT s.*, 0 AS height FROM (SELECT $6::uuid AS id) asked CROSS JOIN LATERAL (${stateOf('asked.id')}) s
       UNION ALL
       SELECT s.*, above.height + 1 FROM above CROSS JOIN LATERAL (${stateOf('above.parent_id')}) s WHERE above.id <> $3
     ), walk AS (
       SELECT array_agg(id ORDER BY height DESC) AS ids, array_agg(name ORDER BY height DESC) AS names, 1 AS step
       FROM above HAVING (array_agg(id ORDER BY height DESC))[1] = $3
       UNION ALL
       SELECT walk.ids[:next.level] || next.id, walk.names[:next.level] || next.name, walk.step + 1
       FROM walk CROSS JOIN LATERAL (
         SELECT up.level, folder.id, folder.name
         FROM (SELECT level FROM generate_series(cardinality(walk.ids), 1, -1) AS level ORDER BY level DESC) up
         CROSS JOIN LATERAL (SELECT found.* FROM (
           (SELECT n.id, n.name FROM node n
            WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = walk.ids[up.level] AND n.kind = 'folder'
              AND n.trashed_at IS NULL AND n.seq <= $5 AND n.id <> ALL($4::uuid[])
              AND (lower(n.name), n.name) > (lower(${NAME_BELOW}), ${NAME_BELOW})
            ORDER BY lower(n.name), n.name LIMIT 1)
           UNION ALL
           (SELECT h.node_id, h.name FROM node_history h
            WHERE h.enterprise_id = $1 AND h.parent_id = walk.ids[up.level] AND h.to_seq > $5
              AND h.space_id IS NOT DISTINCT FROM $2 AND h.from_seq + 0 <= $5 AND h.kind = 'folder' AND NOT h.trashed
              AND h.node_id <> ALL($4::uuid[]) AND (lower(h.name), h.name) > (lower(${NAME_BELOW}), ${NAME_BELOW})
            ORDER BY lower(h.name), h.name LIMIT 1)
         ) found ORDER BY lower(found.name), found.name LIMIT 1) folder
         ORDER BY up.level DESC LIMIT 1
       ) next WHERE walk.step < $7
     )
     SELECT ids[cardinality(ids)] AS id FROM walk ORDER BY step`,
    [tree.enterpriseId, tree.spaceId, tree.rootId, [...tree.hidden], tree.seq, page.folderId, page.limit],
  );
  return rows.map((row) => row.id);
}

/** Name of the folder of the way that lies in the one at `up.level`; before all names where the way ends. */
const NAME_BELOW = `coalesce(walk.names[up.level + 1], '')`;

/** Place and name of a live folder at seq $5; nothing for those that the caller may not list. */
function stateOf(id: string): string {
  return `SELECT id, parent_id, name FROM (
      SELECT n.id, n.parent_id, n.name FROM (SELECT * FROM node WHERE enterprise_id = $1 AND id = ${id} LIMIT 1) n
      WHERE n.space_id = $2 AND n.kind = 'folder' AND n.trashed_at IS NULL AND n.seq <= $5
      UNION ALL
      SELECT h.node_id, h.parent_id, h.name FROM node_history h
      WHERE h.enterprise_id = $1 AND h.node_id = ${id} AND h.space_id IS NOT DISTINCT FROM $2 AND h.kind = 'folder'
        AND h.from_seq + 0 <= $5 AND h.to_seq + 0 > $5 AND NOT h.trashed
    ) state WHERE id <> ALL($4::uuid[]) LIMIT 1`;
}

/** Children of the folders as they were at `seq`, folder by folder in the given order, by name; of the first folder after a name. */
export async function listChildrenAt(
  manager: EntityManager,
  tree: Tree & { readonly seq: number },
  page: { readonly folderIds: readonly string[]; readonly afterName: string; readonly limit: number },
): Promise<DriveNode[]> {
  const rows = await queryRows<NodeRow>(
    manager,
    // nothing is said of trashed_at: trashed nodes have no live name, and only the index by live name is to serve this
    `SELECT c.* FROM unnest($3::uuid[]) WITH ORDINALITY AS f(id, position) CROSS JOIN LATERAL (
       (SELECT ${NODE_COLUMNS} FROM node n
        WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = f.id AND n.seq <= $5
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
