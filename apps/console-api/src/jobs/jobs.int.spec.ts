import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { listJobRuns } from './job-run.store.ts';
import { JobRunner } from './job-runner.ts';
import { Leader } from './leader.ts';

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

function runnerWith(run: () => Promise<Record<string, number>>): JobRunner {
  const runner = new JobRunner(database.dataSource, clock);
  runner.register({ name: 'sweep', everyMs: 60_000, run });
  return runner;
}

describe('background jobs', () => {
  it('run when they are due and keep the last run for every console to see', async () => {
    let runs = 0;
    const runner = runnerWith(async () => ({ swept: (runs += 1) }));
    await runner.runDue();
    await runner.runDue();
    expect(runs).toBe(1);
    clock.advance(60_000);
    await runner.runDue();
    expect(await listJobRuns(database.dataSource.manager)).toMatchObject([{ name: 'sweep', counts: { swept: 2 } }]);
    await runner.beforeApplicationShutdown();
  });

  it('that fail leave the reason and are tried again after a minute', async () => {
    let fails = true;
    const runner = runnerWith(async () => {
      if (fails) throw new Error('the disk is full');
      return {};
    });
    await runner.runDue();
    expect(await listJobRuns(database.dataSource.manager)).toMatchObject([{ error: 'the disk is full' }]);
    fails = false;
    clock.advance(60_000);
    await runner.runDue();
    expect(await listJobRuns(database.dataSource.manager)).toMatchObject([{ error: null }]);
    await runner.beforeApplicationShutdown();
  });

  it('run on one console only, and on the next one when that is gone', async () => {
    const [first, second] = [new Leader(database.dataSource), new Leader(database.dataSource)];
    expect([await first.isLeading(), await first.isLeading(), await second.isLeading()]).toEqual([true, true, false]);
    await first.resign();
    expect(await second.isLeading()).toBe(true);
    await second.resign();
  });
});
