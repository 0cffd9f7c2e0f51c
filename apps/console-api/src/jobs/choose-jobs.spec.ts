import { describe, expect, it } from 'vitest';
import { chooseJobs, LANE_WIDTHS, RETRY_MS } from './choose-jobs.ts';
import type { JobRun } from './job-run.store.ts';
import type { JobLane, PeriodicJob } from './periodic-job.ts';

const now = new Date('2026-05-04T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const job = (name: string, lane: JobLane = 'long', everyMs = 1000): PeriodicJob => ({
  name,
  lane,
  everyMs,
  run: () => Promise.resolve({}),
});
const ran = (name: string, of: Partial<JobRun> = {}): JobRun => ({
  name,
  startedAt: ago(5000),
  endedAt: ago(500),
  counts: {},
  error: null,
  isCut: false,
  isHeld: false,
  ...of,
});
const chosen = (jobs: readonly PeriodicJob[], runs: readonly JobRun[] = [], running: readonly PeriodicJob[] = []) =>
  chooseJobs(jobs, { runs, running, now }).map((each) => each.name);

describe('which jobs begin', () => {
  it.each<[string, JobRun | undefined, boolean]>([
    ['never ran', undefined, true],
    ['ended within its time', ran('a'), false],
    ['ended a whole turn ago', ran('a', { endedAt: ago(1000) }), true],
    ['began and never ended', ran('a', { endedAt: null }), true],
    ['runs on some console', ran('a', { endedAt: null, isHeld: true }), false],
    ['was cut', ran('a', { isCut: true }), true],
  ])('one that %s', (_, run, isDue) => {
    expect(chosen([job('a')], run ? [run] : [])).toEqual(isDue ? ['a'] : []);
  });

  it('one that failed after a minute, or its own time if that is sooner', () => {
    const failed = [
      ran('a', { error: 'x', endedAt: ago(RETRY_MS) }),
      ran('b', { error: 'x', endedAt: ago(RETRY_MS - 1) }),
    ];
    expect(chosen([job('a', 'long', 1e9), job('b', 'long', 1e9)], failed)).toEqual(['a']);
    expect(chosen([job('b', 'long', 10)], failed)).toEqual(['b']);
  });

  it('as many of a lane as it has room for, whatever the other lanes do', () => {
    const long = Array.from({ length: LANE_WIDTHS.long + 1 }, (_, index) => job(`long ${index}`));
    const prompt = job('prompt', 'prompt');
    expect(chosen([...long, prompt], [], long.slice(0, 2))).toEqual(['long 2', 'long 3', 'prompt']);
    expect(chosen([...long, prompt], [], long.slice(0, -1))).toEqual(['prompt']);
  });

  it('those that have waited longest first, so that one that is always cut is not always next', () => {
    const long = Array.from({ length: LANE_WIDTHS.long }, (_, index) => job(`waits ${index}`));
    const runs = [
      ran('cut', { isCut: true, endedAt: ago(1) }),
      ...long.map(({ name }) => ran(name, { endedAt: ago(1500) })),
    ];
    expect(chosen([job('cut'), ...long], runs)).toEqual(long.map(({ name }) => name));
  });
});
