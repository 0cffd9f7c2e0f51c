import { Injectable } from '@nestjs/common';
import { AppError, type DeviceId, type OwnDevice } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { DeviceGate } from './device-gate.ts';
import { listOwnDevices, updatePersonalSpace } from './own-device.store.ts';

/** PE-5: the person, and nobody else, decides which devices read the personal space. */
@Injectable()
export class OwnDeviceService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gate: DeviceGate,
    private readonly sockets: SocketHub,
  ) {}

  list(person: PersonPrincipal): Promise<OwnDevice[]> {
    return listOwnDevices(this.dataSource, person);
  }

  async confirm(person: PersonPrincipal, deviceId: DeviceId, allowed: boolean): Promise<OwnDevice[]> {
    const isOwn = await updatePersonalSpace(this.dataSource, person, { deviceId, allowed });
    if (!isOwn) throw new AppError('NOT_FOUND', { what: 'The device' });
    this.gate.forget(deviceId);
    this.sockets.settingsChanged(person.enterpriseId, deviceId);
    return this.list(person);
  }
}
