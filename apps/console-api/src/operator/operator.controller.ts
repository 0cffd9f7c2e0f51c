import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import { Handles, Input, type HandlerInput } from '../platform/route.ts';
import { OperatorService } from './operator.service.ts';

const { enterprises, createEnterprise, setEntitlement } = routes.operator;

@Controller()
export class OperatorController {
  constructor(private readonly service: OperatorService) {}

  @Handles(enterprises)
  async enterprises(): Promise<RouteResult<typeof enterprises>> {
    return { enterprises: await this.service.list() };
  }

  @Handles(createEnterprise)
  createEnterprise(
    @Input() input: HandlerInput<typeof createEnterprise>,
  ): Promise<RouteResult<typeof createEnterprise>> {
    return this.service.create(input.body);
  }

  @Handles(setEntitlement)
  setEntitlement(@Input() input: HandlerInput<typeof setEntitlement>): Promise<RouteResult<typeof setEntitlement>> {
    return this.service.setEntitlement(input.params.enterpriseId, input.body);
  }
}
