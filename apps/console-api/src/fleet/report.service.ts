import { Injectable } from '@nestjs/common';
import type { DeviceReport } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { inTransaction } from '../platform/transaction.ts';
import { LastSeen } from './last-seen.ts';
import { saveKeyStore, saveSnapshot, saveSums, saveTaskReports } from './report.store.ts';

/** Takes in what a device says about itself, by the socket or by HTTP. */
@Injectable()
export class ReportService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly lastSeen: LastSeen,
    private readonly sockets: SocketHub,
  ) {}

  async accept(device: DevicePrincipal, report: DeviceReport): Promise<void> {
    const now = this.clock.now();
    const isNewest = await inTransaction(this.dataSource, async (manager) => {
      if (!(await saveSnapshot(manager, device, report, now))) return false;
      await saveTaskReports(manager, device, report, now);
      await saveSums(manager, device);
      await saveKeyStore(manager, device, report);
      return true;
    });
    await this.lastSeen.noteNow(device.enterpriseId, device.deviceId);
    if (isNewest) this.sockets.deviceChanged(device.enterpriseId, device.deviceId);
  }
}
