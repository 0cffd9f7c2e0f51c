import type { EntityManager } from 'typeorm';
import type { StoredBlob } from '../blobs/blob-store.ts';
import { queryRows } from '../platform/rows.ts';

export type PackId = { readonly enterpriseId: string; readonly packId: string };
export type OrphanObject = PackId & { readonly sizeBytes: number };

/**
 * Puts packs that hold no chunk any more into the trash. Chunk rows are written together with the row of their pack, or moved
 * into a pack that is made for them: a pack that is seen without chunks stays so.
 */
export async function retireEmptyPacks(manager: EntityManager, limit: number): Promise<number> {
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH empty AS MATERIALIZED (
       SELECT p.enterprise_id, p.id FROM pack p
       WHERE p.retired_at IS NULL AND p.live_bytes <= 0
         AND NOT EXISTS (SELECT FROM chunk c WHERE c.enterprise_id = p.enterprise_id AND c.pack_id = p.id)
       LIMIT $1
     ), retired AS (
       UPDATE pack p SET retired_at = now() FROM empty e WHERE p.enterprise_id = e.enterprise_id AND p.id = e.id RETURNING 1
     )
     SELECT count(*) FROM retired`,
    [limit],
  );
  return Number(row?.count ?? 0);
}

/**
 * Takes objects without a row into the trash: bytes whose rows were never written, or were lost with a restored database. The
 * row that is made here is the decision: an upload that is still about to write its own fails on it, and is sent again.
 */
export async function adoptOrphans(manager: EntityManager, objects: readonly OrphanObject[]): Promise<number> {
  if (objects.length === 0) return 0;
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH adopted AS (
       INSERT INTO pack (enterprise_id, id, size, live_bytes, retired_at)
       SELECT e, i, s, 0, now() FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS t(e, i, s)
       ON CONFLICT DO NOTHING RETURNING 1
     )
     SELECT count(*) FROM adopted`,
    [
      objects.map((object) => object.enterpriseId),
      objects.map((object) => object.packId),
      objects.map((object) => object.sizeBytes),
    ],
  );
  return Number(row?.count ?? 0);
}

/** Packs whose time in the trash is over. One that holds a chunk is never named, whatever its row says. */
export async function listExpiredPacks(
  manager: EntityManager,
  slice: { readonly limit: number; readonly trashMs: number },
): Promise<PackId[]> {
  return queryRows<PackId>(
    manager,
    `SELECT p.enterprise_id AS "enterpriseId", p.id AS "packId" FROM pack p
     WHERE p.retired_at <= now() - $2 * interval '1 ms'
       AND NOT EXISTS (SELECT FROM chunk c WHERE c.enterprise_id = p.enterprise_id AND c.pack_id = p.id)
     ORDER BY p.retired_at LIMIT $1`,
    [slice.limit, slice.trashMs],
  );
}

/** Called when the objects are gone. */
export async function deletePackRows(manager: EntityManager, packs: readonly PackId[]): Promise<void> {
  await queryRows(
    manager,
    `DELETE FROM pack p USING unnest($1::uuid[], $2::uuid[]) AS t(e, i)
     WHERE p.enterprise_id = t.e AND p.id = t.i AND p.retired_at IS NOT NULL`,
    [packs.map((pack) => pack.enterpriseId), packs.map((pack) => pack.packId)],
  );
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}';
const PACK_KEY = new RegExp(`^([0-9a-f-]{36})/(${UUID})$`);

/** What a pack's key tells: ids of packs carry the time at which their upload began. `undefined`: not an object of ours. */
export function parsePackKey(blob: StoredBlob): (OrphanObject & { readonly beganMs: number }) | undefined {
  const [, enterpriseId, packId] = PACK_KEY.exec(blob.key) ?? [];
  if (!enterpriseId || !packId) return undefined;
  const beganMs = Number.parseInt(packId.slice(0, 8) + packId.slice(9, 13), 16);
  return { enterpriseId, packId, beganMs, sizeBytes: blob.sizeBytes };
}
