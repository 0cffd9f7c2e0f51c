import { Injectable } from '@nestjs/common';
import type { EnterpriseId, TeamId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { randomPassword } from '../identity/password.ts';
import { PeopleService, toNewUser } from '../identity/people.service.ts';
import type { CreatedSpace } from '../platform/space-maker.ts';
import type { BootstrapPerson } from './bootstrap-file.ts';

const PEOPLE = [
  { name: 'Ada Lovelace', email: 'ada@tideline.example', team: 'Engineering' },
  { name: 'Ben Franklin', email: 'ben@tideline.example', team: 'Engineering' },
  { name: 'Chen Jingrun', email: 'chen@tideline.example', team: 'Design' },
] as const;
type TeamName = (typeof PEOPLE)[number]['team'];
type MadeTeam = { readonly id: TeamId; readonly space: CreatedSpace };
type MadePerson = BootstrapPerson & { readonly id: UserId };

/** People, teams and rights to play with: all of Engineering may sync `Specs` both ways, Chen may back up into it. */
@Injectable()
export class DemoEnterprise {
  constructor(private readonly people: PeopleService) {}

  async fill(manager: EntityManager, enterpriseId: EnterpriseId): Promise<BootstrapPerson[]> {
    const teams = {
      Engineering: await this.addTeam(manager, enterpriseId, 'Engineering'),
      Design: await this.addTeam(manager, enterpriseId, 'Design'),
    };
    const people: MadePerson[] = [];
    for (const { name, email, team } of PEOPLE) {
      const password = randomPassword();
      const user = await toNewUser(enterpriseId, { name, email, password, teamIds: [] });
      await this.people.addUser(manager, user, [teams[team].id]);
      people.push({ id: user.id, name, email, password, teams: [team] });
    }
    return people.map(({ id: _, ...person }) => person);
  }

  private async addTeam(manager: EntityManager, enterpriseId: EnterpriseId, name: TeamName): Promise<MadeTeam> {
    const { team, space } = await this.people.addTeam(manager, enterpriseId, { name, parentId: null });
    return { id: team.id, space };
  }
}
