import { describe, expect, it } from 'vitest';
import { AppError } from '@tideline/contracts';
import type { CycleReport, DirtyPaths } from '@tideline/sync-core';
import { ManualTimers } from '../testing/manual-timers.ts';
import { RootSupervisor, type SupervisorOptions } from './root-supervisor.ts';
import { RunSlots } from './run-slots.ts';
import type { RunRequest, TaskEngine } from './task-engine.ts';
import { toTaskStatus } from './task-status.ts';

const idle: CycleReport = {
  ...{ stop: null, blocked: null, pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0, files: 3, folders: 1 },
  ...{ again: false, lookAgain: null, wakeAtMs: null, lastFullSyncMs: Infinity, verified: true },
};

/** An engine whose runs end when the test says so. */
class FakeEngine implements TaskEngine {
  readonly runs: RunRequest[] = [];
  readonly log: string[] = [];
  onDirty: (dirty: DirtyPaths) => void = () => undefined;
  onTrouble: (code: string) => void = () => undefined;
  private end = Promise.withResolvers<CycleReport>();

  unwatch = async () => void this.log.push('unwatch');
  close = async () => void this.log.push('close');
  watch = async (onDirty: (dirty: DirtyPaths) => void, onTrouble: (code: string) => void) => {
    this.log.push('watch');
    this.onDirty = onDirty;
    this.onTrouble = onTrouble;
  };
  run = (request: RunRequest) => {
    this.runs.push(request);
    this.end = Promise.withResolvers<CycleReport>();
    request.signal.addEventListener('abort', () => this.end.reject(request.signal.reason as Error));
    return this.end.promise;
  };
  get last() {
    const { dirty, pullFeed } = this.runs.at(-1)!;
    return { dirty, pullFeed };
  }
  async finish(report: Partial<CycleReport> = {}) {
    this.end.resolve({ ...idle, ...report });
    await settled();
  }
  async fail(error: unknown) {
    this.end.reject(error);
    await settled();
  }
}

