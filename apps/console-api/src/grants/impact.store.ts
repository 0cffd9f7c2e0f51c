import type {
  ActionListId,
  DeviceId,
  EnterpriseId,
  NodeId,
  SpaceId,
  SyncMode,
  TaskId,
  TeamId,
  UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import { GIVEN_COLUMNS } from './folder-grant.store.ts';
import type { GivenGrant } from './given-grant.ts';
import { areActionsLive, isLive } from './live-axes.ts';

export type SpaceTask = {
  readonly taskId: TaskId;
  readonly deviceId: DeviceId;
  readonly deviceName: string;
  readonly userId: UserId;
  readonly userName: string;
  readonly mode: SyncMode;
  readonly spaceId: SpaceId;
  readonly rootId: NodeId;
  readonly readsPersonalSpace: boolean;
};
/** Those in spaces, of people who are not disabled; or those of people, disabled or not. */
export type TaskScope = { readonly spaceIds: readonly SpaceId[] } | { readonly userIds: readonly UserId[] };

/** Sync tasks of devices that may sync. Reads what the fleet keeps of them. */
export async function listSpaceTasks(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  of: TaskScope,
): Promise<SpaceTask[]> {
  const [condition, ids] =
    'spaceIds' in of
      ? ['t.space_id = ANY($2::uuid[]) AND u.disabled_at IS NULL', of.spaceIds]
      : ['d.user_id = ANY($2::uuid[])', of.userIds];
  return queryRows<SpaceTask>(
    manager,
    `SELECT t.id AS "taskId", t.device_id AS "deviceId", d.name AS "deviceName", d.user_id AS "userId", u.name AS "userName",
            t.mode, t.space_id AS "spaceId", t.root_node_id AS "rootId", d.reads_personal_space AS "readsPersonalSpace"
     FROM sync_task t
     JOIN device d ON d.enterprise_id = $1 AND d.id = t.device_id AND d.lifecycle = 'active'
     JOIN app_user u ON u.enterprise_id = $1 AND u.id = d.user_id
     WHERE t.enterprise_id = $1 AND ${condition} ORDER BY u.name, d.name, t.id`,
    [enterpriseId, ids],
  );
}

/** Spaces in which a list of actions is given now. */
export async function listSpacesOfList(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  listId: ActionListId,
): Promise<SpaceId[]> {
  const rows = await queryRows<{ spaceId: SpaceId }>(
    manager,
    `SELECT DISTINCT space_id AS "spaceId" FROM folder_grant g
     WHERE enterprise_id = $1 AND action_list_id = $2 AND ${areActionsLive('g')}`,
    [enterpriseId, listId],
  );
  return rows.map(({ spaceId }) => spaceId);
}

/** What is given now to these users and teams in these spaces. */
export async function listGivenTo(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  to: { readonly spaceIds: readonly SpaceId[]; readonly identityIds: readonly string[] },
): Promise<GivenGrant[]> {
  return queryRows<GivenGrant>(
    manager,
    `SELECT ${GIVEN_COLUMNS} FROM folder_grant g
     WHERE enterprise_id = $1 AND space_id = ANY($2::uuid[]) AND identity_id = ANY($3::uuid[])
       AND ${isLive('g')}`,
    [enterpriseId, to.spaceIds, to.identityIds],
  );
}

/** Spaces of a user or a team that are not kept already. */
export async function listSpacesOf(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  ownerId: UserId | TeamId,
): Promise<SpaceId[]> {
  const rows = await queryRows<{ id: SpaceId }>(
    manager,
    `SELECT id FROM space WHERE enterprise_id = $1 AND (owner_user_id = $2 OR team_id = $2) AND kept_until IS NULL`,
    [enterpriseId, ownerId],
  );
  return rows.map(({ id }) => id);
}

// Reads what identity keeps: rights are decided from memberships (see access.store.ts).

/** Active members of a team and of all teams below it. */
export async function listPeopleBelow(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  teamId: TeamId,
): Promise<UserId[]> {
  const rows = await queryRows<{ id: UserId }>(
    manager,
    `WITH RECURSIVE below AS (
       SELECT $2::uuid AS id
       UNION SELECT t.id FROM below JOIN team t ON t.enterprise_id = $1 AND t.parent_id = below.id
     )
     SELECT DISTINCT u.id FROM below JOIN team_member m ON m.enterprise_id = $1 AND m.team_id = below.id
     JOIN app_user u ON u.enterprise_id = $1 AND u.id = m.user_id AND u.disabled_at IS NULL`,
    [enterpriseId, teamId],
  );
  return rows.map(({ id }) => id);
}

/** Every team with the one above it. */
export async function listTeamTree(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
): Promise<Map<string, string | null>> {
  const rows = await queryRows<{ id: string; parentId: string | null }>(
    manager,
    `SELECT id, parent_id AS "parentId" FROM team WHERE enterprise_id = $1`,
    [enterpriseId],
  );
  return new Map(rows.map(({ id, parentId }) => [id, parentId]));
}
