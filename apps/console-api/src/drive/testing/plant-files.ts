import type { NodeId, SpaceId } from '@tideline/contracts';
import type { DriveWorld } from './drive-world.ts';

/** Live files below a folder with history and versions of one byte each, as commits would have left them; many at once. */
export async function plantFiles(
  drive: DriveWorld,
  place: { readonly spaceId: SpaceId; readonly folderId: NodeId },
  count: number,
): Promise<void> {
  await drive.sql(
    `WITH made AS MATERIALIZED (
       SELECT gen_random_uuid() AS id, gen_random_uuid() AS version_id, 'f' || n AS name, s.seq + n AS seq
       FROM generate_series(1, $3::int) n, space s WHERE s.id = $1
     ), nodes AS (
       INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq, version_id, content_id, size)
       SELECT $4, id, $1, $2, name, name, 'file', 1, seq, version_id, sha256('x'), 1 FROM made
     ), history AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, parent_id, name, kind, rev, version_id, exec, trashed)
       SELECT $4, $1, id, seq, $2, name, 'file', 1, version_id, false, false FROM made
     ), versions AS (
       INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, origin)
       SELECT $4, version_id, $1, id, sha256('x'), 1, gen_random_uuid(), 'sync' FROM made
     ), token AS (
       INSERT INTO commit_token (enterprise_id, space_id, seq) SELECT $4, $1, s.seq + $3 FROM space s WHERE s.id = $1
     )
     UPDATE space SET seq = seq + $3, used_bytes = used_bytes + $3 WHERE id = $1`,
    [place.spaceId, place.folderId, count, drive.enterpriseId],
  );
}
