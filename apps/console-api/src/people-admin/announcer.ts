import { Injectable } from '@nestjs/common';
import type { DeviceId, EnterpriseId, SpaceId } from '@tideline/contracts';
import { GrantService } from '../grants/grant.service.ts';
import { DeviceGate } from '../identity/device-gate.ts';
import { SocketHub } from '../platform/socket-hub.ts';

/** Tells, after the commit, everybody whom a change of people concerns. */
@Injectable()
export class Announcer {
  constructor(
    private readonly grants: GrantService,
    private readonly gate: DeviceGate,
    private readonly sockets: SocketHub,
  ) {}

  /** Rights that come from teams, memberships and roles may differ now, and so may the spaces that are seen. */
  async membershipChanged(enterpriseId: EnterpriseId): Promise<void> {
    await this.grants.announceMembershipChange(enterpriseId);
    this.sockets.settingsChanged(enterpriseId);
  }

  /** A kept space is closed to those who received shares of it (PE-2). */
  spaceKept(enterpriseId: EnterpriseId, spaceId: SpaceId): void {
    this.sockets.rightsChanged(enterpriseId, spaceId);
  }

  /** Their next call is decided anew, their sockets are looked at now. */
  devicesChanged(enterpriseId: EnterpriseId, deviceIds: readonly DeviceId[]): void {
    for (const deviceId of deviceIds) {
      this.gate.forget(deviceId);
      this.sockets.deviceChanged(enterpriseId, deviceId);
    }
  }

  /** Of one space, or of all that have the default of their kind. */
  quotaChanged(enterpriseId: EnterpriseId, spaceId?: SpaceId): void {
    this.sockets.settingsChanged(enterpriseId);
    this.sockets.roomFreed(enterpriseId, spaceId);
  }
}
