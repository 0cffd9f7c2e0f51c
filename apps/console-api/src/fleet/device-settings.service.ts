import { Injectable } from '@nestjs/common';
import { AppError, MAX_FILES, MAX_TASKS, type DeviceSettings, type UserId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { findFeatureRefusal, toFeatureState } from '../enterprise/feature.ts';
import { FeatureService } from '../enterprise/feature.service.ts';
import { SyncPolicyService } from '../enterprise/sync-policy.service.ts';
import { Clock } from '../platform/clock.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { SpaceSight } from '../platform/space-sight.ts';

type Owner = { readonly deviceName: string; readonly id: UserId; readonly name: string; readonly email: string };

/** What a device needs to know before it may create or run tasks. */
@Injectable()
export class DeviceSettingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly spaces: SpaceSight,
    private readonly features: FeatureService,
    private readonly policies: SyncPolicyService,
  ) {}

  async get(device: DevicePrincipal): Promise<DeviceSettings> {
    const now = this.clock.now();
    const enterprise = await this.features.getEnterprise(device.enterpriseId);
    const { deviceName, ...user } = await this.getOwner(device);
    return {
      enterprise: { code: enterprise.code, name: enterprise.name },
      user,
      deviceName,
      feature: toFeatureState(enterprise, now),
      refusal: findFeatureRefusal(enterprise, device.agentVersion, now),
      limits: { maxTasks: MAX_TASKS, maxFiles: MAX_FILES },
      policy: await this.policies.get(device.enterpriseId),
      spaces: await this.spaces.listSpaces(device),
    };
  }

  private async getOwner(device: DevicePrincipal): Promise<Owner> {
    const [owner] = await this.dataSource.query<Owner[]>(
      `SELECT d.name AS "deviceName", u.id, u.name, u.email
         FROM device d JOIN app_user u ON u.enterprise_id = d.enterprise_id AND u.id = d.user_id
        WHERE d.enterprise_id = $1 AND d.id = $2`,
      [device.enterpriseId, device.deviceId],
    );
    if (!owner) throw new AppError('DEVICE_REVOKED');
    return owner;
  }
}
