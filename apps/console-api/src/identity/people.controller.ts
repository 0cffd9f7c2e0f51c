import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles } from '../platform/route.ts';
import { PeopleService } from './people.service.ts';

const { users, teams } = routes.enterprise;

@Controller()
export class PeopleController {
  constructor(private readonly people: PeopleService) {}

  @Handles(users)
  async users(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof users>> {
    return { users: await this.people.listUsers(caller) };
  }

  @Handles(teams)
  async teams(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof teams>> {
    return { teams: await this.people.listTeams(caller.enterpriseId) };
  }
}
