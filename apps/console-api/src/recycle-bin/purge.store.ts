import type { EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { keepingGrants } from '../grants/past-grants.ts';
import { raisingCapsRev } from '../grants/removed-grants.ts';
import { queryLast, queryRows } from '../platform/rows.ts';
import { releaseVersionsOf } from '../versions/release.store.ts';

/**
 * Gives trashed nodes up for good: from here on they and all below them are out of reach, and the feed says so. Each takes a
 * seq of the space, whose lock the caller holds. Answers those that were in the bin.
 */
export async function markPurged(
  manager: EntityManager,
  key: SpaceKey,
  purge: { readonly nodeIds: readonly string[]; readonly seq: number },
): Promise<NodeId[]> {
  const rows = await queryRows<{ id: NodeId }>(
    manager,
    `WITH root AS MATERIALIZED (
       SELECT n.*, $4::bigint + row_number() OVER (ORDER BY n.id) AS purge_seq
       FROM (SELECT DISTINCT id FROM unnest($3::uuid[]) AS t(id)) asked CROSS JOIN LATERAL (
         SELECT ctid AS place, id, parent_id, name, kind, rev, version_id, mtime_ms, exec FROM node
         WHERE enterprise_id = $1 AND id = asked.id AND space_id IS NOT DISTINCT FROM $2
           AND trashed_at IS NOT NULL AND purged_at IS NULL LIMIT 1) n
     ), marked AS (
       UPDATE node n SET purged_at = now(), rev = n.rev + 1, seq = root.purge_seq
       FROM root WHERE n.ctid = root.place AND n.enterprise_id IS NOT DISTINCT FROM $1
     ), closed AS (
       UPDATE node_history h SET to_seq = root.purge_seq FROM root ${openStateOf('root')}
     ), recorded AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, parent_id, name, kind, rev, version_id, mtime_ms,
                                 exec, trashed, gone)
       SELECT $1, $2, id, purge_seq, parent_id, name, kind, rev + 1, NULL, mtime_ms, exec, true, 'purged' FROM root
     ), advanced AS (
       UPDATE space SET seq = seq + (SELECT count(*) FROM root) WHERE enterprise_id = $1 AND id = $2
     ), token AS (
       INSERT INTO commit_token (enterprise_id, space_id, seq)
       SELECT $1, $2, max(purge_seq) FROM root HAVING count(*) > 0
     )
     SELECT id FROM root`,
    [key.enterpriseId, key.spaceId, purge.nodeIds, purge.seq],
  );
  return rows.map((row) => row.id);
}

/**
 * One step down: what lies in purged folders is given up with them. What was trashed by itself is an entry of the bin of its own
 * and stays; it moves up to where its folder was and remembers the way. Answers how many nodes it found. Needs the lock of the
 * space.
 */
export async function spreadPurge(manager: EntityManager, key: SpaceKey, limit: number): Promise<number> {
  const [row] = await queryRows<{ found: string }>(
    manager,
    `WITH child AS MATERIALIZED (
       SELECT c.id, c.place, c.own_entry, p.seq, p.parent_id AS up, coalesce(p.lost_path, '{}') || p.name::text AS way
       FROM (SELECT id, parent_id, name, seq, lost_path FROM node
             WHERE enterprise_id = $1 AND space_id = $2 AND purged_at IS NOT NULL AND kind = 'folder') p
       CROSS JOIN LATERAL (
         SELECT ctid AS place, id, trashed_at IS NOT NULL AS own_entry FROM node
         WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = p.id AND purged_at IS NULL
         ORDER BY live_name LIMIT $3) c -- in the order of the index, which is then read no further than needed
       LIMIT $3
     ), kept AS (
       UPDATE node n SET parent_id = child.up, lost_path = child.way || coalesce(n.lost_path, '{}')
       FROM child WHERE child.own_entry AND n.ctid = child.place AND n.enterprise_id IS NOT DISTINCT FROM $1
     ), given_up AS (
       UPDATE node n SET purged_at = now(), trashed_at = coalesce(n.trashed_at, now()), live_name = NULL, seq = child.seq
       FROM child WHERE NOT child.own_entry AND n.ctid = child.place AND n.enterprise_id IS NOT DISTINCT FROM $1
     ), closed AS (
       UPDATE node_history h SET to_seq = child.seq FROM child ${openStateOf('child')} AND NOT child.own_entry
     )
     SELECT count(*) AS found FROM child`,
    [key.enterpriseId, key.spaceId, limit],
  );
  return Number(row?.found ?? 0);
}

/** Of folders those with something below that was trashed by itself and does not go with them. */
export async function listOutlived(
  manager: EntityManager,
  key: SpaceKey,
  of: { readonly folderIds: readonly NodeId[]; readonly goingIds: readonly NodeId[] },
): Promise<NodeId[]> {
  const rows = await queryRows<{ id: NodeId }>(
    manager,
    `WITH RECURSIVE inside AS (
       SELECT id AS folder_id, id FROM unnest($3::uuid[]) AS t(id)
       UNION ALL
       SELECT inside.folder_id, c.id FROM inside CROSS JOIN LATERAL (
         SELECT id FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = inside.id
           AND kind = 'folder' AND trashed_at IS NULL OFFSET 0) c
     )
     SELECT DISTINCT inside.folder_id AS id FROM inside CROSS JOIN LATERAL (
       SELECT FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = inside.id
         AND trashed_at IS NOT NULL AND purged_at IS NULL AND id <> ALL($4::uuid[]) LIMIT 1) entry`,
    [key.enterpriseId, key.spaceId, of.folderIds, of.goingIds],
  );
  return rows.map((row) => row.id);
}

/** Purged nodes with nothing below them. OFFSET 0 keeps a planner without statistics from reading all nodes of the space for it. */
export async function listRemovable(manager: EntityManager, key: SpaceKey, limit: number): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    manager,
    `SELECT p.id FROM node p WHERE p.enterprise_id = $1 AND p.space_id = $2 AND p.purged_at IS NOT NULL
       AND (p.kind = 'file' OR NOT EXISTS (
         SELECT FROM node c WHERE c.enterprise_id = $1 AND c.space_id = $2 AND c.parent_id = p.id OFFSET 0))
     LIMIT $3`,
    [key.enterpriseId, key.spaceId, limit],
  );
  return rows.map((row) => row.id);
}

