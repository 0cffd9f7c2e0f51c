import type { AccountRole, EnterpriseId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { TeamDistance } from './access.store.ts';
import type { Member } from './given-grant.ts';

type MemberRow = {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: AccountRole;
  readonly teams: TeamDistance[];
};
/** Whom a folder may concern: everybody of the enterprise, or those named, members of the teams and of all below, and admins. */
export type Candidates =
  'everybody' | { readonly userIds: readonly string[]; readonly teamIds: readonly string[]; readonly admins: boolean };
export type MemberPosition = readonly [name: string, id: string];

const NOBODY = { userIds: [], teamIds: [], admins: false } as const;
const FIRST: MemberPosition = ['', '00000000-0000-0000-0000-000000000000'];

// Reads what identity keeps: rights are decided from memberships (see access.store.ts).

/** Active people with the teams they belong to, by name, page by page. */
export async function listCandidates(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  page: { readonly of: Candidates; readonly after: MemberPosition | undefined; readonly limit: number },
): Promise<Member[]> {
  const isEverybody = page.of === 'everybody';
  const { userIds, teamIds, admins } = page.of === 'everybody' ? NOBODY : page.of;
  const [name, id] = page.after ?? FIRST;
  const rows = await queryRows<MemberRow>(
    manager,
    `WITH RECURSIVE below AS (
       SELECT id FROM team WHERE enterprise_id = $1 AND id = ANY($4::uuid[])
       UNION SELECT t.id FROM below JOIN team t ON t.enterprise_id = $1 AND t.parent_id = below.id
     ), person AS (
       SELECT u.id, u.name, u.email, u.role FROM app_user u
       WHERE u.enterprise_id = $1 AND u.disabled_at IS NULL AND (u.name, u.id) > ($6, $7::uuid)
         AND ($2 OR u.id = ANY($3::uuid[]) OR ($5 AND u.role IN ('super_admin', 'drive_admin')) OR EXISTS (
           SELECT 1 FROM team_member m JOIN below ON below.id = m.team_id WHERE m.enterprise_id = $1 AND m.user_id = u.id))
       ORDER BY u.name, u.id LIMIT $8
     ), ${TEAMS_OF_PERSON}`,
    [enterpriseId, isEverybody, userIds, teamIds, admins, name, id, page.limit],
  );
  return rows.map(toMember);
}

export async function listMembers(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userIds: readonly string[],
): Promise<Member[]> {
  const rows = await queryRows<MemberRow>(
    manager,
    `WITH RECURSIVE person AS (
       SELECT id, name, email, role FROM app_user WHERE enterprise_id = $1 AND id = ANY($2::uuid[])
     ), ${TEAMS_OF_PERSON}`,
    [enterpriseId, userIds],
  );
  return rows.map(toMember);
}

const TEAMS_OF_PERSON = `up AS (
    SELECT m.user_id, t.id, t.parent_id, 0 AS distance
    FROM person p JOIN team_member m ON m.enterprise_id = $1 AND m.user_id = p.id
    JOIN team t ON t.enterprise_id = $1 AND t.id = m.team_id
    UNION
    SELECT up.user_id, t.id, t.parent_id, up.distance + 1
    FROM up JOIN team t ON t.enterprise_id = $1 AND t.id = up.parent_id WHERE up.distance < 100
  ), nearest AS (SELECT user_id, id, min(distance) AS distance FROM up GROUP BY user_id, id)
  SELECT p.*, coalesce((SELECT jsonb_agg(jsonb_build_object('id', n.id, 'distance', n.distance))
    FROM nearest n WHERE n.user_id = p.id), '[]') AS teams
  FROM person p ORDER BY p.name, p.id`;

function toMember(row: MemberRow): Member {
  const { id, teams, ...rest } = row;
  const ownTeamIds = new Set(teams.filter((team) => team.distance === 0).map((team) => team.id));
  return { ...rest, userId: id, teams, ownTeamIds, readsPersonalSpace: true };
}
