import type {
  AccountRole,
  Atom,
  EnterpriseId,
  NodeId,
  SpaceId,
  SpaceKind,
  SyncRight,
  UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Statement } from './rights.ts';

/** A node on a chain from asked nodes up to the root of their space. */
export type ChainNode = {
  readonly id: NodeId;
  readonly parentId: NodeId | null;
  readonly spaceId: SpaceId;
  readonly trashed: boolean;
};
export type SpaceRow = {
  readonly id: SpaceId;
  readonly kind: SpaceKind;
  readonly ownerUserId: UserId | null;
  readonly teamId: string | null;
  readonly rootId: NodeId;
};
/** Teams the caller belongs to, distance 0, and their parents, distance 1 and up. */
export type TeamDistance = { readonly id: string; readonly distance: number };

// What rights are decided from: the node tree of the drive, grants, and the memberships that identity keeps.

/** The asked nodes and all their ancestors, each once; unknown ids are left out. */
export async function findChains(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  nodeIds: readonly string[],
): Promise<ChainNode[]> {
  return queryRows<ChainNode>(
    manager,
    // LIMIT keeps each look-up an index probe: a planner without statistics would rather read the whole table
    `WITH RECURSIVE up AS (
       SELECT n.* FROM unnest($2::uuid[]) AS asked(id) CROSS JOIN LATERAL (
         SELECT id, parent_id, space_id, trashed_at FROM node WHERE enterprise_id = $1 AND id = asked.id LIMIT 1) n
       UNION
       SELECT p.* FROM up CROSS JOIN LATERAL (
         SELECT id, parent_id, space_id, trashed_at FROM node WHERE enterprise_id = $1 AND id = up.parent_id LIMIT 1) p
     )
     SELECT id, parent_id AS "parentId", space_id AS "spaceId", trashed_at IS NOT NULL AS trashed FROM up`,
    [enterpriseId, nodeIds],
  );
}

export async function findSpaces(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceIds: readonly string[],
): Promise<SpaceRow[]> {
  return queryRows<SpaceRow>(
    manager,
    `SELECT id, kind, owner_user_id AS "ownerUserId", team_id AS "teamId", root_node_id AS "rootId"
     FROM space WHERE enterprise_id = $1 AND id = ANY($2::uuid[])`,
    [enterpriseId, spaceIds],
  );
}

export async function findMembership(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<{ role: AccountRole; teams: TeamDistance[] } | undefined> {
  const [row] = await queryRows<{ role: AccountRole; teams: TeamDistance[] }>(
    manager,
    `WITH RECURSIVE up AS (
       SELECT t.id, t.parent_id, 0 AS distance
       FROM team_member m JOIN team t ON t.enterprise_id = $1 AND t.id = m.team_id
       WHERE m.enterprise_id = $1 AND m.user_id = $2
       UNION
       SELECT t.id, t.parent_id, up.distance + 1
       FROM up JOIN team t ON t.enterprise_id = $1 AND t.id = up.parent_id WHERE up.distance < 100
     )
     SELECT u.role, coalesce(
       (SELECT jsonb_agg(jsonb_build_object('id', id, 'distance', distance))
        FROM (SELECT id, min(distance) AS distance FROM up GROUP BY id) nearest), '[]') AS teams
     FROM app_user u WHERE u.enterprise_id = $1 AND u.id = $2`,
    [enterpriseId, userId],
  );
  return row;
}

/** What unexpired grants say about the user and the teams, on these nodes or on any node of these spaces. */
export async function listStatements(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  caller: { readonly userId: UserId; readonly teams: readonly TeamDistance[] },
  where: { readonly nodeIds: readonly string[] } | { readonly spaceIds: readonly string[] },
): Promise<(Statement & { spaceId: SpaceId })[]> {
  const [column, ids] = 'nodeIds' in where ? ['node_id', where.nodeIds] : ['space_id', where.spaceIds];
  return queryRows<Statement & { spaceId: SpaceId; atoms: Atom[] | null; syncRight: SyncRight | null }>(
    manager,
    `SELECT g.node_id AS "nodeId", g.space_id AS "spaceId", g.atoms, g.sync_right AS "syncRight",
            CASE WHEN g.identity_type = 'user' THEN 0 ELSE t.distance + 1 END AS rank
     FROM folder_grant g
     LEFT JOIN unnest($3::uuid[], $4::int[]) AS t(id, distance) ON g.identity_type = 'team' AND t.id = g.identity_id
     WHERE g.enterprise_id = $1 AND g.${column} = ANY($5::uuid[])
       AND (g.expires_at IS NULL OR g.expires_at > now())
       AND ((g.identity_type = 'user' AND g.identity_id = $2) OR (t.id IS NOT NULL AND (g.sub_teams OR t.distance = 0)))`,
    [enterpriseId, caller.userId, caller.teams.map((team) => team.id), caller.teams.map((team) => team.distance), ids],
  );
}

/** Spaces the user might see: their own, and every one that is nobody's personal space. */
export async function listSpaces(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<SpaceRow[]> {
  return queryRows<SpaceRow>(
    manager,
    `SELECT id, kind, owner_user_id AS "ownerUserId", team_id AS "teamId", root_node_id AS "rootId"
     FROM space WHERE enterprise_id = $1 AND (kind <> 'personal' OR owner_user_id = $2)`,
    [enterpriseId, userId],
  );
}
