import type { DeviceId, EnterpriseId, EnterpriseRole, TeamId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { lockSpacesOf, removeGrantsTo } from '../grants/removed-grants.ts';
import { queryRows } from '../platform/rows.ts';

type Key = { readonly enterpriseId: EnterpriseId };
export type UserKey = Key & { readonly userId: UserId };

export type AdminUser = {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: EnterpriseRole;
  readonly disabled: boolean;
  readonly teamIds: readonly TeamId[];
};

/** Users that are not deleted, locked in the order of their ids. */
export function lockPeople(manager: EntityManager, key: Key, userIds: readonly string[]): Promise<AdminUser[]> {
  return queryRows<AdminUser>(manager, `${PEOPLE} ORDER BY u.id FOR NO KEY UPDATE`, [key.enterpriseId, userIds]);
}

/** The same without a lock, for those who only look. */
export function findPeople(manager: EntityManager, key: Key, userIds: readonly string[]): Promise<AdminUser[]> {
  return queryRows<AdminUser>(manager, PEOPLE, [key.enterpriseId, userIds]);
}

const PEOPLE = `SELECT u.id, u.name, u.email, u.role, u.disabled_at IS NOT NULL AS disabled,
    ARRAY(SELECT team_id FROM team_member m WHERE m.enterprise_id = $1 AND m.user_id = u.id) AS "teamIds"
  FROM app_user u WHERE u.enterprise_id = $1 AND u.id = ANY($2::uuid[]) AND u.deleted_at IS NULL`;

/** Where a team stands to the caller: one of the own teams, below one, or outside. */
export type TeamPlace = {
  readonly id: TeamId;
  readonly parentId: TeamId | null;
  readonly name: string;
  readonly reach: 'own' | 'below' | 'outside';
};

/** A team that is own and also below another own one counts as below: whoever runs the upper one may shape it. */
export function listTeamPlaces(manager: EntityManager, key: UserKey): Promise<TeamPlace[]> {
  return queryRows<TeamPlace>(
    manager,
    `WITH RECURSIVE own AS (SELECT team_id AS id FROM team_member WHERE enterprise_id = $1 AND user_id = $2),
     below AS (
       SELECT t.id FROM team t JOIN own ON t.parent_id = own.id WHERE t.enterprise_id = $1
       UNION SELECT t.id FROM team t JOIN below b ON t.parent_id = b.id WHERE t.enterprise_id = $1
     )
     SELECT t.id, t.parent_id AS "parentId", t.name,
            CASE WHEN t.id IN (SELECT id FROM below) THEN 'below' WHEN t.id IN (SELECT id FROM own) THEN 'own'
                 ELSE 'outside' END AS reach
     FROM team t WHERE t.enterprise_id = $1`,
    [key.enterpriseId, key.userId],
  );
}

export async function updatePerson(
  manager: EntityManager,
  key: UserKey,
  change: { readonly name?: string | undefined; readonly role?: EnterpriseRole | undefined },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE app_user SET name = coalesce($3, name), role = coalesce($4, role) WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.userId, change.name ?? null, change.role ?? null],
  );
}

/** A personal space is called like its person. */
export async function renamePersonalSpace(manager: EntityManager, key: UserKey, name: string): Promise<void> {
  await queryRows(
    manager,
    `UPDATE space SET name = $3 WHERE enterprise_id = $1 AND kind = 'personal' AND owner_user_id = $2`,
    [key.enterpriseId, key.userId, name],
  );
}

export async function setTeams(manager: EntityManager, key: UserKey, teamIds: readonly TeamId[]): Promise<void> {
  await queryRows(
    manager,
    `WITH gone AS (
       DELETE FROM team_member WHERE enterprise_id = $1 AND user_id = $2 AND NOT team_id = ANY($3::uuid[])
     )
     INSERT INTO team_member (enterprise_id, team_id, user_id)
     SELECT DISTINCT $1::uuid, t, $2::uuid FROM unnest($3::uuid[]) t ON CONFLICT DO NOTHING`,
    [key.enterpriseId, key.userId, teamIds],
  );
}

export async function setDisabled(manager: EntityManager, key: UserKey, disabledAt: Date | null): Promise<void> {
  await queryRows(manager, `UPDATE app_user SET disabled_at = $3 WHERE enterprise_id = $1 AND id = $2`, [
    key.enterpriseId,
    key.userId,
    disabledAt,
  ]);
}

export async function deleteSessions(manager: EntityManager, key: UserKey): Promise<void> {
  await queryRows(manager, `DELETE FROM session WHERE enterprise_id = $1 AND user_id = $2`, [
    key.enterpriseId,
    key.userId,
  ]);
}

/**
 * Tasks of the user's devices, shown as paused by an admin from now on; what a device reports when it may come back replaces it.
 * Answers the devices.
 */
export async function pauseTasks(manager: EntityManager, key: UserKey, since: Date): Promise<DeviceId[]> {
  const rows = await queryRows<{ id: DeviceId }>(
    manager,
    `WITH own AS (SELECT id FROM device WHERE enterprise_id = $1 AND user_id = $2),
     paused AS (
       UPDATE sync_task t SET status = 'paused', reason = 'admin', status_since = $3,
                              report = t.report || '{"status": "paused", "reason": "admin"}'
       FROM own WHERE t.enterprise_id = $1 AND t.device_id = own.id AND t.status <> 'cancelled'
     )
     SELECT id FROM own`,
    [key.enterpriseId, key.userId, since],
  );
  return rows.map((row) => row.id);
}

/** The row stays, so that what the person wrote keeps an author; everything that gives access goes. */
export async function markDeleted(manager: EntityManager, key: UserKey, at: Date): Promise<void> {
  const leaving = { enterpriseId: key.enterpriseId, type: 'user', id: key.userId } as const;
  await lockSpacesOf(manager, leaving);
  await removeGrantsTo(manager, leaving);
  await queryRows(
    manager,
    `WITH gone AS (
       UPDATE app_user SET deleted_at = $3, disabled_at = coalesce(disabled_at, $3), password_hash = NULL
       WHERE enterprise_id = $1 AND id = $2
     ), devices AS (
       UPDATE device SET lifecycle = 'retired' WHERE enterprise_id = $1 AND user_id = $2
     ), teams AS (
       DELETE FROM team_member WHERE enterprise_id = $1 AND user_id = $2
     ), tokens AS (
       DELETE FROM enrollment_token_user WHERE enterprise_id = $1 AND user_id = $2
     )
     DELETE FROM invitation WHERE enterprise_id = $1 AND user_id = $2`,
    [key.enterpriseId, key.userId, at],
  );
}
