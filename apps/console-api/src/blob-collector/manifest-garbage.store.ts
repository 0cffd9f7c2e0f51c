import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Position } from './pass.store.ts';

export type ContentKey = { readonly enterpriseId: string; readonly contentId: string };

/** Of the next `limit` manifests after `after`, marks those that no version has: left by versions that are gone and by refused commits. */
export async function markManifests(
  manager: EntityManager,
  slice: { readonly after: Position; readonly limit: number },
): Promise<{ seen: number; marked: number; last: Position | undefined }> {
  const [row] = await queryRows<{ seen: string; marked: string; enterpriseId: string; id: string }>(
    manager,
    `WITH slice AS MATERIALIZED (
       SELECT enterprise_id, content_id FROM content_chunk
       WHERE (enterprise_id, content_id) > ($1::uuid, decode($2, 'hex')) AND ordinal = 0
       ORDER BY enterprise_id, content_id LIMIT $3
     ), marked AS (
       INSERT INTO content_garbage (enterprise_id, content_id)
       SELECT s.enterprise_id, s.content_id FROM slice s
       WHERE (SELECT 1 FROM version v WHERE v.enterprise_id = s.enterprise_id AND v.content_id = s.content_id LIMIT 1) IS NULL
       ON CONFLICT DO NOTHING RETURNING 1
     )
     SELECT (SELECT count(*) FROM slice) AS seen, (SELECT count(*) FROM marked) AS marked,
            enterprise_id AS "enterpriseId", encode(content_id, 'hex') AS id
     FROM slice ORDER BY enterprise_id DESC, content_id DESC LIMIT 1`,
    [slice.after.enterpriseId, slice.after.id, slice.limit],
  );
  if (!row) return { seen: 0, marked: 0, last: undefined };
  const last = { enterpriseId: row.enterpriseId, id: row.id };
  return { seen: Number(row.seen), marked: Number(row.marked), last };
}

/**
 * Locks manifests whose grace is over through the row of their first chunk: every commit that uses a manifest holds the rows
 * of all its chunks, so this keeps such commits out until our transaction ends.
 */
export async function lockMarkedManifests(
  manager: EntityManager,
  slice: { readonly limit: number; readonly sweepAfterMs: number },
): Promise<ContentKey[]> {
  return queryRows<ContentKey>(
    manager,
    `SELECT g.enterprise_id AS "enterpriseId", encode(g.content_id, 'hex') AS "contentId"
     FROM content_garbage g
     JOIN content_chunk m ON m.enterprise_id = g.enterprise_id AND m.content_id = g.content_id AND m.ordinal = 0
     JOIN chunk c ON c.enterprise_id = m.enterprise_id AND c.hash = m.hash
     WHERE g.since <= now() - $2 * interval '1 ms' LIMIT $1 FOR UPDATE OF g, c SKIP LOCKED`,
    [slice.limit, slice.sweepAfterMs],
  );
}

/** Of locked manifests, removes those that still no version has. Like for chunks, a statement of its own after the lock. */
export async function sweepLockedManifests(manager: EntityManager, locked: readonly ContentKey[]): Promise<number> {
  const keys = [locked.map((key) => key.enterpriseId), locked.map((key) => key.contentId)];
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH garbage AS MATERIALIZED (
       SELECT g.enterprise_id, decode(g.content_id, 'hex') AS content_id
       FROM unnest($1::uuid[], $2::text[]) AS g(enterprise_id, content_id)
       WHERE (SELECT 1 FROM version v
              WHERE v.enterprise_id = g.enterprise_id AND v.content_id = decode(g.content_id, 'hex') LIMIT 1) IS NULL
     ), swept AS (
       DELETE FROM content_chunk m USING garbage g WHERE m.enterprise_id = g.enterprise_id AND m.content_id = g.content_id
     )
     SELECT count(*) FROM garbage`,
    keys,
  );
  await queryRows(
    manager,
    `DELETE FROM content_garbage c USING unnest($1::uuid[], $2::text[]) AS g(enterprise_id, content_id)
     WHERE c.enterprise_id = g.enterprise_id AND c.content_id = decode(g.content_id, 'hex')`,
    keys,
  );
  return Number(row?.count ?? 0);
}

/**
 * Forgets marks of manifests that are gone: a mark that was under way while another pass removed the manifest comes too late.
 * Left alone, it would take the grace from a manifest that comes back. Answers how many there were.
 */
export async function forgetGoneManifests(
  manager: EntityManager,
  slice: { readonly limit: number; readonly sweepAfterMs: number },
): Promise<number> {
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH forgotten AS (
       DELETE FROM content_garbage WHERE (enterprise_id, content_id) IN (
         SELECT g.enterprise_id, g.content_id FROM content_garbage g
         WHERE g.since <= now() - $2 * interval '1 ms'
           AND (SELECT 1 FROM content_chunk m WHERE m.enterprise_id = g.enterprise_id AND m.content_id = g.content_id LIMIT 1) IS NULL
         LIMIT $1)
       RETURNING 1
     )
     SELECT count(*) FROM forgotten`,
    [slice.limit, slice.sweepAfterMs],
  );
  return Number(row?.count ?? 0);
}
