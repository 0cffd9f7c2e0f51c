import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts, PeriodicJob } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { RestoreRunner } from './restore-runner.ts';
import { findRunningRestore, removeOldRestores } from './restore.store.ts';

/** The next run goes on. */
const SLICES_PER_RUN = 200;
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const OLD_PER_RUN = 100;

export const RESTORE_JOB = 'restore';

/** Plans and applies restores, a slice of each in turn, and forgets old ones. What a run leaves, the next one finds. */
@Injectable()
export class RestoreJobRun implements PeriodicJob, OnModuleInit {
  readonly name = RESTORE_JOB;
  readonly lane = 'long';
  readonly everyMs = 2000;
  readonly #logger = new Logger('restore');

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
    private readonly runner: RestoreRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register(this);
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    let [slices, steps] = [0, 0];
    const failed: string[] = [];
    for (let turn: string[] = []; slices < SLICES_PER_RUN && !signal.aborted; slices += 1) {
      const restore = await findRunningRestore(this.dataSource.manager, [...turn, ...failed]);
      if (!restore && turn.length === 0) break;
      if (restore) {
        steps += await this.runner.runSlice(restore).catch((err: unknown) => {
          this.#logger.error({ err, restore: restore.id }, 'a slice of a restore failed; the next run tries it again');
          failed.push(restore.id);
          return 0;
        });
      }
      turn = restore ? [...turn, restore.id] : [];
    }
    const before = new Date(this.clock.now().getTime() - KEPT_MS);
    const forgotten = await removeOldRestores(this.dataSource.manager, before, OLD_PER_RUN);
    return { slices, steps, failed: failed.length, forgotten };
  }
}
