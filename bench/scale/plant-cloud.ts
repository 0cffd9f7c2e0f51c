import type { Client } from 'pg';
import type { DeviceClient } from '../drive/device-client.ts';
import { AFTER_NODES } from '../drive/plant.ts';
import { FILES_PER_FOLDER, FOLDERS_PER_TOP, MTIME_MS } from './tree-plan.ts';

/** The tree of `plantFiles` in a folder of the personal space, straight into the tables. */
export async function plantCloud(
  database: Client,
  device: DeviceClient,
  { name, files }: { readonly name: string; readonly files: number },
): Promise<void> {
  await database.query('BEGIN');
  const { rows } = await database.query<{ seq: string; enterprise_id: string }>(
    'SELECT seq, enterprise_id FROM space WHERE id = $1 FOR UPDATE',
    [device.spaceId],
  );
  const [space] = rows;
  if (!space) throw new Error('the space is gone');
  const folders = Math.ceil(files / FILES_PER_FOLDER);
  const tops = Math.ceil(folders / FOLDERS_PER_TOP);
  await database.query(PLANNED, [Number(space.seq), device.rootId, name, tops, folders, files]);
  for (const statement of [NODES, ...AFTER_NODES]) {
    await database.query(statement, [space.enterprise_id, device.spaceId]);
  }
  await database.query('DROP TABLE planted');
  await database.query('COMMIT');
  await database.query('ANALYZE');
}

/** $1: the last seq, $2: parent, $3: name of the folder, $4, $5: folders of the first and second level, $6: files. */
const PLANNED = `
  CREATE TEMP TABLE planted AS
  WITH root AS MATERIALIZED (SELECT uuidv7() AS id),
  top AS MATERIALIZED (SELECT number, uuidv7() AS id FROM generate_series(0, $4::int - 1) AS number),
  folder AS MATERIALIZED (SELECT number, uuidv7() AS id FROM generate_series(0, $5::int - 1) AS number),
  node AS (
    SELECT 0 AS level, 0 AS number, root.id, $2::uuid AS parent_id, $3::text AS name, 'folder' AS kind, NULL::bytea AS content_id,
           NULL::int AS size FROM root
    UNION ALL SELECT 1, top.number, top.id, root.id, 'd' || top.number, 'folder', NULL, NULL FROM top, root
    UNION ALL SELECT 2, folder.number, folder.id, top.id, 'e' || folder.number, 'folder', NULL, NULL
      FROM folder JOIN top ON top.number = folder.number / ${FOLDERS_PER_TOP}
    UNION ALL SELECT 3, file, uuidv7(), folder.id, 'f' || file || '.txt', 'file', sha256(('file ' || file || E'\\n')::bytea),
           length('file ' || file || E'\\n')
      FROM generate_series(0, $6::int - 1) AS file JOIN folder ON folder.number = file / ${FILES_PER_FOLDER})
  SELECT id, parent_id, name, kind, content_id, size, $1::bigint + row_number() OVER (ORDER BY level, number) AS seq FROM node`;

const NODES = `
  INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq, version_id, content_id, size, mtime_ms)
  SELECT $1, id, $2, parent_id, name, name, kind, 1, seq, CASE kind WHEN 'file' THEN uuidv7() END, content_id, size, ${MTIME_MS}
  FROM planted ORDER BY seq`;
