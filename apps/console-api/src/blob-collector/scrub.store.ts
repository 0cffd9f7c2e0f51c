import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Damage } from './pack-check.ts';
import type { Position } from './pass.store.ts';

export type ScrubbedChunk = {
  readonly hash: string;
  readonly sizeBytes: number;
  readonly packOffset: number;
  readonly damaged: boolean;
};
export type ScrubbedPack = { readonly enterpriseId: string; readonly packId: string };
export type Finding = { readonly hash: string; readonly damage: Damage };
export type DamagedChunk = Finding & {
  readonly packId: string;
  readonly sizeBytes: number;
  readonly foundAt: Date;
  /** Files, among them old versions, that cannot be read whole because of it. */
  readonly nodeIds: readonly string[];
};

export async function findNextPack(manager: EntityManager, after: Position): Promise<ScrubbedPack | undefined> {
  const [row] = await queryRows<ScrubbedPack>(
    manager,
    `SELECT enterprise_id AS "enterpriseId", id AS "packId" FROM pack
     WHERE retired_at IS NULL AND (enterprise_id, id) > ($1::uuid, $2::uuid) ORDER BY enterprise_id, id LIMIT 1`,
    [after.enterpriseId, after.id || after.enterpriseId],
  );
  return row;
}

export async function listChunksOf(manager: EntityManager, pack: ScrubbedPack): Promise<ScrubbedChunk[]> {
  const rows = await queryRows<ScrubbedChunk & { packOffset: string }>(
    manager,
    `SELECT encode(hash, 'hex') AS hash, size AS "sizeBytes", pack_offset AS "packOffset",
            damaged_at IS NOT NULL AS damaged
     FROM chunk WHERE enterprise_id = $1 AND pack_id = $2 ORDER BY pack_offset`,
    [pack.enterpriseId, pack.packId],
  );
  return rows.map((row) => ({ ...row, packOffset: Number(row.packOffset) }));
}

/** Notes chunks as damaged, unless they were moved or stored anew in the meantime. Answers how many were not known yet. */
export async function saveFindings(
  manager: EntityManager,
  pack: ScrubbedPack,
  findings: readonly Finding[],
): Promise<number> {
  if (findings.length === 0) return 0;
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH found AS MATERIALIZED (
       SELECT decode(h, 'hex') AS hash, d AS damage FROM unnest($3::text[], $4::text[]) AS t(h, d)
     ), damaged AS (
       UPDATE chunk c SET damaged_at = now() FROM found f
       WHERE c.enterprise_id = $1 AND c.hash = f.hash AND c.pack_id = $2 AND c.damaged_at IS NULL
       RETURNING c.hash, c.size, f.damage
     ), noted AS (
       INSERT INTO scrub_finding (enterprise_id, hash, pack_id, damage) SELECT $1, hash, $2, damage FROM damaged
       ON CONFLICT (enterprise_id, hash, pack_id) DO UPDATE SET damage = excluded.damage, found_at = now()
     ), lessened AS (
       UPDATE pack SET live_bytes = live_bytes - (SELECT coalesce(sum(size), 0) FROM damaged)
       WHERE enterprise_id = $1 AND id = $2
     )
     SELECT count(*) FROM damaged`,
    [pack.enterpriseId, pack.packId, findings.map((each) => each.hash), findings.map((each) => each.damage)],
  );
  return Number(row?.count ?? 0);
}

/** Chunks that were damaged and are sound again, because their object came back. */
export async function saveRecovered(
  manager: EntityManager,
  pack: ScrubbedPack,
  hashes: readonly string[],
): Promise<number> {
  if (hashes.length === 0) return 0;
  const [row] = await queryRows<{ count: string }>(
    manager,
    `WITH sound AS (
       UPDATE chunk c SET damaged_at = NULL FROM unnest($3::text[]) AS h
       WHERE c.enterprise_id = $1 AND c.hash = decode(h, 'hex') AND c.pack_id = $2 AND c.damaged_at IS NOT NULL
       RETURNING c.hash, c.size
     ), grown AS (
       UPDATE pack SET live_bytes = live_bytes + (SELECT coalesce(sum(size), 0) FROM sound)
       WHERE enterprise_id = $1 AND id = $2
     )
     SELECT count(*) FROM sound`,
    [pack.enterpriseId, pack.packId, hashes],
  );
  return Number(row?.count ?? 0);
}

/** Findings stay as long as the chunk is damaged: not when it was sent again, and not when nothing needed it any more. */
export async function deleteSettledFindings(manager: EntityManager): Promise<void> {
  await queryRows(
    manager,
    `DELETE FROM scrub_finding f WHERE NOT EXISTS (
       SELECT FROM chunk c WHERE c.enterprise_id = f.enterprise_id AND c.hash = f.hash AND c.damaged_at IS NOT NULL)`,
  );
}

/** What is lost at present, the newest finding first. */
export async function listDamagedChunks(
  manager: EntityManager,
  enterpriseId: string,
  limit: number,
): Promise<DamagedChunk[]> {
  return queryRows<DamagedChunk>(
    manager,
    `SELECT encode(f.hash, 'hex') AS hash, f.pack_id AS "packId", f.damage, f.found_at AS "foundAt", c.size AS "sizeBytes",
            ARRAY(SELECT v.node_id FROM version v WHERE v.enterprise_id = $1 AND v.content_id = f.hash
                  UNION
                  SELECT v.node_id FROM content_chunk m
                  JOIN version v ON v.enterprise_id = $1 AND v.content_id = m.content_id
                  WHERE m.enterprise_id = $1 AND m.hash = f.hash LIMIT 100) AS "nodeIds"
     FROM scrub_finding f
     JOIN chunk c ON c.enterprise_id = $1 AND c.hash = f.hash AND c.pack_id = f.pack_id AND c.damaged_at IS NOT NULL
     WHERE f.enterprise_id = $1 ORDER BY f.found_at DESC, f.hash LIMIT $2`,
    [enterpriseId, limit],
  );
}
