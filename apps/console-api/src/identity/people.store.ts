import type { AccountRole, EnterpriseId, Team, TeamId, User, UserId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { RESPONSIBLE_FOR } from './responsible-for.ts';

type Queries = DataSource | EntityManager;

export type NewUser = {
  readonly enterpriseId: EnterpriseId;
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Exclude<AccountRole, 'operator'>;
  /** `null`: to be chosen with an invitation. */
  readonly passwordHash: string | null;
};

export type NewTeam = {
  readonly enterpriseId: EnterpriseId;
  readonly id: TeamId;
  readonly parentId: TeamId | null;
  readonly name: string;
};

export type UserFilter = { readonly responsible: UserId | null; readonly only?: UserId };
/** Where a page begins: behind a name and an id. */
export type NamePosition = readonly [name: string, id: string];
type NamePage = { readonly after: NamePosition | undefined; readonly limit: number | null };
const ALL: NamePage = { after: undefined, limit: null };

export async function listUsers(
  db: Queries,
  enterpriseId: EnterpriseId,
  filter: UserFilter,
  { after, limit }: NamePage = ALL,
): Promise<User[]> {
  return db.query<User[]>(
    `WITH RECURSIVE ${RESPONSIBLE_FOR}
     SELECT u.id, u.name, u.email, u.role, u.disabled_at IS NOT NULL AS disabled,
            (SELECT count(*)::int FROM device d
              WHERE d.enterprise_id = u.enterprise_id AND d.user_id = u.id AND d.lifecycle = 'active') AS devices,
            COALESCE((SELECT jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name) ORDER BY t.name)
               FROM team_member m JOIN team t ON t.enterprise_id = m.enterprise_id AND t.id = m.team_id
              WHERE m.enterprise_id = u.enterprise_id AND m.user_id = u.id), '[]') AS teams,
            (SELECT jsonb_build_object('usedBytes', s.used_bytes, 'quotaBytes', s.quota_bytes) FROM space s
              WHERE s.enterprise_id = $1 AND s.kind = 'personal' AND s.owner_user_id = u.id) AS space
       FROM app_user u
      WHERE u.enterprise_id = $1 AND u.deleted_at IS NULL AND ($2::uuid IS NULL OR u.id IN (SELECT id FROM own_user))
        AND ($3::uuid IS NULL OR u.id = $3) AND ($4::text IS NULL OR (u.name, u.id) > ($4, $5::uuid))
      ORDER BY u.name, u.id LIMIT $6`,
    [enterpriseId, filter.responsible, filter.only ?? null, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
}

export async function insertUser(db: EntityManager, user: NewUser): Promise<void> {
  await db.query(
    `INSERT INTO app_user (enterprise_id, id, email, name, role, password_hash) VALUES ($1, $2, $3, $4, $5, $6)`,
    [user.enterpriseId, user.id, user.email, user.name, user.role, user.passwordHash],
  );
}

/** Answers how many of the named teams exist in the enterprise. */
export async function addToTeams(
  db: EntityManager,
  user: { readonly enterpriseId: EnterpriseId; readonly id: UserId },
  teamIds: readonly TeamId[],
): Promise<number> {
  const rows = await db.query<unknown[]>(
    `INSERT INTO team_member (enterprise_id, team_id, user_id)
     SELECT enterprise_id, id, $2 FROM team WHERE enterprise_id = $1 AND id = ANY($3::uuid[])
     RETURNING team_id`,
    [user.enterpriseId, user.id, teamIds],
  );
  return rows.length;
}

export async function listTeams(
  db: Queries,
  enterpriseId: EnterpriseId,
  only?: TeamId,
  { after, limit }: NamePage = ALL,
): Promise<Team[]> {
  return db.query<Team[]>(
    `SELECT t.id, t.parent_id AS "parentId", t.name,
            (SELECT count(*)::int FROM team_member m WHERE m.enterprise_id = t.enterprise_id AND m.team_id = t.id) AS members,
            (SELECT jsonb_build_object('usedBytes', s.used_bytes, 'quotaBytes', s.quota_bytes) FROM space s
              WHERE s.enterprise_id = $1 AND s.kind = 'team' AND s.team_id = t.id) AS space
       FROM team t WHERE t.enterprise_id = $1 AND ($2::uuid IS NULL OR t.id = $2)
        AND ($3::text IS NULL OR (t.name, t.id) > ($3, $4::uuid))
      ORDER BY t.name, t.id LIMIT $5`,
    [enterpriseId, only ?? null, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
}

export async function hasTeam(db: Queries, enterpriseId: EnterpriseId, teamId: TeamId): Promise<boolean> {
  const rows = await db.query<unknown[]>(`SELECT 1 FROM team WHERE enterprise_id = $1 AND id = $2`, [
    enterpriseId,
    teamId,
  ]);
  return rows.length > 0;
}

export async function insertTeam(db: EntityManager, team: NewTeam): Promise<void> {
  await db.query(`INSERT INTO team (enterprise_id, id, parent_id, name) VALUES ($1, $2, $3, $4)`, [
    team.enterpriseId,
    team.id,
    team.parentId,
    team.name,
  ]);
}

export type PersonRow = {
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly role: Exclude<AccountRole, 'operator'>;
};

export async function findPerson(db: Queries, enterpriseCode: string, email: string): Promise<PersonRow | undefined> {
  const rows = await db.query<PersonRow[]>(
    `SELECT u.enterprise_id AS "enterpriseId", u.id AS "userId", u.role
       FROM app_user u JOIN enterprise e ON e.id = u.enterprise_id WHERE e.code = $1 AND u.email = $2 AND u.deleted_at IS NULL`,
    [enterpriseCode, email],
  );
  return rows[0];
}
