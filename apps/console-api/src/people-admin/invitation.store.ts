import type { EnterpriseId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export type NewInvitation = { readonly userId: UserId; readonly secretHash: Buffer };

/** One invitation per user: a new one takes the place of the one before. */
export async function putInvitations(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  wanted: { readonly invitations: readonly NewInvitation[]; readonly expiresAt: Date },
): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO invitation (enterprise_id, user_id, secret_hash, expires_at)
     SELECT $1, u, decode(h, 'hex'), $4 FROM unnest($2::uuid[], $3::text[]) AS t(u, h)
     ON CONFLICT (enterprise_id, user_id) DO UPDATE SET secret_hash = excluded.secret_hash, expires_at = excluded.expires_at`,
    [
      enterpriseId,
      wanted.invitations.map((each) => each.userId),
      wanted.invitations.map((each) => each.secretHash.toString('hex')),
      wanted.expiresAt,
    ],
  );
}

/** Whose it is, when it is good; of two that use it at once the second finds nothing. */
export async function takeInvitation(
  manager: EntityManager,
  secretHash: Buffer,
  now: Date,
): Promise<{ enterpriseId: EnterpriseId; userId: UserId } | undefined> {
  const [row] = await queryRows<{ enterpriseId: EnterpriseId; userId: UserId }>(
    manager,
    `DELETE FROM invitation i USING app_user u
     WHERE i.secret_hash = $1 AND i.expires_at > $2
       AND u.enterprise_id = i.enterprise_id AND u.id = i.user_id AND u.disabled_at IS NULL
     RETURNING i.enterprise_id AS "enterpriseId", i.user_id AS "userId"`,
    [secretHash, now],
  );
  return row;
}

export async function setPassword(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId; readonly userId: UserId },
  passwordHash: string,
): Promise<void> {
  await queryRows(manager, `UPDATE app_user SET password_hash = $3 WHERE enterprise_id = $1 AND id = $2`, [
    key.enterpriseId,
    key.userId,
    passwordHash,
  ]);
}

export async function deleteExpiredInvitations(manager: EntityManager, now: Date): Promise<void> {
  await queryRows(manager, `DELETE FROM invitation WHERE expires_at <= $1`, [now]);
}
