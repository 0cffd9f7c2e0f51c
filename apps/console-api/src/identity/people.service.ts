import { Injectable } from '@nestjs/common';
import { AppError, TeamId, Text, UserId, type EnterpriseId, type Team, type User } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { readPage, type PageAsked, type PageOf } from '../platform/page.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SpaceMaker, type CreatedSpace } from '../platform/space-maker.ts';
import { hashPassword } from './password.ts';
import { insertOperator, type NewOperator } from './operator.store.ts';
import {
  addToTeams,
  findPerson,
  hasTeam,
  insertTeam,
  insertUser,
  listTeams,
  listUsers,
  type NewUser,
  type PersonRow,
} from './people.store.ts';

export type WantedUser = {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly teamIds: readonly TeamId[];
  readonly role?: NewUser['role'];
};

const NamePosition = z.tuple([Text, z.uuid()]);

/** People and teams of an enterprise; each gets its space in the transaction that creates it. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: SpaceMaker,
  ) {}

  listUsers(caller: PersonPrincipal, asked: PageAsked): Promise<PageOf<User>> {
    const responsible = caller.role === 'team_admin' ? caller.userId : null;
    return readPage<User, typeof NamePosition>(asked, {
      position: NamePosition,
      positionOf: ({ name, id }) => [name, id],
      find: (page) => listUsers(this.dataSource, caller.enterpriseId, { responsible }, page),
    });
  }

  async getUser(manager: EntityManager, enterpriseId: EnterpriseId, userId: UserId): Promise<User> {
    const [user] = await listUsers(manager, enterpriseId, { responsible: null, only: userId });
    if (!user) throw new AppError('NOT_FOUND', { what: 'The user' });
    return user;
  }

  /** For callers that have a transaction open: the first start creates an enterprise with its people at once. */
  async addUser(manager: EntityManager, user: NewUser, teamIds: readonly TeamId[]): Promise<void> {
    const { enterpriseId, id, name } = user;
    await insertUser(manager, user);
    const wantedTeams = [...new Set(teamIds)];
    const known = await addToTeams(manager, user, wantedTeams);
    if (known !== wantedTeams.length) throw new AppError('NOT_FOUND', { what: 'A team of the user' });
    await this.spaces.createSpace(manager, { enterpriseId, kind: 'personal', name, ownerUserId: id });
  }

  findPerson(enterpriseCode: string, email: string): Promise<PersonRow | undefined> {
    return findPerson(this.dataSource, enterpriseCode, email);
  }

  /** Belongs to no enterprise; there is one already when the operator is known. */
  addOperator(manager: EntityManager, operator: NewOperator): Promise<void> {
    return insertOperator(manager, operator);
  }

  listTeams(enterpriseId: EnterpriseId, asked: PageAsked): Promise<PageOf<Team>> {
    return readPage<Team, typeof NamePosition>(asked, {
      position: NamePosition,
      positionOf: ({ name, id }) => [name, id],
      find: (page) => listTeams(this.dataSource, enterpriseId, undefined, page),
    });
  }

  async getTeam(manager: EntityManager, enterpriseId: EnterpriseId, teamId: TeamId): Promise<Team> {
    const [team] = await listTeams(manager, enterpriseId, teamId);
    if (!team) throw new AppError('NOT_FOUND', { what: 'The team' });
    return team;
  }

  async addTeam(
    manager: EntityManager,
    enterpriseId: EnterpriseId,
    wanted: { name: string; parentId: TeamId | null },
  ): Promise<{ team: Team; space: CreatedSpace }> {
    const isKnown = wanted.parentId === null || (await hasTeam(manager, enterpriseId, wanted.parentId));
    if (!isKnown) throw new AppError('NOT_FOUND', { what: 'The parent team' });
    const team = { id: TeamId.parse(uuidv7()), name: wanted.name.normalize('NFC'), parentId: wanted.parentId };
    await insertTeam(manager, { ...team, enterpriseId });
    const newSpace = { enterpriseId, kind: 'team', name: team.name, teamId: team.id } as const;
    const space = await this.spaces.createSpace(manager, newSpace);
    return { team: { ...team, members: 0 }, space };
  }
}

export async function toNewUser(enterpriseId: EnterpriseId, wanted: WantedUser): Promise<NewUser> {
  const { email, name, role = 'user' } = wanted;
  const passwordHash = await hashPassword(wanted.password);
  return { enterpriseId, id: UserId.parse(uuidv7()), email, name, role, passwordHash };
}