/** Everything that can go on without a timer has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function start(options: Partial<SupervisorOptions> = {}) {
  const engine = options.engine instanceof FakeEngine ? options.engine : new FakeEngine();
  const timers = new ManualTimers(1_000_000);
  const doubts: string[] = [];
  const supervisor = new RootSupervisor({
    ...{ engine, timers, slots: new RunSlots(1), auto: true, pauses: [], lastFullSyncMs: null },
    ...{ onChange: () => undefined, onDoubt: (doubt) => doubts.push(doubt), log: () => undefined },
    ...options,
  });
  await supervisor.start();
  await settled();
  return { engine, timers, supervisor, doubts, status: () => toTaskStatus(supervisor.facts()) };
}

describe('RootSupervisor', () => {
  it('watches, then looks at both sides completely', async () => {
    const { engine, status } = await start();
    expect(engine.log).toEqual(['unwatch', 'watch']);
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
    expect(status().status).toBe('scanning');
    await engine.finish();
    expect(status()).toEqual({ status: 'up_to_date', reason: null });
  });

  it('runs one cycle at a time and keeps hints and nudges of a running one for the next', async () => {
    const { engine, supervisor } = await start();
    engine.onDirty(new Set(['a']));
    engine.onDirty(new Set(['b']));
    supervisor.nudge();
    expect(engine.runs).toHaveLength(1);
    await engine.finish();
    expect(engine.last).toEqual({ dirty: new Set(['a', 'b']), pullFeed: true });
    await engine.finish();
    expect(engine.runs).toHaveLength(2);
  });

  it('[R12] takes fifty files that were made during a cycle with the next one', async () => {
    const { engine } = await start();
    const folders = Array.from({ length: 50 }, (_, index) => `folder ${index}`);
    for (const folder of folders) engine.onDirty(new Set([folder]));
    await engine.finish();
    expect(engine.last.dirty).toEqual(new Set(folders));
  });

  it('[R18] finds what a watcher that tells nothing has missed by the next timed look at everything', async () => {
    const { engine, timers } = await start();
    await engine.finish();
    for (let minute = 0; minute <= 60; minute++) {
      timers.advance(60_000);
      await settled();
      await engine.finish();
    }
    expect(engine.runs.slice(1).map((run) => run.dirty)).toContain('all');
  });

  it('goes on at once while a cycle leaves work, and wakes for deletes that settle', async () => {
    const { engine, timers, status } = await start();
    await engine.finish({ again: true });
    expect(engine.last).toEqual({ dirty: null, pullFeed: false });
    await engine.finish({ pending: 1, wakeAtMs: timers.nowMs() + 2000 });
    expect(status().status).toBe('syncing');
    timers.advance(1999);
    expect(engine.runs).toHaveLength(2);
    timers.advance(1);
    await settled();
    expect(engine.runs).toHaveLength(3);
  });

  it('[SA-5] looks once more at everything when the work of a look took several runs', async () => {
    const { engine, timers } = await start();
    const before = { lastFullSyncMs: timers.nowMs() - 1 };
    await engine.finish({ ...before, again: true });
    await engine.finish({ ...before, pending: 1, wakeAtMs: timers.nowMs() + 2000 });
    timers.advance(2000);
    await settled();
    await engine.finish(before);
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
    await engine.finish({ lastFullSyncMs: timers.nowMs() });
    expect(engine.runs).toHaveLength(4);
  });

  it('lets long transfers give way once hints or nudges wait', async () => {
    const { engine } = await start();
    const [run] = engine.runs;
    expect(run?.yieldNow()).toBe(false);
    engine.onDirty(new Set(['a']));
    expect(run?.yieldNow()).toBe(true);
  });

  it('asks the feed about every minute and rescans within the hour without any hint', async () => {
    const { engine, timers } = await start();
    await engine.finish();
    timers.advance(70_000);
    await settled();
    expect(engine.last).toEqual({ dirty: null, pullFeed: true });
    await engine.finish();
    for (let minute = 0; minute < 60; minute++) {
      timers.advance(60_000);
      await settled();
      await engine.finish();
    }
    expect(engine.runs.filter((run) => run.dirty === 'all').length).toBeGreaterThanOrEqual(2);
  });

  it('rescans every ten minutes once the watcher loses hints', async () => {
    const { engine, timers, supervisor } = await start();
    engine.onTrouble('WATCH_LIMIT');
    await engine.finish();
    expect(supervisor.remarks().watcherTrouble).toBe('WATCH_LIMIT');
    for (let minute = 0; minute < 11; minute++) {
      timers.advance(60_000);
      await settled();
      await engine.finish();
    }
    expect(engine.runs.filter((run) => run.dirty === 'all')).toHaveLength(2);
  });

  it('ends a running cycle when it is paused, and looks at everything when it goes on', async () => {
    const { engine, supervisor, status } = await start();
    supervisor.setPause('permission', true);
    await settled();
    expect(engine.runs[0]!.signal.aborted).toBe(true);
    expect(status()).toEqual({ status: 'paused', reason: 'permission' });
    engine.onDirty(new Set(['a']));
    supervisor.nudge();
    await settled();
    expect(engine.runs).toHaveLength(1);
    supervisor.setPause('permission', false);
    await settled();
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
  });

  it('[TA-8] runs a task paused by its user once, to the end, and stays paused', async () => {
    const { engine, timers, supervisor, status } = await start({ pauses: ['user'] });
    expect(engine.runs).toHaveLength(0);
    const run = supervisor.request();
    await settled();
    await engine.finish({ again: true });
    await engine.finish({ pending: 1, wakeAtMs: timers.nowMs() + 2000 });
    timers.advance(2000);
    await settled();
    await engine.finish();
    expect(engine.runs).toHaveLength(3);
    expect(supervisor.progressSince(run)).toEqual({ looked: true, ended: true });
    expect(status()).toEqual({ status: 'paused', reason: 'user' });
    supervisor.nudge();
    timers.advance(3_600_000);
    await settled();
    expect(engine.runs).toHaveLength(3);
  });

  it('[TA-6] does not watch a manual task and runs it only when asked', async () => {
    const { engine, timers, supervisor } = await start({ auto: false });
    timers.advance(7_200_000);
    await settled();
    expect(engine.log).not.toContain('watch');
    expect(engine.runs).toHaveLength(0);
    supervisor.request();
    await settled();
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
  });

  it('[SA-5] is queued, not up to date, while the server is away, and catches up when it is back', async () => {
    const { engine, timers, supervisor, status } = await start();
    await engine.finish();
    supervisor.nudge();
    await settled();
    await engine.finish({ stop: { why: 'offline', detail: 'no answer' } });
    expect(status()).toEqual({ status: 'queued', reason: null });
    expect(engine.runs).toHaveLength(2);
    timers.advance(1000);
    await settled();
    await engine.finish({ stop: { why: 'offline', detail: 'no answer' } });
    expect(engine.runs).toHaveLength(3);
    supervisor.reconnected();
    await settled();
    expect(engine.runs).toHaveLength(4);
  });

  it('counts a look as complete only when it began after the question', async () => {
    const { engine, supervisor } = await start();
    const run = supervisor.check();
    await engine.finish();
    expect(supervisor.progressSince(run)).toEqual({ looked: false, ended: false });
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
    await engine.finish();
    expect(supervisor.progressSince(run)).toEqual({ looked: true, ended: true });
  });

  it.each([
    [new AppError('FORBIDDEN'), 'rights'],
    [new AppError('SYNC_DISABLED'), 'settings'],
    [new AppError('DEVICE_REVOKED'), 'credentials'],
  ] as const)('asks what is behind %s', async (error, doubt) => {
    const { engine, doubts } = await start();
    await engine.fail(error);
    expect(doubts).toEqual([doubt]);
    expect(engine.runs).toHaveLength(1);
  });

  it('[GU-3] is blocked while the root is away, looks again by itself and watches the folder that came back', async () => {
    const { engine, timers, status } = await start();
    await engine.finish({ stop: { why: 'blocked', reason: 'root', detail: 'gone' } });
    expect(status()).toEqual({ status: 'blocked', reason: 'root' });
    timers.advance(5000);
    await settled();
    await engine.finish();
    await settled();
    expect(engine.log.slice(2)).toEqual(['unwatch', 'watch']);
    expect(status().status).not.toBe('blocked');
  });

  it('is blocked with a database that fails, and keeps what it was to do', async () => {
    const { engine, timers, status } = await start();
    await engine.fail(Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR' }));
    expect(status()).toEqual({ status: 'blocked', reason: 'database' });
    timers.advance(30_000);
    await settled();
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
  });

  it('[VE-3] tries at once what waits for room when the drive says that there is some, also while it runs', async () => {
    const { engine, supervisor, status } = await start();
    supervisor.roomFreed(); // the running one may be refused yet
    await engine.finish({ blocked: 'quota', failed: 1 });
    expect(engine.runs.at(-1)).toMatchObject({ dirty: null, roomFreed: true });
    await engine.finish({ blocked: 'quota', failed: 1 });
    expect(status()).toEqual({ status: 'blocked', reason: 'quota' });
    expect(engine.runs).toHaveLength(2);
    supervisor.roomFreed();
    await settled();
    expect(engine.runs.at(-1)).toMatchObject({ dirty: null, roomFreed: true });
    await engine.finish();
    expect(status().status).toBe('up_to_date');
  });

  it('[VE-3] does nothing about room when it waits for none', async () => {
    const { engine, supervisor } = await start();
    await engine.finish();
    supervisor.roomFreed();
    await settled();
    expect(engine.runs).toHaveLength(1);
  });

  it('blocks a device that is not accepted, and goes on once it is', async () => {
    const { engine, supervisor, status } = await start();
    await engine.finish();
    supervisor.setSuspended(true);
    expect(status()).toEqual({ status: 'blocked', reason: 'credentials' });
    supervisor.nudge();
    await settled();
    expect(engine.runs).toHaveLength(1);
    supervisor.setSuspended(false);
    await settled();
    expect(engine.runs).toHaveLength(2);
  });

  it('falls back to timed scans when watching cannot even begin', async () => {
    const engine = new FakeEngine();
    engine.watch = () => Promise.reject(new Error('no watches left'));
    const { supervisor } = await start({ engine });
    expect(supervisor.remarks().watcherTrouble).toBe('WATCH_FAILED');
    expect(engine.runs).toHaveLength(1);
  });

  it('[D12] [D13] looks at both sides at once after a jump of the clock, and plans its next looks by the new one', async () => {
    const { engine, timers, supervisor } = await start();
    await engine.finish();
    supervisor.timeJumped();
    await settled();
    expect(engine.runs).toHaveLength(2);
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
    await engine.finish();
    timers.advance(61_000);
    await settled();
    expect(engine.last).toEqual({ dirty: null, pullFeed: true });
  });

  it('[D07] asks the feed within a minute when every nudge is lost', async () => {
    const { engine, timers } = await start();
    await engine.finish();
    timers.advance(60_000);
    await settled();
    expect(engine.runs).toHaveLength(2);
    expect(engine.last).toEqual({ dirty: null, pullFeed: true });
  });

  it('[G25] asks a server that was away one question before it reads the disk again, and then does what was to be done', async () => {
    const { engine, timers, supervisor } = await start();
    await engine.finish({ stop: { why: 'offline', detail: '503' } });
    for (let tries = 2; tries < 6; tries++) {
      timers.advance(60_000);
      await settled();
      expect(engine.runs).toHaveLength(tries);
      expect(engine.last).toEqual({ dirty: null, pullFeed: true });
      await engine.finish({ stop: { why: 'offline', detail: '503' } });
    }
    const run = supervisor.request();
    await settled();
    expect(engine.last).toEqual({ dirty: null, pullFeed: true });
    await engine.finish();
    expect(engine.last).toEqual({ dirty: 'all', pullFeed: true });
    await engine.finish();
    expect(supervisor.progressSince(run)).toEqual({ looked: true, ended: true });
  });

  it('[G25] does not ask a server that is away in a loop because a person asked once', async () => {
    const { engine, supervisor } = await start();
    await engine.finish({ stop: { why: 'offline', detail: '503' } });
    const run = supervisor.request();
    await settled();
    await engine.finish({ stop: { why: 'offline', detail: '503' } });
    expect(engine.runs).toHaveLength(2);
    expect(supervisor.progressSince(run)).toEqual({ looked: false, ended: true });
  });

  it('[SA-2] looks where a cycle said that its own work calls for it', async () => {
    const { engine } = await start();
    await engine.finish({ lookAgain: new Set(['d']), again: true });
    expect(engine.last).toEqual({ dirty: new Set(['d']), pullFeed: false });
  });

  it('[SY-38] looks again a little later where a cycle achieved nothing, and at once where something new is', async () => {
    const { engine, timers } = await start();
    const stalled = { lookAgain: new Set(['d']), again: false, pending: 1 };
    await engine.finish({ ...stalled, wakeAtMs: timers.nowMs() + 2000 });
    timers.advance(1999);
    await settled();
    expect(engine.runs).toHaveLength(1);
    timers.advance(1);
    await settled();
    expect(engine.last).toEqual({ dirty: new Set(['d']), pullFeed: false });
    await engine.finish({ ...stalled, wakeAtMs: timers.nowMs() + 2000 });
    engine.onDirty(new Set(['new']));
    await settled();
    expect(engine.last).toEqual({ dirty: new Set(['d', 'new']), pullFeed: false });
  });

  it('stops cleanly in the middle of a cycle, and runs nothing after', async () => {
    const { engine, timers, supervisor } = await start();
    await supervisor.stop();
    expect(engine.log.slice(-2)).toEqual(['unwatch', 'close']);
    supervisor.nudge();
    timers.advance(3_600_000);
    await settled();
    expect(engine.runs).toHaveLength(1);
  });

  it('waits its turn while other tasks of the device run', async () => {
    const slots = new RunSlots(1);
    const first = await start({ slots });
    const second = await start({ slots });
    expect(second.engine.runs).toHaveLength(0);
    expect(second.status().status).toBe('queued');
    await first.engine.finish();
    expect(second.engine.runs).toHaveLength(1);
  });
});
