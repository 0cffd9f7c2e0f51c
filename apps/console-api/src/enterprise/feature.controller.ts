import { Controller } from '@nestjs/common';
import { AppError, routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal, Principal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { FeatureService } from './feature.service.ts';

const { feature, switchSync, switchHistory } = routes.enterprise;

@Controller()
export class FeatureController {
  constructor(private readonly features: FeatureService) {}

  @Handles(feature)
  feature(@Caller() caller: Principal): Promise<RouteResult<typeof feature>> {
    if (caller.kind === 'operator') throw new AppError('FORBIDDEN'); // an operator has no enterprise of its own
    return this.features.getState(caller.enterpriseId);
  }

  @Handles(switchSync)
  switchSync(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof switchSync>,
  ): Promise<RouteResult<typeof switchSync>> {
    return this.features.switchSync(caller.enterpriseId, input.body.on, input.body.enterpriseCode);
  }

  @Handles(switchHistory)
  switchHistory(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof switchHistory>,
  ): Promise<RouteResult<typeof switchHistory>> {
    return this.features.switchHistory(caller.enterpriseId, input.body.on);
  }
}
