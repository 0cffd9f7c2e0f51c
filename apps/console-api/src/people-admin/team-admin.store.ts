import { AppError, type EnterpriseId, type EnterpriseRole, type TeamId, type UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { removeGrantsTo } from '../grants/removed-grants.ts';
import { queryRows } from '../platform/rows.ts';

export type TeamKey = { readonly enterpriseId: EnterpriseId; readonly teamId: TeamId };

/** One change of the tree at a time: two moves that are each right could make a ring together. */
export async function lockTeamTree(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId },
): Promise<void> {
  await queryRows(manager, `SELECT pg_advisory_xact_lock(hashtextextended($1, 24))`, [`team-tree ${key.enterpriseId}`]);
}

/** A team's space is called like the team, because cloud paths say it so. */
export async function renameTeam(manager: EntityManager, key: TeamKey, name: string): Promise<void> {
  await queryRows(
    manager,
    `WITH renamed AS (UPDATE team SET name = $3 WHERE enterprise_id = $1 AND id = $2)
     UPDATE space SET name = $3 WHERE enterprise_id = $1 AND kind = 'team' AND team_id = $2`,
    [key.enterpriseId, key.teamId, name],
  );
}

export async function moveTeam(manager: EntityManager, key: TeamKey, parentId: TeamId | null): Promise<void> {
  await queryRows(manager, `UPDATE team SET parent_id = $3 WHERE enterprise_id = $1 AND id = $2`, [
    key.enterpriseId,
    key.teamId,
    parentId,
  ]);
}

/** Members, teams below it, and files of its space that are not in the bin hold a team. */
export async function requireEmpty(manager: EntityManager, key: TeamKey): Promise<void> {
  const [row] = await queryRows<{ isEmpty: boolean }>(
    manager,
    `SELECT NOT EXISTS (SELECT FROM team WHERE enterprise_id = $1 AND parent_id = $2)
        AND NOT EXISTS (SELECT FROM team_member WHERE enterprise_id = $1 AND team_id = $2)
        AND NOT EXISTS (
          SELECT FROM space s JOIN node n ON n.enterprise_id = $1 AND n.space_id = s.id AND n.parent_id = s.root_node_id
          WHERE s.enterprise_id = $1 AND s.kind = 'team' AND s.team_id = $2 AND n.live_name IS NOT NULL)
        AS "isEmpty"`,
    [key.enterpriseId, key.teamId],
  );
  if (!row?.isEmpty) throw new AppError('TEAM_NOT_EMPTY');
}

/** The space stays for the admins with what is in its bin, under a name that a new team can have again. */
export async function deleteTeam(
  manager: EntityManager,
  key: TeamKey,
  kept: { readonly until: Date; readonly now: Date; readonly suffix: string },
): Promise<void> {
  await removeGrantsTo(manager, { enterpriseId: key.enterpriseId, type: 'team', id: key.teamId });
  await queryRows(
    manager,
    `WITH kept AS (
       UPDATE space SET kept_until = $3, name = name || $5 WHERE enterprise_id = $1 AND kind = 'team' AND team_id = $2
     )
     UPDATE enrollment_token SET team_id = NULL, revoked_at = coalesce(revoked_at, $4) WHERE enterprise_id = $1 AND team_id = $2`,
    [key.enterpriseId, key.teamId, kept.until, kept.now, kept.suffix],
  );
  await queryRows(manager, `DELETE FROM team WHERE enterprise_id = $1 AND id = $2`, [key.enterpriseId, key.teamId]);
}

export type Member = {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: EnterpriseRole;
  readonly disabled: boolean;
};

export function listMembers(manager: EntityManager, key: TeamKey): Promise<Member[]> {
  return queryRows<Member>(
    manager,
    `SELECT u.id, u.name, u.email, u.role, u.disabled_at IS NOT NULL AS disabled
     FROM team_member m JOIN app_user u ON u.enterprise_id = $1 AND u.id = m.user_id
     WHERE m.enterprise_id = $1 AND m.team_id = $2 ORDER BY u.name, u.id`,
    [key.enterpriseId, key.teamId],
  );
}

export async function insertMember(manager: EntityManager, key: TeamKey, userId: UserId): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO team_member (enterprise_id, team_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [key.enterpriseId, key.teamId, userId],
  );
}

export async function deleteMember(manager: EntityManager, key: TeamKey, userId: UserId): Promise<void> {
  await queryRows(manager, `DELETE FROM team_member WHERE enterprise_id = $1 AND team_id = $2 AND user_id = $3`, [
    key.enterpriseId,
    key.teamId,
    userId,
  ]);
}
