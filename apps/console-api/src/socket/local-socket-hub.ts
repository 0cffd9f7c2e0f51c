import { Injectable } from '@nestjs/common';
import type { DeviceId, EnterpriseId, SpaceId, UserId } from '@tideline/contracts';
import { findRefusal } from '../platform/permission.ts';
import { isDriveAdmin, type PersonPrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { Connections, tellDevice, tellPage } from './connections.ts';

export type HubListener = {
  readonly onRightsChanged: (enterpriseId: EnterpriseId, spaceId: SpaceId) => void;
  readonly onDeviceChanged: (enterpriseId: EnterpriseId, deviceId: DeviceId) => void;
};

/** Tells the sockets of this process. */
@Injectable()
export class LocalSocketHub extends SocketHub {
  readonly connections = new Connections();
  private listener: HubListener | undefined;

  /** The gateway checks again what a socket may see or whether it may stay. */
  listen(listener: HubListener): void {
    this.listener = listener;
  }

  nudgeSpace(enterpriseId: EnterpriseId, space: SpaceId, seq: number): void {
    this.tellWatchers(space, seq);
    for (const connection of this.connections.ofEnterprise(enterpriseId)) {
      if (!connection.watched.has(space)) continue;
      if (connection.kind === 'device') tellDevice(connection, { type: 'nudge.v1', space, seq });
      else tellPage(connection, { type: 'space.v1', space, seq });
    }
  }

  /** PE-5: who saw the space until now is told at once, who comes to see it when that is known, and nobody else. */
  rightsChanged(enterpriseId: EnterpriseId, space: SpaceId): void {
    for (const device of this.connections.devices(enterpriseId)) {
      if (device.watched.has(space)) tellDevice(device, { type: 'rights.v1', space });
    }
    this.tellWatchers(space);
    this.listener?.onRightsChanged(enterpriseId, space);
  }

  roomFreed(enterpriseId: EnterpriseId, spaceId?: SpaceId): void {
    for (const device of this.connections.devices(enterpriseId)) {
      const spaces = spaceId === undefined ? device.watched : device.watched.has(spaceId) ? [spaceId] : [];
      for (const space of spaces) tellDevice(device, { type: 'room.v1', space });
    }
  }

  settingsChanged(enterpriseId: EnterpriseId, deviceId?: DeviceId): void {
    for (const device of this.connections.devices(enterpriseId, deviceId)) tellDevice(device, { type: 'settings.v1' });
    if (deviceId !== undefined) return;
    for (const page of this.connections.pages(enterpriseId)) tellPage(page, { type: 'feature.v1' });
  }

  noticesChanged(enterpriseId: EnterpriseId, to: UserId | 'admins'): void {
    for (const page of this.connections.pages(enterpriseId)) {
      const { userId, role } = page.principal;
      if (to === 'admins' ? isDriveAdmin(role) : userId === to) tellPage(page, { type: 'notice.v1' });
    }
  }

  deviceChanged(enterpriseId: EnterpriseId, deviceId: DeviceId): void {
    for (const page of this.connections.pages(enterpriseId)) {
      if (seesAllDevices(page.principal)) tellPage(page, { type: 'device.v1', deviceId });
    }
    this.listener?.onDeviceChanged(enterpriseId, deviceId);
  }
}

/** PE-3: as the routes of the fleet let them; of team admins it depends on whose device it is. */
function seesAllDevices(person: PersonPrincipal): boolean {
  return person.role !== 'team_admin' && findRefusal('console-read', person) === undefined;
}
