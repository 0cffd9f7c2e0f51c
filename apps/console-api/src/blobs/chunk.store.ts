import type { ChunkRef, EnterpriseId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { KeptStatement } from '../platform/hot-transaction.ts';
import { queryLast, queryRows } from '../platform/rows.ts';

export type PackedChunk = ChunkRef & { readonly packOffset: number };
/** Who sends chunks: a device, or a person on the web. The usable-hash rule is about this one, not about the user. */
export type ChunkActor = { readonly enterpriseId: EnterpriseId; readonly actorId: string };
export type ChunkPlace = {
  readonly hash: string;
  readonly size: number;
  readonly packId: string;
  readonly packOffset: number;
};

// Rows of chunks are always locked in the order of their hashes, so that no two commits deadlock.
// A damaged chunk (see scrub) counts as one that is not here, until its bytes are sent again.
// Chunks are asked for by an array (`= ANY(ARRAY(…))`) or one by one (LATERAL … LIMIT 1), never by a join: a planner without
// statistics would join by the enterprise and read all its chunks for every batch (docs/architecture/hot-queries.md).

/** $2: hashes, in hexadecimal. */
const ASKED = `ARRAY(SELECT decode(h, 'hex') FROM unnest($2::text[]) h)`;

/** Of these chunks, those whose bytes are here. Nothing keeps them from being swept: the caller locks what it uses. */
export async function findStored(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  hashes: readonly string[],
): Promise<Set<string>> {
  const rows = await queryRows<{ hash: string }>(manager, STORED, [enterpriseId, hashes]);
  return new Set(rows.map((row) => row.hash));
}

const STORED: KeptStatement = {
  name: 'stored-chunks',
  text: `
     SELECT encode(hash, 'hex') AS hash FROM chunk
     WHERE enterprise_id = $1 AND hash = ANY(${ASKED}) AND damaged_at IS NULL`,
};

export type NewPack = {
  readonly packId: string;
  readonly sizeBytes: number;
  readonly packed: readonly PackedChunk[];
};

/**
 * Writes the rows of packs and holds all their chunks against the sweeper until the transaction ends. A chunk that another
 * commit stored meanwhile keeps its first place, and our copy of its bytes is dead weight of the pack; so is a chunk that an
 * earlier one of these packs has too. A damaged one is healed.
 */
export async function insertPacks(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  packs: readonly NewPack[],
): Promise<void> {
  if (packs.length === 0) return;
  const placed = packs.flatMap(({ packId, packed }) => packed.map((chunk) => ({ ...chunk, packId })));
  const first = [...new Map(placed.toReversed().map((chunk) => [chunk.hash, chunk])).values()];
  await queryRows(manager, INSERT_PACKS, [
    enterpriseId,
    packs.map((pack) => pack.packId),
    packs.map((pack) => pack.sizeBytes),
    first.map((chunk) => chunk.hash),
    first.map((chunk) => chunk.size),
    first.map((chunk) => chunk.packId),
    first.map((chunk) => chunk.packOffset),
  ]);
}

const INSERT_PACKS: KeptStatement = {
  name: 'insert-packs',
  text: `
     WITH stored AS (
       INSERT INTO chunk (enterprise_id, hash, size, pack_id, pack_offset)
       SELECT $1, decode(h, 'hex'), s, p, o FROM unnest($4::text[], $5::int[], $6::uuid[], $7::bigint[]) AS t(h, s, p, o)
       ORDER BY h
       ON CONFLICT (enterprise_id, hash) DO UPDATE SET last_seen = now(), garbage_since = NULL, damaged_at = NULL,
         pack_id = CASE WHEN chunk.damaged_at IS NULL THEN chunk.pack_id ELSE excluded.pack_id END,
         pack_offset = CASE WHEN chunk.damaged_at IS NULL THEN chunk.pack_offset ELSE excluded.pack_offset END
       RETURNING size, pack_id
     ), live AS (SELECT pack_id, sum(size) AS bytes FROM stored GROUP BY pack_id)
     INSERT INTO pack (enterprise_id, id, size, live_bytes)
     SELECT $1, p, s, coalesce(live.bytes, 0) FROM unnest($2::uuid[], $3::bigint[]) AS t(p, s)
     LEFT JOIN live ON live.pack_id = p`,
};

export type Upload = { readonly actorId: string; readonly chunks: readonly ChunkRef[] };

export async function recordUploads(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  uploads: readonly Upload[],
): Promise<void> {
  const sent = uploads.flatMap(({ actorId, chunks }) => chunks.map(({ hash }) => ({ actorId, hash })));
  if (sent.length === 0) return;
  await queryLast(manager, RECORD_UPLOADS, [
    enterpriseId,
    sent.map((each) => each.actorId),
    sent.map((each) => each.hash),
  ]);
}

const RECORD_UPLOADS: KeptStatement = {
  name: 'record-uploads',
  text: `
     INSERT INTO chunk_upload (enterprise_id, actor_id, hash)
     SELECT DISTINCT $1::uuid, a, decode(h, 'hex') FROM unnest($2::uuid[], $3::text[]) AS t(a, h) ORDER BY 2, 3
     ON CONFLICT (enterprise_id, actor_id, hash) DO UPDATE SET at = now()`,
};

/** Of these chunks, the ones this actor sent within seven days and that are still stored with the told size. */
export async function findUploaded(
  manager: EntityManager,
  actor: ChunkActor,
  chunks: readonly ChunkRef[],
): Promise<Set<string>> {
  const rows = await queryRows<{ hash: string }>(
    manager,
    `SELECT t.h AS hash FROM unnest($3::text[], $4::int[]) AS t(h, s)
     CROSS JOIN LATERAL (
       SELECT hash, at FROM chunk_upload WHERE enterprise_id = $1 AND actor_id = $2 AND hash = decode(t.h, 'hex') LIMIT 1) u
     CROSS JOIN LATERAL (SELECT size, damaged_at FROM chunk WHERE enterprise_id = $1 AND hash = u.hash LIMIT 1) c
     WHERE u.at > now() - interval '7 days' AND c.size = t.s AND c.damaged_at IS NULL`,
    [actor.enterpriseId, actor.actorId, chunks.map((chunk) => chunk.hash), chunks.map((chunk) => chunk.size)],
  );
  return new Set(rows.map((row) => row.hash));
}

export type Referrer = {
  readonly hash: string;
  readonly nodeId: string;
  /** There are others that were not looked at. */
  readonly isCut: boolean;
};

/**
 * Some nodes that have a version with the chunk, those of `spaceId` first; whether the caller may read them is not asked here. What
 * was released is nobody's any more.
 */
export async function listReferrers(
  manager: EntityManager,
  where: { readonly enterpriseId: EnterpriseId; readonly spaceId: string },
  chunks: readonly ChunkRef[],
): Promise<Referrer[]> {
  return queryRows<Referrer>(
    manager,
    `SELECT DISTINCT t.h AS hash, r.node_id AS "nodeId", r.found > 5 AS "isCut" FROM unnest($3::text[], $4::int[]) AS t(h, s)
     CROSS JOIN LATERAL (
       SELECT hash FROM chunk WHERE enterprise_id = $1 AND hash = decode(t.h, 'hex') AND size = t.s AND damaged_at IS NULL
       LIMIT 1) c
     CROSS JOIN LATERAL (
       SELECT node_id, count(*) OVER () AS found FROM (
         (SELECT v.node_id, v.space_id FROM version v
          WHERE v.enterprise_id = $1 AND v.content_id = c.hash AND v.released_at IS NULL LIMIT 100)
         UNION ALL
         (SELECT v.node_id, v.space_id FROM content_chunk m
          JOIN version v ON v.enterprise_id = $1 AND v.content_id = m.content_id AND v.released_at IS NULL
          WHERE m.enterprise_id = $1 AND m.hash = c.hash LIMIT 100)
       ) found ORDER BY space_id = $2 DESC LIMIT 5
     ) r`,
    [where.enterpriseId, where.spaceId, chunks.map((chunk) => chunk.hash), chunks.map((chunk) => chunk.size)],
  );
}

/**
 * Folders with a file that has a version with the chunk, of the first `limit` contents and the first `limit` versions: files of one
 * folder can be read by the same people. Probes alone, each bounded, so that a chunk that half an enterprise has costs no more.
 */
export async function listReferringFolders(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  asked: { readonly hashes: readonly string[]; readonly limit: number },
): Promise<Referrer[]> {
  return queryRows<Referrer>(
    manager,
    `SELECT t.h AS hash, folder.id AS "nodeId", greatest(contents.found, versions.found) = $3 AS "isCut"
     FROM unnest($2::text[]) AS t(h)
     CROSS JOIN LATERAL (
       SELECT count(*) AS found, array_agg(DISTINCT content_id) AS ids FROM (
         SELECT content_id FROM content_chunk WHERE enterprise_id = $1 AND hash = decode(t.h, 'hex') LIMIT $3) m
     ) contents
     CROSS JOIN LATERAL (
       SELECT count(*) AS found, array_agg(node_id) AS ids FROM (
         SELECT v.node_id FROM unnest(array_append(contents.ids, decode(t.h, 'hex'))) AS content(id)
         CROSS JOIN LATERAL (
           SELECT node_id FROM version
           WHERE enterprise_id = $1 AND content_id = content.id AND released_at IS NULL LIMIT $3) v
         LIMIT $3) first
     ) versions
     CROSS JOIN LATERAL (
       SELECT DISTINCT n.parent_id AS id FROM unnest(versions.ids) AS file(id)
       CROSS JOIN LATERAL (SELECT parent_id FROM node WHERE enterprise_id = $1 AND id = file.id LIMIT 1) n
     ) folder`,
    [enterpriseId, asked.hashes, asked.limit],
  );
}

/** Tells the sweeper that somebody is about to use these chunks; at most one write per chunk and hour. */
export async function touch(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  hashes: readonly string[],
): Promise<void> {
  if (hashes.length === 0) return;
  await queryRows(
    manager,
    `UPDATE chunk SET last_seen = now() WHERE enterprise_id = $1 AND hash = ANY(ARRAY(
       SELECT hash FROM chunk WHERE enterprise_id = $1 AND hash = ANY(${ASKED})
         AND last_seen < now() - interval '1 hour' ORDER BY hash FOR NO KEY UPDATE))`,
    [enterpriseId, hashes],
  );
}

/**
 * Holds the rows against the sweeper until the transaction ends; answers those that are there. A chunk that was found to be
 * garbage is none any more, also for those who soon make further versions of its content without a lock of their own.
 */
export async function lock(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  hashes: readonly string[],
): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await queryRows<{ hash: string; garbage: boolean }>(manager, LOCK_CHUNKS, [enterpriseId, hashes]);
  const garbage = rows.filter((row) => row.garbage).map((row) => row.hash);
  if (garbage.length > 0) await unmark(manager, enterpriseId, garbage);
  return new Set(rows.map((row) => row.hash));
}

