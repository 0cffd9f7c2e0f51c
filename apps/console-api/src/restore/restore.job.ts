import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Attempts } from '../jobs/attempts.ts';
import { countedIn } from '../jobs/counted-tries.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { RestoreRunner } from './restore-runner.ts';
import { findRunningRestore, removeOldRestores, type StoredRestore } from './restore.store.ts';

/** The next run goes on. */
const SLICES_PER_RUN = 200;
const EVERY_MS = 2000;
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const OLD_PER_RUN = 100;

/** Plans restores and carries them out, a slice of each in turn; a plan that takes long is not in the way of what is carried out. */
@Injectable()
export class RestoreJobRun implements OnModuleInit {
  readonly #logger = new Logger('restore');
  readonly #attempts = new Attempts();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
    private readonly runner: RestoreRunner,
  ) {}

  onModuleInit(): void {
    const of = { lane: 'long', everyMs: EVERY_MS } as const;
    this.jobs.register({ ...of, name: 'restore-planning', run: (signal, stop) => this.plan(signal, stop) });
    this.jobs.register({ ...of, name: 'restore', run: (signal, stop) => this.apply(signal, stop) });
  }

  plan(signal: AbortSignal, stop: AbortSignal): Promise<JobCounts> {
    return this.#run('planning', signal, stop);
  }

  async apply(signal: AbortSignal, stop: AbortSignal): Promise<JobCounts> {
    const counts = await this.#run('applying', signal, stop);
    const before = new Date(this.clock.now().getTime() - KEPT_MS);
    return { ...counts, forgotten: await removeOldRestores(this.dataSource.manager, before, OLD_PER_RUN) };
  }

  async #run(state: 'planning' | 'applying', signal: AbortSignal, stop: AbortSignal): Promise<JobCounts> {
    let [slices, steps] = [0, 0];
    const failed: string[] = [];
    for (let turn: string[] = []; slices < SLICES_PER_RUN && !signal.aborted; slices += 1) {
      const of = { state, skip: [...turn, ...failed], now: this.clock.now() };
      const restore = await findRunningRestore(this.dataSource.manager, of);
      if (!restore && turn.length === 0) break;
      if (restore) {
        const done = await this.#try(restore, stop).catch((err: unknown) => {
          this.#logger.error({ err, restore: restore.id }, 'a slice of a restore failed');
          failed.push(restore.id);
        });
        steps += done ?? 0;
      }
      turn = restore ? [...turn, restore.id] : [];
    }
    return { slices, steps, failed: failed.length };
  }

  #try(restore: StoredRestore, stop: AbortSignal): Promise<number | undefined> {
    const { manager } = this.dataSource;
    const { clock } = this;
    return this.#attempts.try({
      ...countedIn({ manager, clock }, { ...restore, table: 'restore_job' }),
      run: () => this.runner.runSlice(restore, stop),
      giveUp: () => this.runner.giveUp(restore),
    });
  }
}
