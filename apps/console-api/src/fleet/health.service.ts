import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { DeviceId, EnterpriseId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { decideHealth, healthValidUntil } from './health.ts';
import { listDueFacts, listFacts, saveHealth, type DeviceFacts } from './health.store.ts';

const SWEEP_MS = 10_000;
const SLICE = 500;

/** Keeps the stored health of devices right: after each report, and when time alone changes it. */
@Injectable()
export class HealthService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('health');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly sockets: SocketHub,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.trySweep(), SWEEP_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async refresh(enterpriseId: EnterpriseId, deviceIds: readonly DeviceId[]): Promise<void> {
    await this.save(await listFacts(this.dataSource, enterpriseId, deviceIds));
  }

  /** After a change of a device that its health depends on: refresh it and tell the console's pages. */
  async announce({ enterpriseId, deviceId }: Pick<DeviceFacts, 'enterpriseId' | 'deviceId'>): Promise<void> {
    await this.refresh(enterpriseId, [deviceId]);
    this.sockets.deviceChanged(enterpriseId, deviceId);
  }

  /** One slice of what is due; answers how many there were. */
  async sweep(): Promise<number> {
    const due = await listDueFacts(this.dataSource, this.clock.now(), SLICE);
    const changed = new Set(await this.save(due));
    for (const { enterpriseId, deviceId } of due) {
      if (changed.has(deviceId)) this.sockets.deviceChanged(enterpriseId, deviceId);
    }
    return due.length;
  }

  private async save(devices: readonly DeviceFacts[]): Promise<DeviceId[]> {
    if (devices.length === 0) return [];
    const now = this.clock.now();
    const rows = devices.map(({ enterpriseId, deviceId, facts }) => {
      return { enterpriseId, deviceId, health: decideHealth(facts, now), until: healthValidUntil(facts, now) };
    });
    return saveHealth(this.dataSource, rows);
  }

  private async trySweep(): Promise<void> {
    try {
      while ((await this.sweep()) === SLICE);
    } catch (err) {
      this.logger.error({ err }, 'health could not be brought up to date; it is tried again');
    }
  }
}
