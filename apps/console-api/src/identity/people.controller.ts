import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { PeopleService } from './people.service.ts';

const { users, createUser, teams, createTeam } = routes.enterprise;

@Controller()
export class PeopleController {
  constructor(private readonly people: PeopleService) {}

  @Handles(users)
  async users(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof users>> {
    return { users: await this.people.listUsers(caller) };
  }

  @Handles(createUser)
  createUser(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createUser>,
  ): Promise<RouteResult<typeof createUser>> {
    return this.people.createUser(caller.enterpriseId, input.body);
  }

  @Handles(teams)
  async teams(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof teams>> {
    return { teams: await this.people.listTeams(caller.enterpriseId) };
  }

  @Handles(createTeam)
  createTeam(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createTeam>,
  ): Promise<RouteResult<typeof createTeam>> {
    return this.people.createTeam(caller.enterpriseId, input.body);
  }
}
