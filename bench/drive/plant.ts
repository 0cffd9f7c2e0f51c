import type { NodeId } from '@tideline/contracts';
import type { Client } from 'pg';
import type { DeviceClient } from './device-client.ts';

export type PlantedTree = { readonly topId: NodeId; readonly nodes: number };
export type TreeShape = { readonly name: string; readonly folders: number; readonly filesPerFolder: number };

/**
 * A large tree straight into the tables, as batches of 500 would have left it: nodes, their history and a commit token each
 * 500 seqs; no bytes. Only for what reads trees or moves their top: making them is measured elsewhere.
 */
export async function plantTree(database: Client, device: DeviceClient, shape: TreeShape): Promise<PlantedTree> {
  await database.query('BEGIN');
  const { rows } = await database.query<{ seq: string; enterprise_id: string }>(
    'SELECT seq, enterprise_id FROM space WHERE id = $1 FOR UPDATE',
    [device.spaceId],
  );
  const [space] = rows;
  if (!space) throw new Error('the space is gone');
  await database.query(PLANNED, [
    Number(space.seq) + 1,
    device.rootId,
    shape.name,
    shape.folders,
    shape.filesPerFolder,
  ]);
  for (const statement of [NODES, ...AFTER_NODES]) {
    await database.query(statement, [space.enterprise_id, device.spaceId]);
  }
  const top = await database.query<{ id: NodeId }>('SELECT id FROM planted ORDER BY seq LIMIT 1');
  await database.query('DROP TABLE planted');
  await database.query('COMMIT');
  await database.query('ANALYZE'); // as autovacuum does within a minute
  const [{ id: topId } = { id: device.rootId }] = top.rows;
  return { topId, nodes: 1 + shape.folders * (1 + shape.filesPerFolder) };
}

/** $1: its first seq, $2: parent, $3: name of the top folder, $4: folders in it, $5: files in each. */
const PLANNED = `
  CREATE TEMP TABLE planted AS
  WITH top AS MATERIALIZED (SELECT uuidv7() AS id),
  folder AS MATERIALIZED (SELECT number, uuidv7() AS id FROM generate_series(0, $4::int - 1) AS number)
  SELECT top.id, $2::uuid AS parent_id, $3::text AS name, 'folder' AS kind, $1::bigint AS seq FROM top
  UNION ALL
  SELECT folder.id, top.id, 'd' || number, 'folder', $1 + 1 + number * ($5::bigint + 1) FROM folder, top
  UNION ALL
  SELECT uuidv7(), folder.id, 'f' || file || '.dat', 'file', $1 + 1 + number * ($5 + 1) + file
  FROM folder, generate_series(1, $5::int) AS file`;

/** $1: enterprise, $2: space. */
const NODES = `
   INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq, version_id, content_id, size, mtime_ms)
   SELECT $1, id, $2, parent_id, name, name, kind, 1, seq, CASE kind WHEN 'file' THEN uuidv7() END,
          CASE kind WHEN 'file' THEN sha256(id::text::bytea) END, CASE kind WHEN 'file' THEN 4096 END, 1700000000000
   FROM planted ORDER BY seq`;

/** What a batch leaves behind beside the nodes themselves. $1: enterprise, $2: space. */
export const AFTER_NODES = [
  `INSERT INTO node_history (enterprise_id, node_id, from_seq, space_id, parent_id, name, kind, rev, version_id, mtime_ms, exec, trashed)
   SELECT $1, id, n.seq, $2, n.parent_id, n.name, n.kind, 1, n.version_id, n.mtime_ms, false, false
   FROM planted JOIN node n USING (id) WHERE n.enterprise_id = $1 ORDER BY n.seq`,
  `INSERT INTO commit_token (enterprise_id, space_id, seq)
   SELECT $1, $2, max(seq) FROM planted GROUP BY (seq - (SELECT min(seq) FROM planted)) / 500`,
  `UPDATE space SET seq = (SELECT max(seq) FROM planted) WHERE enterprise_id = $1 AND id = $2`,
];
