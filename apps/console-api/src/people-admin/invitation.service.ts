import { Injectable } from '@nestjs/common';
import { AppError, type EnterpriseId, type Invitation, type UserId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { hashPassword } from '../identity/password.ts';
import { hashSecret, newSecret } from '../identity/secret-token.ts';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { deleteExpiredInvitations, putInvitations, setPassword, takeInvitation } from './invitation.store.ts';
import { deleteSessions } from './people-admin.store.ts';
import { loadTarget } from './reach.ts';
import { mayManage } from './role-power.ts';

const VALID_DAYS = 14;
const DAY_MS = 86_400_000;

export type Invited = { readonly id: UserId; readonly email: string };

/** Passwords are chosen by their people: admins hand out a secret that is good once, and never know the password. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  invite(caller: PersonPrincipal, userId: UserId): Promise<Invitation> {
    return inTransaction(this.dataSource, async (manager) => {
      const { user, reach } = await loadTarget(manager, caller, userId);
      if (!mayManage(reach.manager, user.role)) throw new AppError('FORBIDDEN');
      if (user.disabled) throw new AppError('USER_DISABLED', { email: user.email });
      const [invitation] = await this.inviteAll(manager, caller.enterpriseId, [user]);
      if (!invitation) throw new Error('one user, one invitation');
      return invitation;
    });
  }

  /** In the caller's transaction, for users the caller may manage. */
  async inviteAll(
    manager: EntityManager,
    enterpriseId: EnterpriseId,
    users: readonly Invited[],
  ): Promise<Invitation[]> {
    const expiresAt = new Date(this.clock.now().getTime() + VALID_DAYS * DAY_MS);
    const drawn = users.map((user) => ({ user, secret: newSecret('tli') }));
    const invitations = drawn.map(({ user, secret }) => ({ userId: user.id, secretHash: hashSecret(secret) }));
    await putInvitations(manager, enterpriseId, { invitations, expiresAt });
    return drawn.map(({ user, secret }) => ({
      userId: user.id,
      email: user.email,
      secret,
      expiresAt: expiresAt.toISOString(),
    }));
  }

  async accept(secret: string, password: string): Promise<void> {
    const passwordHash = await hashPassword(password);
    await inTransaction(this.dataSource, async (manager) => {
      await deleteExpiredInvitations(manager, this.clock.now());
      const key = await takeInvitation(manager, hashSecret(secret), this.clock.now());
      if (!key) throw new AppError('INVITATION_WRONG');
      await setPassword(manager, key, passwordHash);
      await deleteSessions(manager, key);
    });
  }
}
