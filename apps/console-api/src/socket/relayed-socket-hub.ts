import { Injectable } from '@nestjs/common';
import type { DeviceId, EnterpriseId, SpaceId, UserId } from '@tideline/contracts';
import { SocketHub, type SpaceWatcher } from '../platform/socket-hub.ts';
import { tellHub, type HubCall } from './hub-call.ts';
import { HubRelay } from './hub-relay.ts';
import { LocalSocketHub } from './local-socket-hub.ts';

/** Tells the sockets of this process at once, and those of the other consoles through the database. */
@Injectable()
export class RelayedSocketHub extends SocketHub {
  constructor(
    private readonly local: LocalSocketHub,
    private readonly relay: HubRelay,
  ) {
    super();
  }

  override watchSpaces(watcher: SpaceWatcher): void {
    this.local.watchSpaces(watcher);
  }

  nudgeSpace(enterpriseId: EnterpriseId, spaceId: SpaceId, seq: number): void {
    this.tell({ call: 'nudgeSpace', enterpriseId, spaceId, seq });
  }

  rightsChanged(enterpriseId: EnterpriseId, spaceId: SpaceId): void {
    this.tell({ call: 'rightsChanged', enterpriseId, spaceId });
  }

  roomFreed(enterpriseId: EnterpriseId, spaceId?: SpaceId): void {
    this.tell({ call: 'roomFreed', enterpriseId, spaceId });
  }

  settingsChanged(enterpriseId: EnterpriseId, deviceId?: DeviceId): void {
    this.tell({ call: 'settingsChanged', enterpriseId, deviceId });
  }

  noticesChanged(enterpriseId: EnterpriseId, to: UserId | 'admins'): void {
    this.tell({ call: 'noticesChanged', enterpriseId, to });
  }

  deviceChanged(enterpriseId: EnterpriseId, deviceId: DeviceId): void {
    this.tell({ call: 'deviceChanged', enterpriseId, deviceId });
  }

  private tell(told: HubCall): void {
    tellHub(this.local, told);
    this.relay.publish(told);
  }
}
