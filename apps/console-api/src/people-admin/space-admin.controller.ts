import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { HandoverService } from './handover.service.ts';
import { SpaceAdminService } from './space-admin.service.ts';

const { allSpaces, setQuota, quotaDefaults, setQuotaDefault, handOver, handovers } = routes.people;

@Controller()
export class SpaceAdminController {
  constructor(
    private readonly spaces: SpaceAdminService,
    private readonly transfers: HandoverService,
  ) {}

  @Handles(allSpaces)
  allSpaces(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof allSpaces>,
  ): Promise<RouteResult<typeof allSpaces>> {
    return this.spaces.list(caller, input.query);
  }

  @Handles(setQuota)
  setQuota(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof setQuota>,
  ): Promise<RouteResult<typeof setQuota>> {
    return this.spaces.setQuota(caller, input.params.spaceId, input.body.quotaBytes);
  }

  @Handles(quotaDefaults)
  quotaDefaults(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof quotaDefaults>> {
    return this.spaces.getDefaults(caller);
  }

  @Handles(setQuotaDefault)
  setQuotaDefault(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof setQuotaDefault>,
  ): Promise<RouteResult<typeof setQuotaDefault>> {
    return this.spaces.setDefault(caller, input.body);
  }

  @Handles(handOver)
  handOver(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof handOver>,
  ): Promise<RouteResult<typeof handOver>> {
    const { params, body } = input;
    return this.transfers.handOver(caller, { spaceId: params.spaceId, successorId: body.successorId });
  }

  @Handles(handovers)
  async handovers(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof handovers>,
  ): Promise<RouteResult<typeof handovers>> {
    const { rows, next } = await this.transfers.list(caller, input.query);
    return { handovers: rows, next };
  }
}