const LOCK_CHUNKS: KeptStatement = {
  name: 'lock-chunks',
  text: `
     SELECT encode(c.hash, 'hex') AS hash, c.garbage_since IS NOT NULL AS garbage FROM chunk c
     WHERE c.enterprise_id = $1 AND c.hash = ANY(${ASKED}) AND c.damaged_at IS NULL
     ORDER BY c.hash FOR KEY SHARE`,
};

async function unmark(manager: EntityManager, enterpriseId: EnterpriseId, hashes: readonly string[]): Promise<void> {
  await queryRows(
    manager,
    `UPDATE chunk SET garbage_since = NULL, last_seen = now() WHERE enterprise_id = $1 AND hash = ANY(ARRAY(
       SELECT hash FROM chunk WHERE enterprise_id = $1 AND hash = ANY(${ASKED}) ORDER BY hash FOR NO KEY UPDATE))`,
    [enterpriseId, hashes],
  );
}

export async function listPlaces(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  hashes: readonly string[],
): Promise<ChunkPlace[]> {
  const rows = await queryRows<ChunkPlace & { packOffset: string }>(
    manager,
    `SELECT encode(c.hash, 'hex') AS hash, c.size, c.pack_id AS "packId", c.pack_offset AS "packOffset"
     FROM chunk c WHERE c.enterprise_id = $1 AND c.hash = ANY(${ASKED})`,
    [enterpriseId, hashes],
  );
  return rows.map((row) => ({ ...row, packOffset: Number(row.packOffset) }));
}

