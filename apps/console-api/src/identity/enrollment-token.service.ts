import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CreateEnrollmentToken,
  type CreatedEnrollmentToken,
  type EnrollmentToken,
  type EnterpriseId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { Clock } from '../platform/clock.ts';
import { readPage, TimePosition, type PageAsked, type PageOf } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { countKnown, insertToken, listTokens, revokeToken } from './enrollment-token.store.ts';
import { hashSecret, newSecret } from './secret-token.ts';

type Wanted = z.output<typeof CreateEnrollmentToken>;

/** Enrollment tokens made in the console: for named users or a team, and blind to personal spaces (PE-5). */
@Injectable()
export class EnrollmentTokenService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  list(enterpriseId: EnterpriseId, asked: PageAsked): Promise<PageOf<z.input<typeof EnrollmentToken>>> {
    return readPage<z.input<typeof EnrollmentToken>, typeof TimePosition>(asked, {
      position: TimePosition,
      positionOf: ({ createdAt, id }) => [createdAt, id],
      find: (page) => listTokens(this.dataSource, enterpriseId, page),
    });
  }

  async create(caller: PersonPrincipal, wanted: Wanted): Promise<z.input<typeof CreatedEnrollmentToken>> {
    const id = randomUUID();
    const secret = newSecret('tle');
    await inTransaction(this.dataSource, async (manager) => {
      await requireKnown(manager, caller.enterpriseId, wanted);
      await insertToken(manager, {
        ...wanted,
        enterpriseId: caller.enterpriseId,
        id,
        secretHash: hashSecret(secret),
        anyUser: false,
        expiresAt: new Date(this.clock.now().getTime() + wanted.validHours * 3_600_000),
        loopbackOnly: false,
        readsPersonalSpace: false,
        createdBy: caller.userId,
      });
    });
    const [token] = await listTokens(this.dataSource, caller.enterpriseId, { tokenId: id });
    if (!token) throw new AppError('NOT_FOUND', { what: 'The token' });
    return { token, secret };
  }

  async revoke(enterpriseId: EnterpriseId, tokenId: string): Promise<void> {
    const isRevoked = await revokeToken(this.dataSource, enterpriseId, tokenId);
    if (!isRevoked) throw new AppError('NOT_FOUND', { what: 'The token' });
  }

  /** The first-start token: any user, reusable, from this machine only; it does not make a device blind (PE-5). */
  async createFirstStart(manager: EntityManager, enterpriseId: EnterpriseId): Promise<string> {
    const secret = newSecret('tle');
    await insertToken(manager, {
      enterpriseId,
      id: randomUUID(),
      secretHash: hashSecret(secret),
      label: 'first start',
      teamId: null,
      anyUser: true,
      maxUses: null,
      expiresAt: null,
      loopbackOnly: true,
      readsPersonalSpace: true,
      createdBy: null,
      userIds: [],
    });
    return secret;
  }
}

async function requireKnown(manager: EntityManager, enterpriseId: EnterpriseId, wanted: Wanted): Promise<void> {
  const userIds = [...new Set(wanted.userIds)];
  const known = await countKnown(manager, enterpriseId, { userIds, teamIds: wanted.teamId ? [wanted.teamId] : [] });
  if (known.users !== userIds.length) throw new AppError('NOT_FOUND', { what: 'A user of the token' });
  if (wanted.teamId !== null && known.teams === 0) throw new AppError('NOT_FOUND', { what: 'The team of the token' });
}
