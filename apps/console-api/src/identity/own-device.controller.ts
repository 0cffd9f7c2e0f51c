import { Controller } from '@nestjs/common';
import { AppError, routes, type RouteResult } from '@tideline/contracts';
import type { OperatorPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { OwnDeviceService } from './own-device.service.ts';

const { ownDevices, confirmDevice } = routes.session;

@Controller()
export class OwnDeviceController {
  constructor(private readonly devices: OwnDeviceService) {}

  @Handles(ownDevices)
  async list(@Caller() caller: PersonPrincipal | OperatorPrincipal): Promise<RouteResult<typeof ownDevices>> {
    return { devices: await this.devices.list(requirePerson(caller)) };
  }

  @Handles(confirmDevice)
  async confirm(
    @Caller() caller: PersonPrincipal | OperatorPrincipal,
    @Input() input: HandlerInput<typeof confirmDevice>,
  ): Promise<RouteResult<typeof confirmDevice>> {
    const { params, body } = input;
    return { devices: await this.devices.confirm(requirePerson(caller), params.deviceId, body.allowed) };
  }
}

/** An operator has no devices and no personal space. */
function requirePerson(caller: PersonPrincipal | OperatorPrincipal): PersonPrincipal {
  if (caller.kind === 'operator') throw new AppError('FORBIDDEN');
  return caller;
}
