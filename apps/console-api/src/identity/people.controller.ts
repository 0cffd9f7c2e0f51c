import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { PeopleService } from './people.service.ts';

const { users, teams } = routes.enterprise;

@Controller()
export class PeopleController {
  constructor(private readonly people: PeopleService) {}

  @Handles(users)
  async users(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof users>,
  ): Promise<RouteResult<typeof users>> {
    const { rows, next } = await this.people.listUsers(caller, input.query);
    return { users: rows, next };
  }

  @Handles(teams)
  async teams(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof teams>,
  ): Promise<RouteResult<typeof teams>> {
    const { rows, next } = await this.people.listTeams(caller.enterpriseId, input.query);
    return { teams: rows, next };
  }
}
