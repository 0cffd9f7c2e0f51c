import { Injectable } from '@nestjs/common';
import {
  AppError,
  EnterpriseId,
  UserId,
  type CreateEnterprise,
  type Invitation,
  type OperatedEnterprise,
  type SetEntitlement,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { PeopleService } from '../identity/people.service.ts';
import { InvitationService } from '../people-admin/invitation.service.ts';
import { orAlreadyExists } from '../people-admin/unique.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import { inTransaction } from '../platform/transaction.ts';
import { insertEnterprise, listEnterprises, updateEntitlement } from './operator.store.ts';

/** What the platform operator does: enterprises and what they are entitled to (EN-1). Nothing inside of them. */
@Injectable()
export class OperatorService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly people: PeopleService,
    private readonly spaces: SpaceMaker,
    private readonly invitations: InvitationService,
    private readonly sockets: SocketHub,
  ) {}

  list(): Promise<OperatedEnterprise[]> {
    return listEnterprises(this.dataSource.manager);
  }

  /** With its enterprise space and its super admin, who chooses a password with the invitation. */
  create(
    wanted: z.output<typeof CreateEnterprise>,
  ): Promise<{ enterprise: OperatedEnterprise; invitation: Invitation }> {
    const enterpriseId = EnterpriseId.parse(uuidv7());
    const admin = {
      ...wanted.admin,
      enterpriseId,
      id: UserId.parse(uuidv7()),
      role: 'super_admin',
      passwordHash: null,
    } as const;
    const work = async (manager: EntityManager) => {
      await insertEnterprise(manager, { id: enterpriseId, code: wanted.code, name: wanted.name });
      await this.spaces.createSpace(manager, { enterpriseId, kind: 'enterprise', name: wanted.name });
      await this.people.addUser(manager, admin, []);
      const [invitation] = await this.invitations.inviteAll(manager, enterpriseId, [admin]);
      if (!invitation) throw new Error('one user, one invitation');
      return { enterprise: await getEnterprise(manager, enterpriseId), invitation };
    };
    return orAlreadyExists(`The enterprise code ${wanted.code}`, () => inTransaction(this.dataSource, work));
  }

  /** Devices and console pages are told at once (EN-4). */
  async setEntitlement(
    enterpriseId: EnterpriseId,
    wanted: z.output<typeof SetEntitlement>,
  ): Promise<OperatedEnterprise> {
    const { manager } = this.dataSource;
    await updateEntitlement(manager, enterpriseId, wanted);
    const enterprise = await getEnterprise(manager, enterpriseId);
    this.sockets.settingsChanged(enterpriseId);
    return enterprise;
  }
}

async function getEnterprise(manager: EntityManager, enterpriseId: EnterpriseId): Promise<OperatedEnterprise> {
  const [enterprise] = await listEnterprises(manager, enterpriseId);
  if (!enterprise) throw new AppError('NOT_FOUND', { what: 'The enterprise' });
  return enterprise;
}
