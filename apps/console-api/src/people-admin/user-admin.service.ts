import { Injectable } from '@nestjs/common';
import {
  type DeletedUser,
  type EnterpriseRole,
  type Handover,
  type UpdateUser,
  type User,
  type UserId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { PeopleService, toNewUser, type WantedUser } from '../identity/people.service.ts';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { Announcer } from './announcer.ts';
import { HandoverService } from './handover.service.ts';
import {
  deleteSessions,
  markDeleted,
  pauseTasks,
  renamePersonalSpace,
  setDisabled,
  setTeams,
  updatePerson,
  type AdminUser,
} from './people-admin.store.ts';
import { loadReach, loadTarget, type Target } from './reach.ts';
import { orAlreadyExists } from './unique.ts';
import { requireChangeable, requireCreatable, requireRemovable } from './user-refusals.ts';

type Change = z.output<typeof UpdateUser>;

/** Users and their roles: who may change whom is decided here, in the transaction that does it (PE-3). */
@Injectable()
export class UserAdminService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly people: PeopleService,
    private readonly handovers: HandoverService,
    private readonly announcer: Announcer,
  ) {}

  async create(caller: PersonPrincipal, wanted: WantedUser & { readonly role: EnterpriseRole }): Promise<User> {
    const { enterpriseId } = caller;
    const user = await toNewUser(enterpriseId, wanted);
    const work = async (manager: EntityManager) => {
      const reach = await loadReach(manager, caller);
      requireCreatable(reach, wanted);
      await this.people.addUser(manager, user, wanted.teamIds);
      return this.people.getUser(manager, enterpriseId, user.id);
    };
    return orAlreadyExists(`The user ${wanted.email}`, () => inTransaction(this.dataSource, work));
  }

  async update(caller: PersonPrincipal, userId: UserId, change: Change): Promise<User> {
    const { enterpriseId } = caller;
    const user = await inTransaction(this.dataSource, async (manager) => {
      const target = await loadTarget(manager, caller, userId);
      requireChangeable(target, change);
      await this.#apply(manager, { caller, target }, change);
      return this.people.getUser(manager, enterpriseId, userId);
    });
    await this.announcer.membershipChanged(enterpriseId);
    return user;
  }

  /** Sessions end, devices are refused at their next call; what they synced stays where it is. */
  async setDisabled(caller: PersonPrincipal, userId: UserId, disabled: boolean): Promise<User> {
    const { enterpriseId } = caller;
    const key = { enterpriseId, userId };
    const { user, devices } = await inTransaction(this.dataSource, async (manager) => {
      requireRemovable(await loadTarget(manager, caller, userId));
      const now = this.clock.now();
      await setDisabled(manager, key, disabled ? now : null);
      if (disabled) await deleteSessions(manager, key);
      const devices = disabled ? await pauseTasks(manager, key, now) : [];
      return { user: await this.people.getUser(manager, enterpriseId, userId), devices };
    });
    this.announcer.devicesChanged(enterpriseId, devices);
    return user;
  }

  async delete(
    caller: PersonPrincipal,
    userId: UserId,
    successorId: UserId | undefined,
  ): Promise<z.input<typeof DeletedUser>> {
    const { enterpriseId } = caller;
    const key = { enterpriseId, userId };
    const { devices, spaceId, ...kept } = await inTransaction(this.dataSource, async (manager) => {
      const { user } = requireRemovable(await loadTarget(manager, caller, userId));
      const now = this.clock.now();
      await deleteSessions(manager, key);
      const devices = await pauseTasks(manager, key, now);
      await markDeleted(manager, key, now);
      const space = await this.handovers.keepSpace(manager, key);
      const handover = await this.#handOver(manager, caller, { user, space, successorId });
      return { devices, spaceId: space?.spaceId, keptUntil: space?.keptUntil.toISOString() ?? null, handover };
    });
    this.announcer.devicesChanged(enterpriseId, devices);
    await this.announcer.membershipChanged(enterpriseId);
    if (spaceId) this.announcer.spaceKept(enterpriseId, spaceId);
    if (kept.handover && successorId !== undefined) this.handovers.announce(caller, successorId);
    return kept;
  }

  async #handOver(
    manager: EntityManager,
    caller: PersonPrincipal,
    gone: {
      readonly user: AdminUser;
      readonly space: { readonly spaceId: string } | undefined;
      readonly successorId: UserId | undefined;
    },
  ): Promise<Handover | null> {
    if (!gone.space || gone.successorId === undefined) return null;
    return this.handovers.begin(manager, caller, { spaceId: gone.space.spaceId, successorId: gone.successorId });
  }

  async #apply(
    manager: EntityManager,
    who: { readonly caller: PersonPrincipal; readonly target: Target },
    change: Change,
  ): Promise<void> {
    const { enterpriseId } = who.caller;
    const key = { enterpriseId, userId: who.target.user.id };
    const isHandedOver = change.role === 'super_admin' && who.target.user.role !== 'super_admin';
    if (isHandedOver) await updatePerson(manager, who.caller, { role: 'drive_admin' });
    await updatePerson(manager, key, change);
    if (change.name !== undefined) await renamePersonalSpace(manager, key, change.name);
    if (change.teamIds) await setTeams(manager, key, change.teamIds);
  }
}
