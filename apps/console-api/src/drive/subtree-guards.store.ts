import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { SpaceKey } from './batch.store.ts';
import { nodeById } from './node-probe.ts';
import { latestBelow, type NodeAbove, type SubtreeGuard } from './subtree-guards.ts';

/**
 * How much is read for guards while everybody else waits for the space: some tens of milliseconds. What would need more counts as
 * changed, which is always safe: the caller reads the newest state and decides again.
 */
export const GUARD_READS = 5000;

/**
 * Operations whose folder has something below it that changed after their seq. Found from what changed lately, upwards; for a guard that is
 * older than that, by a look at what is in its folder.
 */
export async function listChangedSubtrees(
  manager: EntityManager,
  key: SpaceKey,
  { guards, spaceSeq }: { readonly guards: readonly SubtreeGuard[]; readonly spaceSeq: number },
): Promise<string[]> {
  const oldestRead = spaceSeq - GUARD_READS; // every state has a seq of its own
  const [recent, old] = [guards.filter(({ seq }) => seq >= oldestRead), guards.filter(({ seq }) => seq < oldestRead)];
  const changedUp = await findLatestBelow(manager, key, recent);
  const changedDown = await findLatestInside(manager, key, old);
  const isChanged = (latest: ReadonlyMap<string, number>) => (guard: SubtreeGuard) =>
    (latest.get(guard.folderId) ?? 0) > guard.seq;
  const changed = [
    ...recent.filter(isChanged(changedUp)),
    ...(changedDown === 'too many' ? old : old.filter(isChanged(changedDown))),
  ];
  return changed.map(({ opId }) => opId);
}

async function findLatestBelow(
  manager: EntityManager,
  key: SpaceKey,
  guards: readonly SubtreeGuard[],
): Promise<Map<string, number>> {
  if (guards.length === 0) return new Map();
  const least = Math.min(...guards.map(({ seq }) => seq));
  const rows = await queryRows<NodeAbove>(
    manager,
    `WITH RECURSIVE up AS (
       SELECT n.id, n.parent_id, h.from_seq AS seq
       FROM (SELECT node_id, from_seq, to_seq FROM node_history
             WHERE enterprise_id = $1 AND space_id = $2 AND from_seq > $3 OFFSET 0) h
       CROSS JOIN LATERAL ${nodeById('h.node_id', 'parent_id')} n
       WHERE h.to_seq IS NULL
       UNION
       SELECT p.id, p.parent_id, NULL::bigint FROM up CROSS JOIN LATERAL ${nodeById('up.parent_id', 'parent_id')} p
     )
     SELECT id, parent_id AS "parentId", seq::float8 AS seq FROM up`,
    [key.enterpriseId, key.spaceId, least],
  );
  return latestBelow(rows);
}

async function findLatestInside(
  manager: EntityManager,
  key: SpaceKey,
  guards: readonly SubtreeGuard[],
): Promise<Map<string, number> | 'too many'> {
  if (guards.length === 0) return new Map();
  const rows = await queryRows<{ folderId: string; seq: number }>(
    manager,
    `WITH RECURSIVE inside AS (
       SELECT id AS folder_id, id, 0::bigint AS seq FROM unnest($3::uuid[]) AS t(id)
       UNION ALL
       SELECT inside.folder_id, c.id, c.seq FROM inside CROSS JOIN LATERAL (
         SELECT id, seq FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = inside.id OFFSET 0) c
     )
     SELECT folder_id AS "folderId", seq::float8 AS seq FROM inside LIMIT $4`,
    [key.enterpriseId, key.spaceId, [...new Set(guards.map(({ folderId }) => folderId))], GUARD_READS + 1],
  );
  if (rows.length > GUARD_READS) return 'too many';
  const latest = new Map<string, number>();
  for (const { folderId, seq } of rows) latest.set(folderId, Math.max(seq, latest.get(folderId) ?? 0));
  return latest;
}
