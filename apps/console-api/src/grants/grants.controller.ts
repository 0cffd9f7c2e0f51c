import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { GrantService } from './grant.service.ts';

const { grants, setGrant, removeGrant } = routes.enterprise;

@Controller()
export class GrantsController {
  constructor(private readonly service: GrantService) {}

  @Handles(grants)
  async grants(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof grants>,
  ): Promise<RouteResult<typeof grants>> {
    const { rows, next } = await this.service.list(caller.enterpriseId, input.query);
    return { grants: rows, next };
  }

  @Handles(setGrant)
  setGrant(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof setGrant>,
  ): Promise<RouteResult<typeof setGrant>> {
    return this.service.set(caller, input.body);
  }

  @Handles(removeGrant)
  async removeGrant(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof removeGrant>,
  ): Promise<RouteResult<typeof removeGrant>> {
    await this.service.remove(caller.enterpriseId, input.params.grantId);
    return {};
  }
}
