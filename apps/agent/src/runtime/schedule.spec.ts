import { describe, expect, it } from 'vitest';
import type { PauseReason } from '@tideline/contracts';
import {
  backoffMs,
  decide,
  findRefusingPause,
  MAX_BACKOFF_MS,
  MAX_DIRTY_PATHS,
  mergeDirty,
  nextPollMs,
  nextRescanMs,
  requestGoesOn,
  type ScheduleState,
} from './schedule.ts';

const NOW = 1_000_000;
const idle: ScheduleState = {
  pauses: new Set(),
  suspended: false,
  auto: true,
  request: null,
  dirty: null,
  later: null,
  nudged: false,
  again: false,
  rescanAtMs: NOW + 1000,
  pollAtMs: NOW + 500,
  wakeAtMs: null,
  notBeforeMs: 0,
};
const paused = (...reasons: PauseReason[]) => new Set(reasons);

describe('decide', () => {
  it('sleeps until the nearest of poll, rescan and wake-up', () => {
    expect(decide(idle, NOW)).toEqual({ t: 'sleep', untilMs: NOW + 500 });
    expect(decide({ ...idle, wakeAtMs: NOW + 7 }, NOW)).toEqual({ t: 'sleep', untilMs: NOW + 7 });
  });

  it('runs what the watcher hinted at without asking the feed', () => {
    const dirty = new Set(['docs']);
    expect(decide({ ...idle, dirty }, NOW)).toEqual({ t: 'run', dirty, pullFeed: false });
  });

  it('pulls the feed on a nudge and when the poll is due, without reading the disk', () => {
    expect(decide({ ...idle, nudged: true }, NOW)).toEqual({ t: 'run', dirty: null, pullFeed: true });
    expect(decide(idle, NOW + 500)).toEqual({ t: 'run', dirty: null, pullFeed: true });
  });

  it('[SA-4] reads everything when the rescan is due, whatever the hints said', () => {
    expect(decide({ ...idle, dirty: new Set(['a']) }, NOW + 1000)).toEqual({ t: 'run', dirty: 'all', pullFeed: true });
  });

  it('runs again for settled deletes without new observations', () => {
    expect(decide({ ...idle, wakeAtMs: NOW }, NOW)).toEqual({ t: 'run', dirty: null, pullFeed: false });
  });

  it('waits out the back-off, but not on request', () => {
    const failing: ScheduleState = { ...idle, nudged: true, again: true, notBeforeMs: NOW + 9 };
    expect(decide(failing, NOW)).toEqual({ t: 'sleep', untilMs: NOW + 9 });
    expect(decide({ ...failing, request: 'full' }, NOW)).toEqual({ t: 'run', dirty: 'all', pullFeed: true });
  });

  it('runs nothing, not even on request, while the device is not accepted', () => {
    expect(decide({ ...idle, suspended: true, request: 'full' }, NOW)).toEqual({ t: 'sleep', untilMs: null });
  });

  it('[TA-6] runs a manual task only when asked', () => {
    const manual: ScheduleState = { ...idle, auto: false, dirty: 'all', nudged: true, again: true };
    expect(decide(manual, NOW + 5000)).toEqual({ t: 'sleep', untilMs: null });
    expect(decide({ ...manual, request: 'full' }, NOW)).toEqual({ t: 'run', dirty: 'all', pullFeed: true });
    expect(decide({ ...manual, request: 'rest' }, NOW)).toMatchObject({ t: 'run', dirty: 'all', pullFeed: true });
  });

  it.each<PauseReason>(['user', 'schedule', 'metered', 'battery'])('[TA-8] runs once in spite of %s', (reason) => {
    const state: ScheduleState = { ...idle, pauses: paused(reason), nudged: true };
    expect(decide(state, NOW)).toEqual({ t: 'sleep', untilMs: null });
    expect(decide({ ...state, request: 'full' }, NOW).t).toBe('run');
  });

  it.each<PauseReason>(['admin', 'policy', 'disabled', 'permission', 'agent_too_old'])(
    '[TA-8] never runs while paused by %s, though asked and though the user pause would allow it',
    (reason) => {
      const pauses = paused('user', reason);
      expect(findRefusingPause(pauses)).toBe(reason);
      expect(decide({ ...idle, pauses, request: 'full' }, NOW)).toEqual({ t: 'sleep', untilMs: null });
    },
  );
});

describe('mergeDirty', () => {
  it('unites hints, and lets "all" swallow the rest', () => {
    expect(mergeDirty(null, null)).toBeNull();
    expect(mergeDirty(new Set(['a']), new Set(['b']))).toEqual(new Set(['a', 'b']));
    expect(mergeDirty(new Set(['a']), 'all')).toBe('all');
  });

  it('is bounded: too many hints become a full scan', () => {
    const many = new Set(Array.from({ length: MAX_DIRTY_PATHS }, (_, index) => `f${index}`));
    expect(mergeDirty(many, new Set(['one more']))).toBe('all');
  });
});

describe('times', () => {
  it.each([0, 0.5, 0.999])('spreads rescans over 30 to 60 minutes, about 10 while degraded (random %d)', (random) => {
    const minutes = (ms: number) => (ms - NOW) / 60_000;
    expect(minutes(nextRescanMs(NOW, false, random))).toSatisfy((m: number) => m >= 30 && m < 60);
    expect(minutes(nextRescanMs(NOW, true, random))).toSatisfy((m: number) => m >= 9 && m < 11);
    expect(minutes(nextPollMs(NOW, random)) * 60).toSatisfy((s: number) => s >= 40 && s < 60);
  });

  it('doubles the back-off up to its bound', () => {
    expect([1, 2, 3].map((failures) => backoffMs(failures, 0))).toEqual([500, 1000, 2000]);
    expect(backoffMs(1000, 0.999)).toBeLessThanOrEqual(MAX_BACKOFF_MS);
  });

  it('lets a run on request wait for deletes that settle, not for a retry in hours', () => {
    expect(requestGoesOn({ again: true, wakeAtMs: null, pending: 0 }, NOW)).toBe(true);
    expect(requestGoesOn({ again: false, wakeAtMs: NOW + 2000, pending: 1 }, NOW)).toBe(true);
    expect(requestGoesOn({ again: false, wakeAtMs: NOW + 2000, pending: 0 }, NOW)).toBe(false);
    expect(requestGoesOn({ again: false, wakeAtMs: NOW + 3_600_000, pending: 1 }, NOW)).toBe(false);
  });
});
