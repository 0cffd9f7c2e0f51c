import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Position } from './pass.store.ts';

/** A chunk by its key. */
export type ChunkKey = { readonly enterpriseId: string; readonly hash: string };

/**
 * Nothing that is kept needs the chunk `c`. Scalar look-ups, because a planner that turned them into joins would read all
 * versions for every slice.
 */
const UNREFERENCED = `
  (SELECT 1 FROM version v WHERE v.enterprise_id = c.enterprise_id AND v.content_id = c.hash LIMIT 1) IS NULL
  AND (SELECT 1 FROM content_chunk m WHERE m.enterprise_id = c.enterprise_id AND m.hash = c.hash LIMIT 1) IS NULL`;

/** Of the next `limit` chunks after `after`, marks those that nothing needs and nobody has asked about for `unseenMs`. */
export async function markChunks(
  manager: EntityManager,
  slice: { readonly after: Position; readonly limit: number; readonly unseenMs: number },
): Promise<{ seen: number; marked: number; last: Position | undefined }> {
  const [row] = await queryRows<{ seen: string; marked: string; enterpriseId: string; id: string }>(
    manager,
    `WITH slice AS MATERIALIZED (
       SELECT enterprise_id, hash FROM chunk WHERE (enterprise_id, hash) > ($1::uuid, decode($2, 'hex'))
       ORDER BY enterprise_id, hash LIMIT $3
     ), marked AS (
       UPDATE chunk c SET garbage_since = now() FROM slice s
       WHERE c.enterprise_id = s.enterprise_id AND c.hash = s.hash AND c.garbage_since IS NULL
         AND c.last_seen <= now() - $4 * interval '1 ms' AND ${UNREFERENCED}
       RETURNING 1
     )
     SELECT (SELECT count(*) FROM slice) AS seen, (SELECT count(*) FROM marked) AS marked,
            enterprise_id AS "enterpriseId", encode(hash, 'hex') AS id
     FROM slice ORDER BY enterprise_id DESC, hash DESC LIMIT 1`,
    [slice.after.enterpriseId, slice.after.id, slice.limit, slice.unseenMs],
  );
  if (!row) return { seen: 0, marked: 0, last: undefined };
  const last = { enterpriseId: row.enterpriseId, id: row.id };
  return { seen: Number(row.seen), marked: Number(row.marked), last };
}

/**
 * Locks chunks whose grace is over. Those that a commit holds are left for the next time: waiting here would hold up commits
 * that wait for us, and never waiting means that no deadlock is possible.
 */
export async function lockMarkedChunks(
  manager: EntityManager,
  slice: { readonly limit: number; readonly sweepAfterMs: number },
): Promise<ChunkKey[]> {
  return queryRows<ChunkKey>(
    manager,
    `SELECT enterprise_id AS "enterpriseId", encode(hash, 'hex') AS hash FROM chunk
     WHERE garbage_since <= now() - $2 * interval '1 ms' ORDER BY garbage_since LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [slice.limit, slice.sweepAfterMs],
  );
}

/**
 * Of locked chunks, removes those that still nobody needs and takes the mark from the others. Must be a statement of its own
 * after the lock: only a snapshot taken while the lock is held sees the versions of every commit that had the rows before us.
 * A commit that comes later waits for this transaction, and then finds the chunk gone and asks for its bytes.
 */
export async function sweepLockedChunks(
  manager: EntityManager,
  locked: readonly ChunkKey[],
  unseenMs: number,
): Promise<{ chunks: number; bytes: number }> {
  const keys = [locked.map((key) => key.enterpriseId), locked.map((key) => key.hash)];
  const [row] = await queryRows<{ chunks: string; bytes: string | null }>(
    manager,
    `WITH swept AS (
       DELETE FROM chunk c USING unnest($1::uuid[], $2::text[]) AS g(enterprise_id, hash)
       WHERE c.enterprise_id = g.enterprise_id AND c.hash = decode(g.hash, 'hex')
         AND c.last_seen <= now() - $3 * interval '1 ms' AND ${UNREFERENCED}
       RETURNING c.enterprise_id, c.pack_id, c.size, c.damaged_at
     ), freed AS (
       UPDATE pack p SET live_bytes = p.live_bytes - f.bytes
       FROM (SELECT enterprise_id, pack_id, sum(size) AS bytes FROM swept WHERE damaged_at IS NULL GROUP BY 1, 2) f
       WHERE p.enterprise_id = f.enterprise_id AND p.id = f.pack_id
     )
     SELECT count(*) AS chunks, sum(size) AS bytes FROM swept`,
    [...keys, unseenMs],
  );
  await queryRows(
    manager,
    `UPDATE chunk c SET garbage_since = NULL FROM unnest($1::uuid[], $2::text[]) AS g(enterprise_id, hash)
     WHERE c.enterprise_id = g.enterprise_id AND c.hash = decode(g.hash, 'hex')`,
    keys,
  );
  return { chunks: Number(row?.chunks ?? 0), bytes: Number(row?.bytes ?? 0) };
}

/** Rights to use a chunk by having sent it end after seven days; the rows go when they say nothing any more. */
export async function deleteExpiredUploads(manager: EntityManager, limit: number): Promise<number> {
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH gone AS (
       DELETE FROM chunk_upload WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM chunk_upload WHERE at <= now() - interval '7 days' LIMIT $1 FOR UPDATE SKIP LOCKED))
       RETURNING 1
     ) SELECT count(*) FROM gone`,
    [limit],
  );
  return Number(row?.count ?? 0);
}
