import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { listEnded } from './operator.store.ts';

export const ENTITLEMENT_END_JOB = 'entitlement-end';
const EVERY_MS = 20_000;
/** Wider than the time between two runs: being told twice is harmless, not being told is not. */
const LOOK_BACK_MS = 120_000;

/** EN-4, EN-6: tells devices within a minute that the entitlement of their enterprise ended, which nothing else makes known. */
@Injectable()
export class EntitlementEndJob implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly sockets: SocketHub,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: ENTITLEMENT_END_JOB, lane: 'prompt', everyMs: EVERY_MS, run: () => this.run() });
  }

  async run(): Promise<JobCounts> {
    const now = this.clock.now();
    const ended = await listEnded(this.dataSource.manager, new Date(now.getTime() - LOOK_BACK_MS), now);
    for (const enterpriseId of ended) this.sockets.settingsChanged(enterpriseId);
    return { enterprises: ended.length };
  }
}
