import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { RestoreService } from './restore.service.ts';

const { plan, get, inSpace, steps, apply, cancel } = routes.restore;

/** A folder as it was at a moment (VE-4). */
@Controller()
export class RestoreController {
  constructor(private readonly restores: RestoreService) {}

  @Handles(plan)
  plan(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof plan>,
  ): Promise<RouteResult<typeof plan>> {
    return this.restores.plan(caller, input.params.nodeId, new Date(input.body.at));
  }

  @Handles(get)
  get(@Caller() caller: MemberPrincipal, @Input() input: HandlerInput<typeof get>): Promise<RouteResult<typeof get>> {
    return this.restores.get(caller, input.params.restoreId);
  }

  @Handles(inSpace)
  inSpace(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof inSpace>,
  ): Promise<RouteResult<typeof inSpace>> {
    return this.restores.listIn(caller, input.params.spaceId, input.query);
  }

  @Handles(steps)
  steps(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof steps>,
  ): Promise<RouteResult<typeof steps>> {
    return this.restores.listSteps(caller, input.params.restoreId, input.query);
  }

  @Handles(apply)
  apply(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof apply>,
  ): Promise<RouteResult<typeof apply>> {
    return this.restores.apply(caller, input.params.restoreId);
  }

  @Handles(cancel)
  cancel(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof cancel>,
  ): Promise<RouteResult<typeof cancel>> {
    return this.restores.cancel(caller, input.params.restoreId);
  }
}
