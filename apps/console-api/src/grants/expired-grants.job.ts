import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { takeExpired } from './grant.store.ts';

export const EXPIRED_GRANTS_JOB = 'expired-grants';
/** PE-2: within seconds of its end a right that is gone pauses what needs it. */
const EVERY_MS = 3000;
const SLICE = 1000;

/**
 * Tells devices when the end of a grant comes. The grant stops counting by itself at that moment, in every decision and in
 * `capsRev`; this only saves the device from finding out at its next question. Lost on a crash, it costs no more than that.
 */
@Injectable()
export class ExpiredGrantsJob implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: JobRunner,
    private readonly sockets: SocketHub,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: EXPIRED_GRANTS_JOB,
      lane: 'prompt',
      everyMs: EVERY_MS,
      run: (signal) => this.run(signal),
    });
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    let told = 0;
    for (;;) {
      const expired = await takeExpired(this.dataSource.manager, SLICE);
      const spaces = new Map(expired.map((grant) => [grant.spaceId, grant.enterpriseId]));
      for (const [spaceId, enterpriseId] of spaces) this.sockets.rightsChanged(enterpriseId, spaceId);
      told += expired.length;
      if (expired.length < SLICE || signal.aborted) return { told };
    }
  }
}
