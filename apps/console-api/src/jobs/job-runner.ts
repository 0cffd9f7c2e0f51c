import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.ts';
import { listJobRuns, saveJobRun } from './job-run.store.ts';
import { Leader } from './leader.ts';
import type { JobCounts, PeriodicJob } from './periodic-job.ts';

const TICK_MS = 1000;
/** A job that failed is tried again after this, or after its own time if that is sooner. */
const RETRY_MS = 60_000;

/** Runs due jobs one after another, on the one console that leads. Modules register theirs when they start. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly jobs = new Map<string, PeriodicJob>();
  private readonly stopping = new AbortController();
  private readonly leader: Leader;
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.leader = new Leader(dataSource);
  }

  register(job: PeriodicJob): void {
    if (this.jobs.has(job.name)) throw new Error(`a job named ${job.name} is registered already`);
    this.jobs.set(job.name, job);
  }

  onApplicationBootstrap(): void {
    this.scheduleTick();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.working;
    await this.leader.resign();
  }

  /** Runs a job at once, whether it is due or not. Throws what it throws. */
  async runNow(name: string): Promise<JobCounts> {
    const job = this.jobs.get(name);
    if (!job) throw new Error(`there is no job named ${name}`);
    const startedAt = this.clock.now();
    const run = { name, startedAt, counts: {}, error: null };
    try {
      const counts = await job.run(this.stopping.signal);
      await saveJobRun(this.dataSource.manager, { ...run, counts, endedAt: this.clock.now() });
      return counts;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      await saveJobRun(this.dataSource.manager, { ...run, error: reason, endedAt: this.clock.now() });
      throw error;
    }
  }

  /** Everything that is due, if this console leads. */
  async runDue(): Promise<void> {
    if (!(await this.leader.isLeading())) return;
    const last = new Map((await listJobRuns(this.dataSource.manager)).map((run) => [run.name, run]));
    for (const job of this.jobs.values()) {
      if (this.stopping.signal.aborted) return;
      const run = last.get(job.name);
      const waitMs = run?.error ? Math.min(RETRY_MS, job.everyMs) : job.everyMs;
      if (run && this.clock.now().getTime() - run.endedAt.getTime() < waitMs) continue;
      await this.runNow(job.name).catch((err: unknown) => this.logger.error({ err, job: job.name }, 'a job failed'));
    }
  }

  private scheduleTick(): void {
    this.timer = setTimeout(() => {
      this.working = this.runDue()
        .catch((err: unknown) => this.logger.error({ err }, 'jobs could not be looked at; it is tried again'))
        .finally(() => {
          if (!this.stopping.signal.aborted) this.scheduleTick();
        });
    }, TICK_MS);
    this.timer.unref();
  }
}
