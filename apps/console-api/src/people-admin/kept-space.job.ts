import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { deleteContentSlice, deleteSpace, findOverdueSpace } from './space-admin.store.ts';

export const KEPT_SPACE_JOB = 'kept-spaces';
const EVERY_MS = 60 * 60_000;
const ROWS_PER_SLICE = 5_000;

/** Lets spaces of deleted users and teams go when their time is up; the space itself last, so that an ended run is found again. */
@Injectable()
export class KeptSpaceJob implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: KEPT_SPACE_JOB, lane: 'long', everyMs: EVERY_MS, run: (signal) => this.run(signal) });
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    const { manager } = this.dataSource;
    let spaces = 0;
    let rows = 0;
    for (;;) {
      const overdue = await findOverdueSpace(manager, this.clock.now());
      if (!overdue || signal.aborted) return { spaces, rows };
      for (;;) {
        if (signal.aborted) return { spaces, rows };
        const gone = await deleteContentSlice(manager, overdue, ROWS_PER_SLICE);
        if (gone === 0) break;
        rows += gone;
      }
      await deleteSpace(manager, overdue);
      spaces += 1;
    }
  }
}
