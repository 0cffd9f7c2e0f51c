import type { EnrollmentToken, EnterpriseId, TeamId, UserId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { z } from 'zod';

type Queries = DataSource | EntityManager;

export type TokenRow = {
  readonly id: string;
  readonly enterpriseId: EnterpriseId;
  readonly enterpriseCode: string;
  readonly enterpriseName: string;
  readonly teamId: TeamId | null;
  readonly anyUser: boolean;
  readonly uses: number;
  readonly maxUses: number | null;
  readonly expiresAt: Date | null;
  readonly loopbackOnly: boolean;
  readonly preApproved: boolean;
  readonly readsPersonalSpace: boolean;
  readonly revoked: boolean;
};

export type Enrollee = {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
  readonly disabled: boolean;
};

export type NewToken = {
  readonly enterpriseId: EnterpriseId;
  readonly id: string;
  readonly secretHash: Buffer;
  readonly label: string;
  readonly teamId: TeamId | null;
  readonly anyUser: boolean;
  readonly maxUses: number | null;
  readonly expiresAt: Date | null;
  readonly loopbackOnly: boolean;
  readonly readsPersonalSpace: boolean;
  readonly createdBy: UserId | null;
  readonly userIds: readonly UserId[];
};

export async function findTokenForUpdate(db: EntityManager, secretHash: Buffer): Promise<TokenRow | undefined> {
  const rows = await db.query<TokenRow[]>(
    `SELECT t.id, t.enterprise_id AS "enterpriseId", e.code AS "enterpriseCode", e.name AS "enterpriseName",
            t.team_id AS "teamId", t.any_user AS "anyUser", t.uses, t.max_uses AS "maxUses", t.expires_at AS "expiresAt",
            t.loopback_only AS "loopbackOnly", t.pre_approved AS "preApproved",
            t.reads_personal_space AS "readsPersonalSpace", t.revoked_at IS NOT NULL AS revoked
       FROM enrollment_token t JOIN enterprise e ON e.id = t.enterprise_id
      WHERE t.secret_hash = $1 FOR UPDATE OF t`,
    [secretHash],
  );
  return rows[0];
}

export async function countUse(db: EntityManager, token: TokenRow): Promise<void> {
  await db.query(`UPDATE enrollment_token SET uses = uses + 1 WHERE enterprise_id = $1 AND id = $2`, [
    token.enterpriseId,
    token.id,
  ]);
}

export async function findEnrollee(
  db: EntityManager,
  enterpriseId: EnterpriseId,
  email: string,
): Promise<Enrollee | undefined> {
  const rows = await db.query<Enrollee[]>(
    `SELECT id, name, email, disabled_at IS NOT NULL AS disabled FROM app_user
      WHERE enterprise_id = $1 AND email = $2 AND deleted_at IS NULL`,
    [enterpriseId, email],
  );
  return rows[0];
}

/** Named itself, or a member of the token's team or of a team below it. */
export async function isTokenFor(db: EntityManager, token: TokenRow, userId: UserId): Promise<boolean> {
  const rows = await db.query<unknown[]>(
    `WITH RECURSIVE below AS (
       SELECT id FROM team WHERE enterprise_id = $1 AND id = $3
       UNION SELECT t.id FROM team t JOIN below b ON t.enterprise_id = $1 AND t.parent_id = b.id
     )
     SELECT 1 FROM enrollment_token_user WHERE enterprise_id = $1 AND token_id = $2 AND user_id = $4
     UNION ALL
     SELECT 1 FROM team_member m JOIN below b ON b.id = m.team_id WHERE m.enterprise_id = $1 AND m.user_id = $4
     LIMIT 1`,
    [token.enterpriseId, token.id, token.teamId, userId],
  );
  return rows.length > 0;
}

export async function insertToken(db: EntityManager, token: NewToken): Promise<void> {
  await db.query(
    `INSERT INTO enrollment_token (enterprise_id, id, secret_hash, label, team_id, any_user, max_uses, expires_at,
                                   loopback_only, reads_personal_space, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      token.enterpriseId,
      token.id,
      token.secretHash,
      token.label,
      token.teamId,
      token.anyUser,
      token.maxUses,
      token.expiresAt,
      token.loopbackOnly,
      token.readsPersonalSpace,
      token.createdBy,
    ],
  );
  await db.query(
    `INSERT INTO enrollment_token_user (enterprise_id, token_id, user_id)
     SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING`,
    [token.enterpriseId, token.id, token.userIds],
  );
}

type ListedToken = Omit<z.input<typeof EnrollmentToken>, 'expiresAt' | 'createdAt'> & {
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
};
/** Behind a moment and an id; the newest come first. */
type TokenPage = { readonly after: readonly [at: string, id: string] | undefined; readonly limit: number };

export async function listTokens(
  db: Queries,
  enterpriseId: EnterpriseId,
  asked: { readonly tokenId: string } | TokenPage,
): Promise<z.input<typeof EnrollmentToken>[]> {
  const page = 'limit' in asked ? asked : { after: undefined, limit: 1 };
  const rows = await db.query<ListedToken[]>(
    `SELECT t.id, t.label, g.name AS team, t.uses, t.max_uses AS "maxUses", t.expires_at AS "expiresAt",
            t.loopback_only AS "loopbackOnly", t.revoked_at IS NOT NULL AS revoked, date_trunc('milliseconds', t.created_at) AS "createdAt",
            ARRAY(SELECT u.email FROM enrollment_token_user tu
                    JOIN app_user u ON u.enterprise_id = tu.enterprise_id AND u.id = tu.user_id
                   WHERE tu.enterprise_id = t.enterprise_id AND tu.token_id = t.id ORDER BY u.email) AS users
       FROM enrollment_token t
       LEFT JOIN team g ON g.enterprise_id = t.enterprise_id AND g.id = t.team_id
      WHERE t.enterprise_id = $1 AND ($2::uuid IS NULL OR t.id = $2)
        AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', t.created_at), t.id) < ($3, $4::uuid))
      ORDER BY date_trunc('milliseconds', t.created_at) DESC, t.id DESC LIMIT $5`,
    [
      enterpriseId,
      'tokenId' in asked ? asked.tokenId : null,
      page.after?.[0] ?? null,
      page.after?.[1] ?? null,
      page.limit,
    ],
  );
  return rows.map((row) => ({
    ...row,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  }));
}

/** Answers false when there is no such token. */
export async function revokeToken(db: Queries, enterpriseId: EnterpriseId, tokenId: string): Promise<boolean> {
  const [rows] = await db.query<[unknown[], number]>(
    `UPDATE enrollment_token SET revoked_at = COALESCE(revoked_at, now()) WHERE enterprise_id = $1 AND id = $2 RETURNING id`,
    [enterpriseId, tokenId],
  );
  return rows.length > 0;
}

/** How many of these users and teams are of the enterprise. */
export async function countKnown(
  db: Queries,
  enterpriseId: EnterpriseId,
  ids: { readonly userIds: readonly UserId[]; readonly teamIds: readonly TeamId[] },
): Promise<{ users: number; teams: number }> {
  const [row] = await db.query<{ users: number; teams: number }[]>(
    `SELECT (SELECT count(*)::int FROM app_user WHERE enterprise_id = $1 AND id = ANY($2::uuid[]) AND deleted_at IS NULL) AS users,
            (SELECT count(*)::int FROM team WHERE enterprise_id = $1 AND id = ANY($3::uuid[])) AS teams`,
    [enterpriseId, ids.userIds, ids.teamIds],
  );
  return row ?? { users: 0, teams: 0 };
}
