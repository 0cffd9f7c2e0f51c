import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import { SMALL_PACK_BYTES, type SparsePack } from './compaction-group.ts';
import type { Position } from './pass.store.ts';

export type PlacedChunk = {
  readonly hash: string;
  readonly sizeBytes: number;
  readonly packId: string;
  readonly packOffset: number;
};
export type MovedChunk = PlacedChunk & { readonly newOffset: number };

/** Packs that are less than half full, or small, ordered by key from `after` on. */
export async function listSparsePacks(
  manager: EntityManager,
  slice: { readonly after: Position; readonly limit: number; readonly olderThanMs: number },
): Promise<SparsePack[]> {
  const rows = await queryRows<{ enterpriseId: string; packId: string; size: string; live: string }>(
    manager,
    `SELECT enterprise_id AS "enterpriseId", id AS "packId", size, live_bytes AS live FROM pack
     WHERE retired_at IS NULL AND live_bytes > 0 AND created_at <= now() - $4 * interval '1 ms'
       AND (live_bytes * 2 < size OR size < $5) AND (enterprise_id, id) > ($1::uuid, $2::uuid)
     ORDER BY enterprise_id, id LIMIT $3`,
    [
      slice.after.enterpriseId,
      slice.after.id || slice.after.enterpriseId,
      slice.limit,
      slice.olderThanMs,
      SMALL_PACK_BYTES,
    ],
  );
  return rows.map(({ enterpriseId, packId, size, live }) => ({
    enterpriseId,
    packId,
    sizeBytes: Number(size),
    liveBytes: Number(live),
  }));
}

/** Chunks in the packs that are worth moving, in the order in which they lie: files that came together stay together. */
export async function listMovableChunks(
  manager: EntityManager,
  enterpriseId: string,
  packIds: readonly string[],
): Promise<PlacedChunk[]> {
  const rows = await queryRows<PlacedChunk & { packOffset: string }>(
    manager,
    `SELECT encode(hash, 'hex') AS hash, size AS "sizeBytes", pack_id AS "packId", pack_offset AS "packOffset" FROM chunk
     WHERE enterprise_id = $1 AND pack_id = ANY ($2::uuid[]) AND damaged_at IS NULL AND garbage_since IS NULL
     ORDER BY pack_id, pack_offset`,
    [enterpriseId, packIds],
  );
  return rows.map((row) => ({ ...row, packOffset: Number(row.packOffset) }));
}

/**
 * Points the chunks at their copies. Those that were swept, or healed into another pack, in the meantime stay as they are.
 * Changes no key: commits that hold the chunks do not wait.
 */
export async function moveChunks(
  manager: EntityManager,
  enterpriseId: string,
  pack: { readonly packId: string; readonly sizeBytes: number; readonly moved: readonly MovedChunk[] },
): Promise<number> {
  const moved = pack.moved.toSorted((one, other) => (one.hash < other.hash ? -1 : 1));
  const hashes = moved.map((chunk) => chunk.hash);
  await queryRows(
    manager,
    `SELECT FROM chunk WHERE enterprise_id = $1 AND hash IN (SELECT decode(h, 'hex') FROM unnest($2::text[]) h)
     ORDER BY hash FOR NO KEY UPDATE`,
    [enterpriseId, hashes],
  );
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH moved AS (
       UPDATE chunk c SET pack_id = $2, pack_offset = t.at
       FROM unnest($4::text[], $5::uuid[], $6::bigint[]) AS t(hash, from_pack, at)
       WHERE c.enterprise_id = $1 AND c.hash = decode(t.hash, 'hex') AND c.pack_id = t.from_pack AND c.damaged_at IS NULL
       RETURNING c.size, t.from_pack
     ), stored AS (
       INSERT INTO pack (enterprise_id, id, size, live_bytes) SELECT $1, $2, $3, coalesce(sum(size), 0) FROM moved
     ), freed AS (
       UPDATE pack p SET live_bytes = p.live_bytes - f.bytes
       FROM (SELECT from_pack, sum(size) AS bytes FROM moved GROUP BY from_pack) f
       WHERE p.enterprise_id = $1 AND p.id = f.from_pack
     )
     SELECT count(*) FROM moved`,
    [
      enterpriseId,
      pack.packId,
      pack.sizeBytes,
      hashes,
      moved.map((chunk) => chunk.packId),
      moved.map((chunk) => chunk.newOffset),
    ],
  );
  return Number(row?.count ?? 0);
}
