import { Injectable } from '@nestjs/common';
import { AppError, type Team, type TeamId, type TeamMembers, type UpdateTeam, type UserId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { lockSpacesOf } from '../grants/removed-grants.ts';
import { PeopleService } from '../identity/people.service.ts';
import { Clock } from '../platform/clock.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { Announcer } from './announcer.ts';
import { KEEP_DAYS } from './handover.service.ts';
import { loadReach, loadTarget, reachesTeam, viewReach, type Reach } from './reach.ts';
import {
  deleteMember,
  deleteTeam,
  insertMember,
  listMembers,
  lockTeamTree,
  moveTeam,
  renameTeam,
  requireEmpty,
  type TeamKey,
} from './team-admin.store.ts';
import {
  requireMemberChange,
  requireMovable,
  requireParent,
  requireRoomFor,
  requireShapeable,
} from './team-refusals.ts';
import { orAlreadyExists } from './unique.ts';

type Change = z.output<typeof UpdateTeam>;
type Members = z.input<typeof TeamMembers>;
const DAY_MS = 86_400_000;

/** The team tree. Drive admins shape all of it, team admins what lies below their own teams (PE-3). */
@Injectable()
export class TeamAdminService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly people: PeopleService,
    private readonly announcer: Announcer,
  ) {}

  async create(caller: PersonPrincipal, wanted: { name: string; parentId: TeamId | null }): Promise<Team> {
    const team = await this.#shape(caller, wanted.name, async (manager, reach) => {
      requireParent(reach, wanted.parentId);
      const { team } = await this.people.addTeam(manager, caller.enterpriseId, wanted);
      return team.id;
    });
    return team;
  }

  async update(caller: PersonPrincipal, teamId: TeamId, change: Change): Promise<Team> {
    const key = { enterpriseId: caller.enterpriseId, teamId };
    const team = await this.#shape(caller, change.name ?? '', async (manager, reach) => {
      requireShapeable(reach, teamId);
      if (change.parentId !== undefined) await this.#move(manager, { key, reach }, change.parentId);
      if (change.name !== undefined) await renameTeam(manager, key, change.name);
      return teamId;
    });
    await this.announcer.membershipChanged(caller.enterpriseId);
    return team;
  }

  async delete(caller: PersonPrincipal, teamId: TeamId): Promise<void> {
    const key = { enterpriseId: caller.enterpriseId, teamId };
    await inTransaction(this.dataSource, async (manager) => {
      await lockTeamTree(manager, caller);
      requireShapeable(await loadReach(manager, caller), teamId);
      await lockSpacesOf(manager, { enterpriseId: caller.enterpriseId, type: 'team', id: teamId }); // against writers, too
      await requireEmpty(manager, key);
      const now = this.clock.now();
      const until = new Date(now.getTime() + KEEP_DAYS * DAY_MS);
      await deleteTeam(manager, key, { until, now, suffix: ` (${now.toISOString().slice(0, 16)}Z)` });
    });
    await this.announcer.membershipChanged(caller.enterpriseId);
  }

  async members(caller: PersonPrincipal, teamId: TeamId): Promise<Members> {
    const { manager } = this.dataSource;
    if (caller.role === 'team_admin') {
      const reach = await viewReach(manager, caller);
      if (!reachesTeam(reach, teamId)) throw new AppError('NOT_FOUND', { what: 'The team' });
    }
    return this.#describe(manager, { enterpriseId: caller.enterpriseId, teamId });
  }

  addMember(caller: PersonPrincipal, teamId: TeamId, userId: UserId): Promise<Members> {
    return this.#changeMembers(caller, { teamId, userId }, { change: insertMember, require: requireRoomFor });
  }

  removeMember(caller: PersonPrincipal, teamId: TeamId, userId: UserId): Promise<Members> {
    return this.#changeMembers(caller, { teamId, userId }, { change: deleteMember });
  }

  async #changeMembers(
    caller: PersonPrincipal,
    member: { readonly teamId: TeamId; readonly userId: UserId },
    { change, require }: { readonly change: typeof insertMember; readonly require?: typeof requireRoomFor },
  ): Promise<Members> {
    const key = { enterpriseId: caller.enterpriseId, teamId: member.teamId };
    const members = await inTransaction(this.dataSource, async (manager) => {
      const target = await loadTarget(manager, caller, member.userId);
      requireMemberChange(target, member.teamId);
      require?.(target, member.teamId);
      await change(manager, key, member.userId);
      return this.#describe(manager, key);
    });
    await this.announcer.membershipChanged(caller.enterpriseId);
    return members;
  }

  async #describe(manager: EntityManager, key: TeamKey): Promise<Members> {
    const team = await this.people.getTeam(manager, key.enterpriseId, key.teamId);
    return { team, members: await listMembers(manager, key) };
  }

  #shape(
    caller: PersonPrincipal,
    name: string,
    work: (manager: EntityManager, reach: Reach) => Promise<TeamId>,
  ): Promise<Team> {
    const inside = async (manager: EntityManager) => {
      await lockTeamTree(manager, caller);
      const teamId = await work(manager, await loadReach(manager, caller));
      return this.people.getTeam(manager, caller.enterpriseId, teamId);
    };
    return orAlreadyExists(`The team ${name}`, () => inTransaction(this.dataSource, inside));
  }

  async #move(
    manager: EntityManager,
    { key, reach }: { readonly key: TeamKey; readonly reach: Reach },
    parentId: TeamId | null,
  ): Promise<void> {
    requireMovable(reach, key.teamId, parentId);
    await moveTeam(manager, key, parentId);
  }
}
