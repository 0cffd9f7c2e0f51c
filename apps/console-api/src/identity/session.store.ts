import type { AccountRole, EnterpriseId, UserId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';

export type SessionRow = {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: AccountRole;
  readonly enterpriseId: EnterpriseId | null;
  readonly enterpriseCode: string | null;
  readonly enterpriseName: string | null;
  readonly csrfToken: string;
  readonly expiresAt: Date;
};

export type AccountRow = {
  readonly userId: UserId;
  readonly enterpriseId: EnterpriseId | null;
  /** `null`: invited, no password chosen yet. */
  readonly passwordHash: string | null;
};

export type NewSession = {
  readonly tokenHash: Buffer;
  readonly id: string;
  readonly account: AccountRow;
  readonly csrfToken: string;
  readonly expiresAt: Date;
};

type Queries = DataSource | EntityManager;

/** An account that may sign in: not disabled. Operators are found without an enterprise code. */
export async function findAccount(
  db: Queries,
  email: string,
  code: string | undefined,
): Promise<AccountRow | undefined> {
  const rows =
    code === undefined
      ? await db.query<AccountRow[]>(
          `SELECT id AS "userId", NULL AS "enterpriseId", password_hash AS "passwordHash" FROM operator WHERE email = $1`,
          [email],
        )
      : await db.query<AccountRow[]>(
          `SELECT u.id AS "userId", u.enterprise_id AS "enterpriseId", u.password_hash AS "passwordHash"
           FROM app_user u JOIN enterprise e ON e.id = u.enterprise_id
          WHERE e.code = $2 AND u.email = $1 AND u.disabled_at IS NULL`,
          [email, code],
        );
  return rows[0];
}

export async function insertSession(db: Queries, session: NewSession): Promise<void> {
  const { tokenHash, id, account, csrfToken, expiresAt } = session;
  await db.query(
    `INSERT INTO session (token_hash, id, enterprise_id, user_id, csrf_token, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [tokenHash, id, account.enterpriseId, account.userId, csrfToken, expiresAt],
  );
}

/** A session that is alive, of an account that still may sign in. */
export async function findSession(db: Queries, tokenHash: Buffer, now: Date): Promise<SessionRow | undefined> {
  const rows = await db.query<SessionRow[]>(
    `SELECT s.id, s.user_id AS "userId", COALESCE(u.name, o.name) AS name, COALESCE(u.email, o.email) AS email,
            COALESCE(u.role, 'operator') AS role, s.enterprise_id AS "enterpriseId", e.code AS "enterpriseCode",
            e.name AS "enterpriseName", s.csrf_token AS "csrfToken", s.expires_at AS "expiresAt"
       FROM session s
       LEFT JOIN app_user u ON u.enterprise_id = s.enterprise_id AND u.id = s.user_id AND u.disabled_at IS NULL
       LEFT JOIN enterprise e ON e.id = s.enterprise_id
       LEFT JOIN operator o ON s.enterprise_id IS NULL AND o.id = s.user_id
      WHERE s.token_hash = $1 AND s.expires_at > $2 AND COALESCE(u.id, o.id) IS NOT NULL`,
    [tokenHash, now],
  );
  return rows[0];
}

export async function deleteSession(db: Queries, sessionId: string): Promise<void> {
  await db.query(`DELETE FROM session WHERE id = $1`, [sessionId]);
}

export async function deleteExpiredSessions(db: Queries, now: Date): Promise<void> {
  await db.query(`DELETE FROM session WHERE expires_at <= $1`, [now]);
}