/** Ordered chunks of contents made of several chunks; a content of one chunk is its own chunk and not here. */
export async function listManifests(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  contentIds: readonly string[],
): Promise<{ contentId: string; hash: string; size: number }[]> {
  return queryRows<{ contentId: string; hash: string; size: number }>(
    manager,
    `SELECT encode(m.content_id, 'hex') AS "contentId", encode(m.hash, 'hex') AS hash, m.size FROM content_chunk m
     WHERE m.enterprise_id = $1 AND m.content_id = ANY(${ASKED})
     ORDER BY m.content_id, m.ordinal`,
    [enterpriseId, contentIds],
  );
}

export async function insertManifests(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  rows: readonly { readonly contentId: string; readonly ordinal: number; readonly chunk: ChunkRef }[],
): Promise<void> {
  if (rows.length === 0) return;
  await queryRows(manager, INSERT_MANIFESTS, [
    enterpriseId,
    rows.map((row) => row.contentId),
    rows.map((row) => row.ordinal),
    rows.map((row) => row.chunk.hash),
    rows.map((row) => row.chunk.size),
  ]);
}

const INSERT_MANIFESTS: KeptStatement = {
  name: 'insert-manifests',
  text: `
     INSERT INTO content_chunk (enterprise_id, content_id, ordinal, hash, size)
     SELECT $1, decode(c, 'hex'), o, decode(h, 'hex'), s
     FROM unnest($2::text[], $3::int[], $4::text[], $5::int[]) AS t(c, o, h, s) ORDER BY c, o
     ON CONFLICT DO NOTHING`,
};
