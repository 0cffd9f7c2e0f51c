import { Controller } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { FleetService } from './fleet.service.ts';

const { overview, devices, device, suspend } = routes.fleet;

@Controller()
export class FleetController {
  constructor(private readonly fleet: FleetService) {}

  @Handles(overview)
  overview(@Caller() caller: PersonPrincipal): Promise<RouteResult<typeof overview>> {
    return this.fleet.getOverview(caller);
  }

  @Handles(devices)
  devices(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof devices>,
  ): Promise<RouteResult<typeof devices>> {
    return this.fleet.listDevices(caller, input.query);
  }

  @Handles(device)
  device(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof device>,
  ): Promise<RouteResult<typeof device>> {
    return this.fleet.getDevice(caller, input.params.deviceId);
  }

  @Handles(suspend)
  suspend(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof suspend>,
  ): Promise<RouteResult<typeof suspend>> {
    return this.fleet.setLifecycle(caller, input.params.deviceId, input.body.lifecycle);
  }
}
