import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import { personOf, type Principal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { TransferService } from './transfer.service.ts';

const { transfer } = routes.shares;

@Controller()
export class TransferController {
  constructor(private readonly service: TransferService) {}

  @Handles(transfer)
  transfer(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof transfer>,
  ): Promise<RouteResult<typeof transfer>> {
    return this.service.transfer(personOf(caller), input.params.nodeId, input.body.to);
  }
}
