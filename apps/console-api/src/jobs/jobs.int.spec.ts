import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { LANE_WIDTHS } from './choose-jobs.ts';
import { listJobRuns } from './job-run.store.ts';
import { JobRunner, LEASE_MS, RUN_BUDGET_MS } from './job-runner.ts';
import type { PeriodicJob } from './periodic-job.ts';

let database: TestDatabase;
let clock: ManualClock;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  clock = new ManualClock();
  await database.dataSource.query('DELETE FROM job_run');
});

const runs = () => listJobRuns(database.dataSource.manager);

function runnerWith(...jobs: (Partial<PeriodicJob> & Pick<PeriodicJob, 'run'>)[]): JobRunner {
  const runner = new JobRunner(database.dataSource, clock);
  for (const job of jobs) runner.register({ name: 'sweep', lane: 'long', everyMs: 60_000, ...job });
  return runner;
}

async function ranOnce(runner: JobRunner): Promise<void> {
  await runner.tick();
  await runner.idle();
}

/** A job that goes on until it is let go, or asked to end; knows how often it runs at once. */
class Gate {
  readonly #open = Promise.withResolvers<void>();
  readonly #waiting: (() => boolean)[] = [];
  now = 0;
  most = 0;
  runs = 0;

  readonly run = async (signal: AbortSignal, stop: AbortSignal) => {
    this.runs += 1;
    this.most = Math.max(this.most, (this.now += 1));
    for (const look of this.#waiting) look();
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.#open.promise, ended]);
    this.now -= 1;
    return { runs: this.runs, cut: Number(signal.aborted), stopped: Number(stop.aborted) };
  };

  /** Until so many are in at once. */
  entered(count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => this.now >= count && (resolve(), true);
      if (!look()) this.#waiting.push(look);
    });
  }

  open(): void {
    this.#open.resolve();
  }
}

describe('background jobs', () => {
  it('run when they are due and keep the last run for every console to see', async () => {
    let swept = 0;
    const runner = runnerWith({ run: async () => ({ swept: (swept += 1) }) });
    await ranOnce(runner);
    await ranOnce(runner);
    expect(swept).toBe(1);
    clock.advance(60_000);
    await ranOnce(runner);
    expect(await runs()).toMatchObject([{ name: 'sweep', counts: { swept: 2 }, isHeld: false, isCut: false }]);
  });

  it('that fail leave the reason and are tried again after a minute', async () => {
    let fails = true;
    const runner = runnerWith({
      run: async () => {
        if (fails) throw new Error('the disk is full');
        return {};
      },
    });
    await ranOnce(runner);
    expect(await runs()).toMatchObject([{ error: 'the disk is full' }]);
    fails = false;
    clock.advance(60_000);
    await ranOnce(runner);
    expect(await runs()).toMatchObject([{ error: null }]);
  });

  it('run beside one that takes long, as many at once as there is room for', async () => {
    const gate = new Gate();
    const long = Array.from({ length: LANE_WIDTHS.long + 1 }, (_, index) => ({ name: `long ${index}`, run: gate.run }));
    const done: string[] = [];
    const quick = (['prompt', 'bytes'] as const).map((lane) => ({
      name: lane,
      lane,
      run: async () => ({ done: done.push(lane) }),
    }));
    const runner = runnerWith(...long, ...quick);
    await runner.tick();
    for (const { name } of quick) await runner.runNow(name); // after the run that the tick began
    expect(new Set(done)).toEqual(new Set(['prompt', 'bytes']));
    await gate.entered(LANE_WIDTHS.long);
    await runner.tick();
    expect([gate.now, gate.most]).toEqual([LANE_WIDTHS.long, LANE_WIDTHS.long]);
    gate.open();
    await runner.idle();
    await ranOnce(runner);
    expect(gate.runs).toBe(long.length);
  });

  it('are asked to end when their time is over, and go on with the next look', async () => {
    const gate = new Gate();
    const runner = runnerWith({ run: gate.run });
    await runner.tick();
    await gate.entered();
    clock.advance(RUN_BUDGET_MS - 1);
    await runner.tick();
    expect(gate.now).toBe(1);
    clock.advance(1);
    await ranOnce(runner);
    expect(await runs()).toMatchObject([{ isCut: true, counts: { cut: 1, stopped: 0 } }]);
    await runner.tick();
    await gate.entered();
    gate.open();
    await runner.idle();
    expect(await runs()).toMatchObject([{ isCut: false, counts: { runs: 2, cut: 0 } }]);
  });

  it('end with the console, which waits for them', async () => {
    const gate = new Gate();
    const runner = runnerWith({ run: gate.run });
    await runner.tick();
    await gate.entered();
    await runner.beforeApplicationShutdown();
    expect(await runs()).toMatchObject([{ counts: { stopped: 1 }, isHeld: false }]);
    await ranOnce(runner);
    expect(gate.runs).toBe(1);
  });
});

describe('a job never overlaps with itself', () => {
  it('on one console: one that is asked for waits for the run under way', async () => {
    const gate = new Gate();
    const runner = runnerWith({ run: gate.run });
    await runner.tick();
    await gate.entered();
    const asked = Promise.all([runner.runNow('sweep'), runner.runNow('sweep')]);
    gate.open();
    expect((await asked).map(({ runs: count }) => count)).toEqual([2, 3]);
    expect(gate.most).toBe(1);
  });

  it('on two consoles: the other one leaves it alone, also when it ended since that looked', async () => {
    const gate = new Gate();
    const began: JobRunner[] = [];
    const newConsole = (): JobRunner => {
      const runner: JobRunner = runnerWith({ run: (...signals) => (began.push(runner), gate.run(...signals)) });
      return runner;
    };
    const [first, second] = [newConsole(), newConsole()];
    await Promise.all([first.tick(), second.tick()]);
    await gate.entered();
    const other = began[0] === first ? second : first; // either may have been the first to hold it
    clock.advance(LEASE_MS * 2); // the database's time counts
    await other.tick();
    await expect(other.runNow('sweep')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    gate.open();
    await Promise.all([first.idle(), second.idle()]);
    await Promise.all([ranOnce(first), ranOnce(second)]);
    expect([gate.runs, gate.most]).toEqual([1, 1]);
  });

  it('on two consoles: one that is gone holds it until its lease ends, and one that lost it is told to end', async () => {
    const gate = new Gate();
    const [first, second] = [runnerWith({ run: gate.run }), runnerWith({ run: async () => ({ taken: 1 }) })];
    await first.tick();
    await gate.entered();
    await ranOnce(second);
    expect(await runs()).toMatchObject([{ isHeld: true }]);
    await database.dataSource.query(`UPDATE job_run SET held_until = now()`); // nothing was heard of it for so long
    await ranOnce(second);
    await ranOnce(first);
    expect(gate.now).toBe(0);
    expect(await runs()).toMatchObject([{ counts: { taken: 1 } }]); // and does not write over the other's run
  });

  it('keeps what it runs with every look', async () => {
    const gate = new Gate();
    const runner = runnerWith({ run: gate.run });
    await runner.tick();
    await gate.entered();
    await database.dataSource.query(`UPDATE job_run SET held_until = now()`);
    await runner.tick();
    expect(await runs()).toMatchObject([{ isHeld: true }]);
    gate.open();
    await runner.idle();
  });
});
