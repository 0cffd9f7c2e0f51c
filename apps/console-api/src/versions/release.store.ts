import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryLast, queryRows } from '../platform/rows.ts';

type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };

/**
 * Takes versions out of their files' history: they are not listed any more and their bytes are free again, in the same
 * transaction. The rows stay as long as node_history needs them (VE-4); see `sweepReleased`. Never the newest version of a file
 * that is there, nor a pinned one. Needs the lock of the space.
 */
export async function releaseVersions(
  manager: EntityManager,
  key: SpaceKey,
  versionIds: readonly string[],
): Promise<number> {
  if (versionIds.length === 0) return 0;
  const places = `SELECT ctid FROM version WHERE enterprise_id = $1 AND id = asked.id LIMIT 1`;
  const only = `NOT v.pinned AND NOT EXISTS (
    SELECT FROM node n WHERE n.enterprise_id = $1 AND n.id = v.node_id AND n.version_id = v.id)`;
  const [row] = await queryRows<{ count: string }>(manager, releasing({ places, only }), [
    key.enterpriseId,
    key.spaceId,
    versionIds,
  ]);
  return Number(row?.count ?? 0);
}

/** All versions of nodes that are removed in the same transaction. Needs the lock of the space. */
export async function releaseVersionsOf(
  manager: EntityManager,
  key: SpaceKey,
  nodeIds: readonly string[],
): Promise<void> {
  if (nodeIds.length === 0) return;
  const places = `SELECT ctid FROM version WHERE enterprise_id = $1 AND node_id = asked.id OFFSET 0`;
  await queryLast(manager, releasing({ places, only: 'true' }), [key.enterpriseId, key.spaceId, nodeIds]);
}

/** By the places of the rows, found by one index probe per id; they hold, since versions change under the lock of their space. */
function releasing(which: { readonly places: string; readonly only: string }): string {
  return `
    WITH released AS (
      UPDATE version v SET released_at = now(), pinned = false
      FROM unnest($3::uuid[]) AS asked(id) CROSS JOIN LATERAL (${which.places}) place
      WHERE v.ctid = place.ctid AND v.enterprise_id IS NOT DISTINCT FROM $1 AND v.space_id IS NOT DISTINCT FROM $2
        AND v.released_at IS NULL AND ${which.only}
      RETURNING v.size
    ), freed AS (
      UPDATE space SET used_bytes = used_bytes - (SELECT coalesce(sum(size), 0) FROM released)
      WHERE enterprise_id = $1 AND id = $2
    )
    SELECT count(*) AS count FROM released`;
}

/**
 * Removes released versions that no row of node_history names: nobody can ask for them any more. Walks by id from a position on;
 * answers where it ended, `null` at the end.
 */
export async function sweepReleased(
  manager: EntityManager,
  page: { readonly after: { readonly enterpriseId: string; readonly id: string }; readonly limit: number },
): Promise<{ removed: number; next: { enterpriseId: string; id: string } | null }> {
  const found = await queryRows<{ enterpriseId: string; id: string; needed: boolean }>(
    manager,
    `SELECT v.enterprise_id AS "enterpriseId", v.id, EXISTS (
       SELECT FROM node_history h
       WHERE h.enterprise_id = v.enterprise_id AND h.node_id = v.node_id AND h.version_id IS NOT DISTINCT FROM v.id) AS needed
     FROM version v WHERE v.released_at IS NOT NULL AND (v.enterprise_id, v.id) > ($1::uuid, $2::uuid)
     ORDER BY v.enterprise_id, v.id LIMIT $3`,
    [page.after.enterpriseId, page.after.id, page.limit],
  );
  const free = found.filter((version) => !version.needed);
  if (free.length > 0) {
    await queryRows(
      manager,
      `DELETE FROM version v USING unnest($1::uuid[], $2::uuid[]) AS t(enterprise_id, id)
       WHERE v.enterprise_id = t.enterprise_id AND v.id = t.id AND v.released_at IS NOT NULL`,
      [free.map((version) => version.enterpriseId), free.map((version) => version.id)],
    );
  }
  const last = found.length < page.limit ? undefined : found.at(-1);
  return { removed: free.length, next: last ? { enterpriseId: last.enterpriseId, id: last.id } : null };
}
