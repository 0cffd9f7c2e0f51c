import {
  FOLDER_ROLE_ATOMS,
  GRANTING_ROLES,
  type AccountRole,
  type Atom,
  type EnterpriseId,
  type FolderRole,
  type GrantId,
  type NodeId,
  type SpaceId,
  type SpaceKind,
  type SyncRight,
  type UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { nodeById } from '../drive/node-probe.ts';
import type { KeptStatement } from '../platform/hot-transaction.ts';
import { queryRows } from '../platform/rows.ts';
import { areActionsLive, isLive, isSyncRightLive, liveAxes } from './live-axes.ts';
import type { Statement } from './rights.ts';

/** A node on a chain from asked nodes up to the root of their space. */
export type ChainNode = {
  readonly id: NodeId;
  readonly parentId: NodeId | null;
  readonly spaceId: SpaceId;
  readonly kind: 'file' | 'folder';
  readonly trashed: boolean;
  /** Given up, and trashed with it: it waits to be removed. */
  readonly purged: boolean;
};
export type SpaceRow = {
  readonly id: SpaceId;
  readonly kind: SpaceKind;
  readonly ownerUserId: UserId | null;
  readonly teamId: string | null;
  readonly rootId: NodeId;
  readonly isKept: boolean;
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
  return queryRows<ChainNode>(manager, CHAINS, [enterpriseId, nodeIds]);
}

const CHAIN_COLUMNS = 'parent_id, space_id, kind, trashed_at, purged_at';
/** Siblings share their parent's look-up. */
const CHAINS: KeptStatement = {
  name: 'chains',
  text: `
     WITH RECURSIVE up AS (
       SELECT n.* FROM unnest($2::uuid[]) AS asked(id)
       CROSS JOIN LATERAL ${nodeById('asked.id', CHAIN_COLUMNS)} n
       UNION
       SELECT p.* FROM (SELECT DISTINCT parent_id FROM up) above
       CROSS JOIN LATERAL ${nodeById('above.parent_id', CHAIN_COLUMNS)} p
     )
     SELECT id, parent_id AS "parentId", space_id AS "spaceId", kind, trashed_at IS NOT NULL AS trashed,
            purged_at IS NOT NULL AS purged FROM up`,
};

export async function findSpaces(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceIds: readonly string[],
): Promise<SpaceRow[]> {
  return queryRows<SpaceRow>(manager, SPACES, [enterpriseId, spaceIds]);
}

const SPACES: KeptStatement = {
  name: 'spaces',
  text: `
     SELECT id, kind, owner_user_id AS "ownerUserId", team_id AS "teamId", root_node_id AS "rootId",
            kept_until IS NOT NULL AS "isKept"
     FROM space WHERE enterprise_id = $1 AND id = ANY($2::uuid[])`,
};

/** The secret of a space that its pages are sealed with. */
export async function findPageKey(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceId: SpaceId,
): Promise<string | undefined> {
  const [row] = await queryRows<{ key: string }>(
    manager,
    `SELECT cursor_key AS key FROM space WHERE enterprise_id = $1 AND id = $2`,
    [enterpriseId, spaceId],
  );
  return row?.key;
}

export async function findMembership(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<{ role: AccountRole; teams: TeamDistance[] } | undefined> {
  const [row] = await queryRows<{ role: AccountRole; teams: TeamDistance[] }>(manager, MEMBERSHIP, [
    enterpriseId,
    userId,
  ]);
  return row;
}

const MEMBERSHIP: KeptStatement = {
  name: 'membership',
  text: `
     WITH RECURSIVE up AS (
       SELECT t.id, t.parent_id, 0 AS distance
       FROM (SELECT team_id FROM team_member WHERE enterprise_id = $1 AND user_id BETWEEN $2 AND $2 ORDER BY user_id OFFSET 0) m
       CROSS JOIN LATERAL ${teamById('m.team_id')} t
       UNION
       SELECT t.id, t.parent_id, up.distance + 1 FROM up CROSS JOIN LATERAL ${teamById('up.parent_id')} t WHERE up.distance < 100
     )
     SELECT u.role, coalesce(
       (SELECT jsonb_agg(jsonb_build_object('id', id, 'distance', distance))
        FROM (SELECT id, min(distance) AS distance FROM up GROUP BY id) nearest), '[]') AS teams
     FROM (SELECT id, role FROM app_user WHERE enterprise_id = $1 AND id BETWEEN $2 AND $2 ORDER BY id LIMIT 1) u`,
};

/** By an order, as `nodeById`. */
function teamById(id: string): string {
  return `(SELECT id, parent_id FROM team WHERE enterprise_id = $1 AND id >= ${id} AND id <= ${id} ORDER BY id LIMIT 1)`;
}

type StatementRow = {
  readonly grantId: GrantId;
  readonly nodeId: NodeId;
  readonly spaceId: SpaceId;
  readonly rank: number;
  readonly role: FolderRole | null;
  readonly atoms: Atom[] | null;
  readonly syncRight: SyncRight | null;
};
export type StatementScope =
  | { readonly nodeIds: readonly string[] }
  | { readonly spaceIds: readonly string[] }
  /** In spaces that are not the caller's own. */
  | 'everywhere';

/** What unexpired grants say about the user and the teams. */
export async function listStatements(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  caller: { readonly userId: UserId; readonly teams: readonly TeamDistance[] },
  scope: StatementScope,
): Promise<(Statement & { spaceId: SpaceId })[]> {
  const { from, condition, ids } = readScope(scope);
  const rows = await queryRows<StatementRow>(
    manager,
    `SELECT g.id AS "grantId", g.node_id AS "nodeId", g.space_id AS "spaceId", ${liveAxes('g')},
            CASE WHEN g.identity_type = 'user' THEN 0 ELSE t.distance + 1 END AS rank
     FROM ${from}
     LEFT JOIN unnest($3::uuid[], $4::int[]) AS t(id, distance) ON g.identity_type = 'team' AND t.id = g.identity_id
     WHERE g.enterprise_id = $1 AND ${condition}
       AND ${isLive('g')}
       AND ((g.identity_type = 'user' AND g.identity_id = $2) OR (t.id IS NOT NULL AND (g.sub_teams OR t.distance = 0)))`,
    [
      enterpriseId,
      caller.userId,
      caller.teams.map((team) => team.id),
      caller.teams.map((team) => team.distance),
      ...ids,
    ],
  );
  return rows.map(toStatement);
}

/** But for single folders, rows are found by identity: a person and their teams have few grants, a space or an enterprise has many. */
function readScope(scope: StatementScope): { from: string; condition: string; ids: unknown[] } {
  if (scope === 'everywhere') return { from: GRANTS_OF_CALLER, condition: 'true', ids: [] };
  if ('spaceIds' in scope) {
    return { from: GRANTS_OF_CALLER, condition: 'g.space_id = ANY($5::uuid[])', ids: [scope.spaceIds] };
  }
  return { from: 'folder_grant g', condition: 'g.node_id = ANY($5::uuid[])', ids: [scope.nodeIds] };
}

/** OFFSET 0 keeps conditions outside, so that no other index can serve them. */
const GRANTS_OF_CALLER = `(SELECT 'user' AS type, $2::uuid AS id UNION ALL SELECT 'team', unnest($3::uuid[])) who
     CROSS JOIN LATERAL (
       SELECT * FROM folder_grant WHERE enterprise_id = $1 AND identity_type = who.type AND identity_id = who.id OFFSET 0) g`;

/** What a role means is decided here and now, so that a row never holds an old meaning. */
export function toStatement<Row extends Omit<StatementRow, 'spaceId'>>(row: Row): Statement & Row {
  const atoms = row.role === null ? row.atoms : FOLDER_ROLE_ATOMS[row.role];
  const mayGrant = row.role !== null && GRANTING_ROLES.has(row.role);
  return { ...row, atoms, mayGrant };
}

/** Of these folders, those with a folder at or below them that a grant opens to the caller. */
export async function findPassages(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  caller: { readonly userId: UserId; readonly teams: readonly TeamDistance[] },
  where: { readonly spaceIds: readonly string[]; readonly closedIds: readonly string[] },
): Promise<Set<string>> {
  const { teams } = caller;
  const rows = await queryRows<{ id: string }>(
    manager,
    // walks up from what is open, since nothing leads down; each folder on the way once
    `WITH RECURSIVE opened AS (
       SELECT DISTINCT g.node_id FROM folder_grant g
       LEFT JOIN unnest($3::uuid[], $4::int[]) AS t(id, distance) ON g.identity_type = 'team' AND t.id = g.identity_id
       WHERE g.enterprise_id = $1 AND g.space_id = ANY($5::uuid[])
         AND ((g.identity_type = 'user' AND g.identity_id = $2) OR (t.id IS NOT NULL AND (g.sub_teams OR t.distance = 0)))
         AND ((g.role IS NOT NULL OR cardinality(g.atoms) > 0) AND ${areActionsLive('g')}
           OR g.sync_right IN ('backer', 'synchronizer') AND ${isSyncRightLive('g')})
     ), up AS (
       SELECT n.* FROM opened CROSS JOIN LATERAL (
         SELECT id, parent_id FROM node WHERE enterprise_id = $1 AND id = opened.node_id LIMIT 1) n
       UNION
       SELECT p.* FROM (SELECT DISTINCT parent_id FROM up) above CROSS JOIN LATERAL (
         SELECT id, parent_id FROM node WHERE enterprise_id = $1 AND id = above.parent_id LIMIT 1) p
     )
     SELECT id FROM up WHERE id = ANY($6::uuid[])`,
    [
      enterpriseId,
      caller.userId,
      teams.map((team) => team.id),
      teams.map((team) => team.distance),
      where.spaceIds,
      where.closedIds,
    ],
  );
  return new Set(rows.map((row) => row.id));
}

/** Spaces the user might see: their own, and every one that is nobody's personal space. */
export async function listSpaces(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<SpaceRow[]> {
  return queryRows<SpaceRow>(
    manager,
    `SELECT id, kind, owner_user_id AS "ownerUserId", team_id AS "teamId", root_node_id AS "rootId",
            kept_until IS NOT NULL AS "isKept"
     FROM space WHERE enterprise_id = $1 AND (kind <> 'personal' OR owner_user_id = $2)`,
    [enterpriseId, userId],
  );
}

/** What shared folders are called, and whose they are; a root is called like its space. */
export async function listShareNames(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  nodeIds: readonly string[],
): Promise<Map<string, { name: string; from: string }>> {
  const rows = await queryRows<{ id: string; name: string; from: string }>(
    manager,
    `SELECT n.id, CASE WHEN n.parent_id IS NULL THEN s.name ELSE n.name END AS name, s.name AS "from"
     FROM node n JOIN space s ON s.enterprise_id = $1 AND s.id = n.space_id
     WHERE n.enterprise_id = $1 AND n.id = ANY($2::uuid[])`,
    [enterpriseId, nodeIds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Whether the team is an own team of the person or lies below one (PE-3). */
export async function isTeamBelowOwn(
  manager: EntityManager,
  person: { readonly enterpriseId: EnterpriseId; readonly userId: UserId },
  teamId: string,
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `WITH RECURSIVE up AS (
       SELECT id, parent_id FROM team WHERE enterprise_id = $1 AND id = $3
       UNION SELECT t.id, t.parent_id FROM up JOIN team t ON t.enterprise_id = $1 AND t.id = up.parent_id
     )
     SELECT 1 FROM up JOIN team_member m ON m.enterprise_id = $1 AND m.team_id = up.id AND m.user_id = $2 LIMIT 1`,
    [person.enterpriseId, person.userId, teamId],
  );
  return rows.length > 0;
}
