import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { DeviceId, EnterpriseId } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { HealthService } from './health.service.ts';
import { saveLastSeen, type SeenDevice } from './last-seen.store.ts';

const FLUSH_MS = 30_000;

/** When devices were last heard of: kept in memory, written every 30 s in one statement. Holds connected devices only. */
@Injectable()
export class LastSeen implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('last-seen');
  private readonly waiting = new Map<DeviceId, SeenDevice>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly health: HealthService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tryFlush(), FLUSH_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.tryFlush();
  }

  note(enterpriseId: EnterpriseId, deviceId: DeviceId): void {
    this.waiting.set(deviceId, { enterpriseId, deviceId, at: this.clock.now() });
  }

  /** At the first sign of a device it is online at once, not at the next flush. */
  async noteNow(enterpriseId: EnterpriseId, deviceId: DeviceId): Promise<void> {
    await saveLastSeen(this.dataSource, [{ enterpriseId, deviceId, at: this.clock.now() }]);
    await this.health.refresh(enterpriseId, [deviceId]);
  }

  async flush(): Promise<void> {
    const seen = [...this.waiting.values()];
    this.waiting.clear();
    if (seen.length > 0) await saveLastSeen(this.dataSource, seen);
  }

  private async tryFlush(): Promise<void> {
    try {
      await this.flush();
    } catch (err) {
      this.logger.error({ err }, 'last-seen times could not be written; newer ones follow');
    }
  }
}