const KEEPING_GRANTS = keepingGrants(`
  SELECT g.*, n.seq AS gone_seq FROM unnest($2::uuid[]) AS asked(id)
  CROSS JOIN LATERAL (SELECT * FROM folder_grant WHERE enterprise_id = $1 AND node_id = asked.id OFFSET 0) g
  CROSS JOIN LATERAL (SELECT seq FROM node WHERE enterprise_id = $1 AND id = asked.id AND purged_at IS NOT NULL LIMIT 1) n`);

/** Removes such nodes, and takes their versions out of the space: the last of a transaction, which holds the lock of the space. */
export async function removePurged(manager: EntityManager, key: SpaceKey, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await releaseVersionsOf(manager, key, ids);
  await queryLast(
    manager,
    `WITH kept AS (${KEEPING_GRANTS} RETURNING space_id), raised AS (${raisingCapsRev('kept')})
     DELETE FROM node WHERE enterprise_id = $1 AND id = ANY($2::uuid[]) AND purged_at IS NOT NULL`,
    [key.enterpriseId, ids],
  );
}

/**
 * The present state of the rows of a query, by its place: joined by key, a planner without statistics reads all of a young table
 * while everybody waits for the space. Places hold, since nothing of a space is written without its lock.
 */
function openStateOf(rows: string): string {
  return `CROSS JOIN LATERAL (
    SELECT ctid FROM node_history WHERE enterprise_id = $1 AND node_id = ${rows}.id AND to_seq IS NULL
      AND space_id IS NOT DISTINCT FROM $2 LIMIT 1) state
  WHERE h.ctid = state.ctid AND h.enterprise_id IS NOT DISTINCT FROM $1`;
}

export async function listSpacesToClear(manager: EntityManager): Promise<SpaceKey[]> {
  return queryRows<SpaceKey>(
    manager,
    `SELECT DISTINCT enterprise_id AS "enterpriseId", space_id AS "spaceId" FROM node WHERE purged_at IS NOT NULL`,
  );
}

/** Spaces with something in the bin that is older than its enterprise keeps it; `days` where there is no policy. */
export async function listSpacesWithExpired(
  manager: EntityManager,
  when: { readonly now: Date; readonly days: number },
): Promise<(SpaceKey & { readonly before: Date })[]> {
  return queryRows<{ enterpriseId: EnterpriseId; spaceId: SpaceId; before: Date }>(
    manager,
    `SELECT s.enterprise_id AS "enterpriseId", s.id AS "spaceId", due.before
     FROM space s LEFT JOIN retention_policy p ON p.enterprise_id = s.enterprise_id
     CROSS JOIN LATERAL (SELECT $1::timestamptz - make_interval(days => coalesce(p.bin_days, $2::int)) AS before) due
     WHERE EXISTS (
       SELECT FROM node n WHERE n.enterprise_id = s.enterprise_id AND n.space_id = s.id AND n.trashed_at IS NOT NULL
         AND n.purged_at IS NULL AND n.trashed_at < due.before)`,
    [when.now, when.days],
  );
}

export type EntryPosition = { readonly trashedAt: string; readonly id: NodeId };

/** Entries of the bin from before a time, oldest first, after a position. */
export async function listEntriesBefore(
  manager: EntityManager,
  key: SpaceKey,
  page: { readonly before: Date; readonly after: EntryPosition | undefined; readonly limit: number },
): Promise<EntryPosition[]> {
  return queryRows<EntryPosition>(
    manager,
    `SELECT n.id, n.trashed_at::text AS "trashedAt" FROM node n
     WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.trashed_at IS NOT NULL AND n.purged_at IS NULL AND n.trashed_at < $3
       AND ($4::timestamptz IS NULL OR (n.trashed_at, n.id) > ($4, $5::uuid))
     ORDER BY n.trashed_at, n.id LIMIT $6`,
    [key.enterpriseId, key.spaceId, page.before, page.after?.trashedAt ?? null, page.after?.id ?? null, page.limit],
  );
}
