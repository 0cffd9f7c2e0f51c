import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { BinService } from './bin.service.ts';
import { PurgeService } from './purge.service.ts';

const { trash } = routes.drive;
const { restoreTrashed, purge, emptyBin } = routes.bin;

@Controller()
export class BinController {
  constructor(
    private readonly bin: BinService,
    private readonly purges: PurgeService,
  ) {}

  @Handles(trash)
  trash(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof trash>,
  ): Promise<RouteResult<typeof trash>> {
    return this.bin.list(caller, input.params.spaceId, input.query);
  }

  @Handles(restoreTrashed)
  async restoreTrashed(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof restoreTrashed>,
  ): Promise<RouteResult<typeof restoreTrashed>> {
    return { items: await this.bin.restore(caller, input.params.spaceId, input.body.nodeIds) };
  }

  @Handles(purge)
  purge(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof purge>,
  ): Promise<RouteResult<typeof purge>> {
    return this.purges.purge(caller, input.params.spaceId, input.body.nodeIds);
  }

  @Handles(emptyBin)
  emptyBin(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof emptyBin>,
  ): Promise<RouteResult<typeof emptyBin>> {
    return this.purges.empty(caller, input.params.spaceId, input.body.before);
  }
}
