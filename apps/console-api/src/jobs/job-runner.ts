import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AppError } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../platform/clock.ts';
import { chooseJobs } from './choose-jobs.ts';
import { claimRun, listJobRuns, renewRuns, saveEnd } from './job-run.store.ts';
import type { JobCounts, PeriodicJob } from './periodic-job.ts';

const TICK_MS = 1000;
/** A run is asked to end after this, so that others that wait for its lane have their turn; the next one goes on. */
export const RUN_BUDGET_MS = 20_000;
/** Renewed with every tick: for so long a console that is gone keeps its jobs from the others. */
export const LEASE_MS = 30_000;

type Run = {
  readonly job: PeriodicJob;
  readonly id: string;
  readonly startedAt: Date;
  /** Its time is over. */
  readonly cut: AbortController;
  /** Another console may have it. */
  readonly lost: AbortController;
  isClaimed: boolean;
  /** `undefined`: some other console runs it. */
  done: Promise<JobCounts | undefined>;
};

/**
 * Runs due jobs side by side, each for a while. Any console may run one, and never two at once: who begins holds the job in its
 * row until it ends. Modules register theirs when they start.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly jobs = new Map<string, PeriodicJob>();
  private readonly running = new Map<string, Run>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<unknown> = Promise.resolve();
  private renewedAt: Date;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.renewedAt = clock.now();
  }

  register(job: PeriodicJob): void {
    if (this.jobs.has(job.name)) throw new Error(`a job named ${job.name} is registered already`);
    this.jobs.set(job.name, job);
  }

  onApplicationBootstrap(): void {
    this.scheduleTick();
  }

  /** Waits for the slices under way; whatever takes long ends by its `stop`. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.ticking;
    await this.idle();
  }

  /** Runs a job at once, whether it is due or not, after the run that is under way here. Throws what it throws. */
  async runNow(name: string): Promise<JobCounts> {
    const job = this.jobs.get(name);
    if (!job) throw new Error(`there is no job named ${name}`);
    for (let other = this.running.get(name); other; other = this.running.get(name)) {
      await other.done.catch(() => undefined);
    }
    const counts = await this.start(job).done;
    if (!counts) throw new AppError('UNAVAILABLE'); // another console has it
    return counts;
  }

  /** Keeps what runs, and starts what is due and has room. */
  async tick(): Promise<void> {
    await this.renew();
    const runs = await listJobRuns(this.dataSource.manager);
    if (this.stopping.signal.aborted) return;
    const running = [...this.running.values()].map((run) => run.job);
    const endedAt = new Map(runs.map((run) => [run.name, run.endedAt]));
    for (const job of chooseJobs([...this.jobs.values()], { runs, running, now: this.clock.now() })) {
      this.start(job, endedAt.get(job.name) ?? null).done.catch((err: unknown) =>
        this.logger.error({ err, job: job.name }, 'a job failed'),
      );
    }
    this.cutLongRuns();
  }

  /** Until nothing runs. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled([...this.running.values()].map((run) => run.done));
  }

  private start(job: PeriodicJob, after?: Date | null): Run {
    const [cut, lost] = [new AbortController(), new AbortController()];
    const begun = { job, id: uuidv7(), startedAt: this.clock.now(), cut, lost, isClaimed: false };
    const run: Run = { ...begun, done: Promise.resolve(undefined) };
    this.running.set(job.name, run);
    run.done = this.work(run, after).finally(() => {
      this.running.delete(job.name);
      if (this.timer && run.isClaimed) this.scheduleTick(0); // somebody may wait for its place
    });
    return run;
  }

  private async work(run: Run, after: Date | null | undefined): Promise<JobCounts | undefined> {
    const { manager } = this.dataSource;
    const key = { name: run.job.name, runId: run.id };
    run.isClaimed = await claimRun(manager, { ...key, startedAt: run.startedAt, leaseMs: LEASE_MS, after });
    if (!run.isClaimed) return undefined;
    const stop = AbortSignal.any([run.lost.signal, this.stopping.signal]);
    const end = (of: { counts: JobCounts; error: string | null }) =>
      saveEnd(manager, { ...key, ...of, endedAt: this.clock.now(), isCut: run.cut.signal.aborted });
    try {
      const counts = await run.job.run(AbortSignal.any([run.cut.signal, stop]), stop);
      await end({ counts, error: null });
      return counts;
    } catch (error) {
      await end({ counts: {}, error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  private cutLongRuns(): void {
    const now = this.clock.now().getTime();
    for (const { job, startedAt, cut } of this.running.values()) {
      if (now - startedAt.getTime() >= (job.budgetMs ?? RUN_BUDGET_MS)) cut.abort();
    }
  }

  /** Who cannot tell for as long as the lease that it still holds its jobs gives them up: another console may begin. */
  private async renew(): Promise<void> {
    const claimed = [...this.running.values()].filter((run) => run.isClaimed);
    const at = this.clock.now();
    if (claimed.length > 0) {
      const ids = claimed.map((run) => run.id);
      const held = await renewRuns(this.dataSource.manager, ids, LEASE_MS).catch((error: unknown) => {
        if (at.getTime() - this.renewedAt.getTime() >= LEASE_MS) for (const run of claimed) run.lost.abort();
        throw error;
      });
      for (const run of claimed) if (!held.has(run.id)) run.lost.abort();
    }
    this.renewedAt = at;
  }

  private scheduleTick(waitMs = TICK_MS): void {
    clearTimeout(this.timer);
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.ticking = this.ticking
        .then(() => this.tick())
        .catch((err: unknown) => this.logger.error({ err }, 'jobs could not be looked at; it is tried again'))
        .finally(() => this.scheduleTick());
    }, waitMs);
    this.timer.unref();
  }
}
