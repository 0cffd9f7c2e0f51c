import type { DriveNode, EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { queryRows } from '../platform/rows.ts';
import type { ChildrenSight } from './children-sight.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from './node-row.ts';

type Key = { readonly enterpriseId: EnterpriseId };

export async function findNode(manager: EntityManager, key: Key, nodeId: NodeId): Promise<DriveNode | undefined> {
  const [row] = await queryRows<NodeRow>(
    manager,
    `SELECT ${NODE_COLUMNS} FROM node n WHERE n.enterprise_id = $1 AND n.id = $2`,
    [key.enterpriseId, nodeId],
  );
  return row && toNode(row);
}

/** The folder itself last, its ancestors before it from the root on; the root is called like its space. */
export async function listPath(
  manager: EntityManager,
  key: Key,
  nodeId: NodeId,
): Promise<{ id: NodeId; name: string; trashed: boolean }[]> {
  return queryRows<{ id: NodeId; name: string; trashed: boolean }>(
    manager,
    `WITH RECURSIVE up AS (
       SELECT n.id, n.parent_id, n.name, n.space_id, n.trashed_at, 0 AS distance
       FROM node n WHERE n.enterprise_id = $1 AND n.id = $2
       UNION ALL
       SELECT p.id, p.parent_id, p.name, p.space_id, p.trashed_at, up.distance + 1
       FROM up JOIN node p ON p.enterprise_id = $1 AND p.id = up.parent_id
     )
     SELECT up.id, CASE WHEN up.parent_id IS NULL THEN s.name ELSE up.name END AS name,
            up.trashed_at IS NOT NULL AS trashed
     FROM up JOIN space s ON s.enterprise_id = $1 AND s.id = up.space_id ORDER BY distance DESC`,
    [key.enterpriseId, nodeId],
  );
}

/** Live nodes along the names, from the root on, as far as they exist. */
export async function walkNames(
  manager: EntityManager,
  key: Key & { readonly spaceId: SpaceId; readonly rootId: NodeId },
  names: readonly string[],
): Promise<DriveNode[]> {
  const rows = await queryRows<NodeRow>(
    manager,
    `WITH RECURSIVE walk AS (
       SELECT id, 0 AS depth FROM node WHERE enterprise_id = $1 AND id = $3
       UNION ALL
       SELECT c.id, walk.depth + 1 FROM walk
       JOIN node c ON c.enterprise_id = $1 AND c.space_id = $2 AND c.parent_id = walk.id
                  AND c.live_name = ($4::text[])[walk.depth + 1]
     )
     SELECT ${NODE_COLUMNS} FROM walk JOIN node n ON n.enterprise_id = $1 AND n.id = walk.id ORDER BY walk.depth`,
    [key.enterpriseId, key.spaceId, key.rootId, names],
  );
  return rows.map(toNode);
}

/** Where a page of children ended: 0 folders, 1 files, then by name without regard to case, then by exact name. */
export type ChildPosition = readonly [rank: number, name: string];

export type Children = {
  readonly enterpriseId: EnterpriseId;
  readonly spaceId: SpaceId;
  readonly parentId: NodeId;
  readonly sight: ChildrenSight;
  readonly foldersOnly: boolean;
};

const SEEN: Record<ChildrenSight['shows'], string> = {
  all: 'node n WHERE $4::uuid[] IS NULL',
  'all but': 'node n WHERE n.id <> ALL ($4::uuid[])',
  // by their ids, however many others there are
  only: `unnest($4::uuid[]) AS shown(id) CROSS JOIN LATERAL (
    SELECT * FROM node WHERE enterprise_id = $1 AND id = shown.id LIMIT 1) n WHERE true`,
};

function childrenOf({ enterpriseId, spaceId, parentId, sight }: Children): { from: string; values: unknown[] } {
  const within = 'n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = $3 AND n.trashed_at IS NULL';
  return {
    from: `${SEEN[sight.shows]} AND ${within}`,
    values: [enterpriseId, spaceId, parentId, 'ids' in sight ? sight.ids : null],
  };
}

export async function listChildren(
  manager: EntityManager,
  children: Children,
  page: { readonly after: ChildPosition | undefined; readonly limit: number },
): Promise<{ nodes: DriveNode[]; next: ChildPosition | null }> {
  const { from, values } = childrenOf(children);
  const [rank, name] = page.after ?? [0, ''];
  const found = await queryRows<NodeRow & { rank: number }>(
    manager,
    // each half runs along node_children from where the page begins, no further than the page is long
    `(SELECT ${NODE_COLUMNS}, 0 AS rank, lower(n.name) AS folded FROM ${from} AND n.kind = 'folder'
        AND $5::int = 0 AND (lower(n.name), n.name) > (lower($6), $6)
      ORDER BY lower(n.name), n.name LIMIT $7)
     UNION ALL
     (SELECT ${NODE_COLUMNS}, 1, lower(n.name) FROM ${from} AND n.kind = 'file'
        AND NOT $8 AND (lower(n.name), n.name) > (CASE WHEN $5 = 1 THEN lower($6) ELSE '' END, CASE WHEN $5 = 1 THEN $6 ELSE '' END)
      ORDER BY lower(n.name), n.name LIMIT $7)
     ORDER BY rank, folded, name LIMIT $7`,
    [...values, rank, name, page.limit + ONE_MORE, children.foldersOnly],
  );
  const { rows, last } = cutPage(found, page.limit);
  return { nodes: rows.map(toNode), next: last ? [last.rank, last.name] : null };
}

export async function countChildren(manager: EntityManager, children: Children): Promise<number> {
  const { from, values } = childrenOf(children);
  const [row] = await queryRows<{ total: string }>(
    manager,
    `SELECT count(*) AS total FROM ${from} AND (n.kind = 'folder' OR NOT $5)`,
    [...values, children.foldersOnly],
  );
  return Number(row?.total ?? 0);
}
