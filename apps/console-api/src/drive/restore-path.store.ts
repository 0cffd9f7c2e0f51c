import type { BatchOp, DriveNode } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { SpaceKey } from './batch.store.ts';
import { BatchTree } from './batch-tree.ts';
import { originalPath } from './decide-restore.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from './node-row.ts';

export type RestorePaths = {
  readonly lostPaths: ReadonlyMap<string, readonly string[]>;
  /** What lives today on the paths that nodes go back to. */
  readonly occupants: readonly DriveNode[];
};
const NO_PATHS: RestorePaths = { lostPaths: new Map(), occupants: [] };

/** What the way back of nodes depends on whose folders are in the bin or purged; nothing is asked when there are none. */
export async function loadRestorePaths(
  manager: EntityManager,
  key: SpaceKey,
  batch: { readonly ops: readonly BatchOp[]; readonly nodes: readonly DriveNode[]; readonly lost: ReadonlySet<string> },
): Promise<RestorePaths> {
  const ids = batch.ops.flatMap((op) => (op.kind === 'restore' && !op.to ? [op.nodeId] : []));
  if (ids.length === 0) return NO_PATHS;
  const tree = new BatchTree(batch.nodes, new Map());
  const returning = ids.flatMap((id) => tree.find(id) ?? []);
  const lostPaths = await listLostPaths(manager, key, batch.lost);
  const paths = returning
    .map((node) => ({ ...originalPath(node, { tree, lostPaths }), name: node.name }))
    .filter(({ names }) => names.length > 0)
    .map(({ anchorId, names, name }) => ({ anchorId, names: [...names, name] }));
  return { lostPaths, occupants: await listOnPaths(manager, key, paths) };
}

async function listLostPaths(
  manager: EntityManager,
  key: SpaceKey,
  ids: ReadonlySet<string>,
): Promise<Map<string, readonly string[]>> {
  if (ids.size === 0) return new Map();
  const rows = await queryRows<{ id: string; path: string[] }>(
    manager,
    `SELECT id, lost_path AS path FROM node WHERE enterprise_id = $1 AND id = ANY($2::uuid[]) AND lost_path IS NOT NULL`,
    [key.enterpriseId, [...ids]],
  );
  return new Map(rows.map(({ id, path }) => [id, path]));
}

/** From each anchor downwards by name, as far as there is something. */
async function listOnPaths(
  manager: EntityManager,
  key: SpaceKey,
  paths: readonly { readonly anchorId: string | null; readonly names: readonly string[] }[],
): Promise<DriveNode[]> {
  if (paths.length === 0) return [];
  const rows = await queryRows<NodeRow>(
    manager,
    `WITH RECURSIVE want AS MATERIALIZED (
       SELECT * FROM json_to_recordset($3::json) AS t(anchor uuid, names jsonb)
     ), down AS (
       SELECT want.anchor AS id, want.names, 0 AS level FROM want
       UNION
       SELECT n.id, down.names, down.level + 1 FROM down CROSS JOIN LATERAL (
         SELECT id FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = down.id
           AND live_name = down.names ->> down.level LIMIT 1) n
     )
     SELECT DISTINCT ON (n.id) ${NODE_COLUMNS} FROM down
     CROSS JOIN LATERAL (SELECT * FROM node WHERE enterprise_id = $1 AND id = down.id LIMIT 1) n`,
    [key.enterpriseId, key.spaceId, JSON.stringify(paths.map(({ anchorId, names }) => ({ anchor: anchorId, names })))],
  );
  return rows.map(toNode);
}
