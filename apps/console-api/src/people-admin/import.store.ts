import type { EnterpriseId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { KnownUser, WantedPerson } from './import-plan.ts';

type Key = { readonly enterpriseId: EnterpriseId };
export type ImportedPerson = WantedPerson & { readonly userId: UserId };

export function lockKnownUsers(manager: EntityManager, key: Key, emails: readonly string[]): Promise<KnownUsers> {
  return readKnown(manager, `${KNOWN_USERS} ORDER BY u.id FOR NO KEY UPDATE OF u`, [key.enterpriseId, emails]);
}

/** The same without a lock, for a dry run. */
export function findKnownUsers(manager: EntityManager, key: Key, emails: readonly string[]): Promise<KnownUsers> {
  return readKnown(manager, KNOWN_USERS, [key.enterpriseId, emails]);
}

/** By e-mail address. */
type KnownUsers = Map<string, KnownUser>;

const KNOWN_USERS = `SELECT u.id, u.name, u.email, u.role, u.disabled_at IS NOT NULL AS disabled, s.quota_bytes AS "quotaBytes",
    ARRAY(SELECT team_id FROM team_member m WHERE m.enterprise_id = $1 AND m.user_id = u.id) AS "teamIds"
  FROM app_user u LEFT JOIN space s ON s.enterprise_id = $1 AND s.kind = 'personal' AND s.owner_user_id = u.id
  WHERE u.enterprise_id = $1 AND u.email = ANY($2::text[]) AND u.deleted_at IS NULL`;

async function readKnown(manager: EntityManager, text: string, values: readonly unknown[]): Promise<KnownUsers> {
  const rows = await queryRows<KnownUser & { quotaBytes: string | null }>(manager, text, [...values]);
  return new Map(
    rows.map((row) => [row.email, { ...row, quotaBytes: row.quotaBytes === null ? null : Number(row.quotaBytes) }]),
  );
}

/** New users, without a password until they choose one. */
export async function insertPeople(manager: EntityManager, key: Key, people: readonly ImportedPerson[]): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO app_user (enterprise_id, id, email, name, role)
     SELECT $1, id, email, name, role FROM json_to_recordset($2::json) AS t(id uuid, email text, name text, role text)`,
    [key.enterpriseId, JSON.stringify(people.map((each) => ({ ...rowOf(each), role: each.role ?? 'user' })))],
  );
}

export async function updatePeople(manager: EntityManager, key: Key, people: readonly ImportedPerson[]): Promise<void> {
  await queryRows(
    manager,
    `WITH wanted AS (
       SELECT * FROM json_to_recordset($2::json) AS t(id uuid, name text, role text)
     ), spaces AS (
       UPDATE space s SET name = w.name FROM wanted w
       WHERE s.enterprise_id = $1 AND s.kind = 'personal' AND s.owner_user_id = w.id
     )
     UPDATE app_user u SET name = w.name, role = coalesce(w.role, u.role) FROM wanted w
     WHERE u.enterprise_id = $1 AND u.id = w.id`,
    [key.enterpriseId, JSON.stringify(people.map(rowOf))],
  );
}

export async function setImportedTeams(
  manager: EntityManager,
  key: Key,
  people: readonly ImportedPerson[],
): Promise<void> {
  const told = people.filter((each) => each.teamIds !== undefined);
  const pairs = told.flatMap((each) =>
    (each.teamIds ?? []).map((teamId) => ({ user_id: each.userId, team_id: teamId })),
  );
  await queryRows(
    manager,
    `WITH wanted AS (SELECT * FROM json_to_recordset($3::json) AS t(user_id uuid, team_id uuid)),
     gone AS (
       DELETE FROM team_member m WHERE m.enterprise_id = $1 AND m.user_id = ANY($2::uuid[])
         AND NOT EXISTS (SELECT FROM wanted w WHERE w.user_id = m.user_id AND w.team_id = m.team_id)
     )
     INSERT INTO team_member (enterprise_id, team_id, user_id) SELECT $1, team_id, user_id FROM wanted
     ON CONFLICT DO NOTHING`,
    [key.enterpriseId, told.map((each) => each.userId), JSON.stringify(pairs)],
  );
}

export async function setImportedQuotas(
  manager: EntityManager,
  key: Key,
  people: readonly ImportedPerson[],
): Promise<void> {
  const told = people.filter((each) => each.quotaBytes !== undefined);
  await queryRows(
    manager,
    `UPDATE space s SET quota_bytes = t.quota, own_quota = true FROM unnest($2::uuid[], $3::bigint[]) AS t(user_id, quota)
     WHERE s.enterprise_id = $1 AND s.kind = 'personal' AND s.owner_user_id = t.user_id`,
    [key.enterpriseId, told.map((each) => each.userId), told.map((each) => each.quotaBytes)],
  );
}

function rowOf(person: ImportedPerson): Record<string, unknown> {
  return { id: person.userId, email: person.email, name: person.name, role: person.role ?? null };
}
