import { Injectable } from '@nestjs/common';
import { AppError, type DeviceId, type OwnDevice } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { NoticeService } from '../notices/notice.service.ts';
import { DeviceGate } from './device-gate.ts';
import { listOwnDevices, updatePersonalSpace } from './own-device.store.ts';

/** Of the notice that a device waits for its person's word. */
export function deviceTopic(deviceId: DeviceId): string {
  return `device ${deviceId}`;
}

/** PE-5: the person, and nobody else, decides which devices read the personal space. */
@Injectable()
export class OwnDeviceService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gate: DeviceGate,
    private readonly sockets: SocketHub,
    private readonly notices: NoticeService,
  ) {}

  list(person: PersonPrincipal): Promise<OwnDevice[]> {
    return listOwnDevices(this.dataSource, person);
  }

  async confirm(person: PersonPrincipal, deviceId: DeviceId, allowed: boolean): Promise<OwnDevice[]> {
    const isOwn = await updatePersonalSpace(this.dataSource, person, { deviceId, allowed });
    if (!isOwn) throw new AppError('NOT_FOUND', { what: 'The device' });
    this.gate.forget(deviceId);
    this.sockets.settingsChanged(person.enterpriseId, deviceId);
    await this.notices.settle({ enterpriseId: person.enterpriseId, to: person.userId }, deviceTopic(deviceId));
    return this.list(person);
  }
}
