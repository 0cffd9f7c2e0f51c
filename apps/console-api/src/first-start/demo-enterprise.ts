import { Injectable } from '@nestjs/common';
import {
  NodeId,
  OpId,
  type EnterpriseId,
  type Identity,
  type SpaceId,
  type SyncRight,
  type TeamId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { BrowseService } from '../drive/browse.service.ts';
import { CommitService } from '../drive/commit.service.ts';
import { GrantService } from '../grants/grant.service.ts';
import { randomPassword } from '../identity/password.ts';
import { PeopleService, toNewUser } from '../identity/people.service.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import type { BootstrapPerson } from './bootstrap-file.ts';

const TEAMS = ['Engineering', 'Design'] as const;
const PEOPLE = [
  { name: 'Ada Lovelace', email: 'ada@tideline.example', team: 'Engineering' },
  { name: 'Ben Franklin', email: 'ben@tideline.example', team: 'Engineering' },
  { name: 'Chen Jingrun', email: 'chen@tideline.example', team: 'Design' },
] as const;
const FOLDER = { path: 'team/Engineering:/Specs', name: 'Specs' } as const;
/** All of Engineering may sync the folder both ways; Chen of Design may back up into it. */
const RIGHTS = [
  { team: 'Engineering', syncRight: 'synchronizer' },
  { email: 'chen@tideline.example', syncRight: 'backer' },
] as const;

/** More than there are of anything. */
const WHOLE = { limit: 100 };

/** People, teams, a folder and rights to play with. */
@Injectable()
export class DemoEnterprise {
  constructor(
    private readonly people: PeopleService,
    private readonly browse: BrowseService,
    private readonly commits: CommitService,
    private readonly grants: GrantService,
  ) {}

  /** In the transaction that creates the enterprise. */
  async addPeople(manager: EntityManager, enterpriseId: EnterpriseId): Promise<BootstrapPerson[]> {
    const teamIds = new Map<string, TeamId>();
    for (const name of TEAMS) {
      const { team } = await this.people.addTeam(manager, enterpriseId, { name, parentId: null });
      teamIds.set(name, team.id);
    }
    const added: BootstrapPerson[] = [];
    for (const { name, email, team } of PEOPLE) {
      const password = randomPassword();
      const ofTeam = [...teamIds].filter(([teamName]) => teamName === team).map(([, id]) => id);
      await this.people.addUser(manager, await toNewUser(enterpriseId, { name, email, password, teamIds: [] }), ofTeam);
      added.push({ name, email, password, teams: [team] });
    }
    return added;
  }

  /** After it. Done again from the start when a console died in the middle, so every step looks before it acts. */
  async furnish(admin: PersonPrincipal): Promise<void> {
    const nodeId = await this.ensureFolder(admin);
    const { rows: users } = await this.people.listUsers(admin, WHOLE);
    const { rows: teams } = await this.people.listTeams(admin.enterpriseId, WHOLE);
    for (const right of RIGHTS) {
      const team = 'team' in right ? teams.find(({ name }) => name === right.team) : undefined;
      const user = 'email' in right ? users.find(({ email }) => email === right.email) : undefined;
      if (team) await this.grant(admin, { nodeId, to: { type: 'team', id: team.id }, syncRight: right.syncRight });
      if (user) await this.grant(admin, { nodeId, to: { type: 'user', id: user.id }, syncRight: right.syncRight });
    }
  }

  private async ensureFolder(admin: PersonPrincipal): Promise<NodeId> {
    const { space, node, missing } = await this.browse.resolvePath(admin, FOLDER.path);
    if (missing.length === 0) return node.id;
    return this.createFolder(admin, space.id, node.id);
  }

  private async createFolder(admin: PersonPrincipal, spaceId: SpaceId, parentId: NodeId): Promise<NodeId> {
    const nodeId = NodeId.parse(uuidv7());
    const op = { kind: 'createFolder', opId: OpId.parse(uuidv7()), nodeId, parentId, name: FOLDER.name } as const;
    const { outcomes } = await this.commits.commit({
      principal: admin,
      spaceId,
      request: { atomic: true, origin: 'upload', ops: [op], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
    if (outcomes[0]?.status !== 'done') throw new Error(`the folder ${FOLDER.path} could not be made`);
    return nodeId;
  }

  /** Setting a right again replaces it. */
  private async grant(
    admin: PersonPrincipal,
    right: { nodeId: NodeId; to: z.output<typeof Identity>; syncRight: z.output<typeof SyncRight> },
  ): Promise<void> {
    await this.grants.set(admin, { ...right, expiresAt: null });
  }
}
