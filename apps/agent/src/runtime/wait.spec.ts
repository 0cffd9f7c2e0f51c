import { describe, expect, it } from 'vitest';
import { judgeWait, type WaitedTask } from './wait.ts';

const done: WaitedTask = { status: 'up_to_date', reason: null, looked: true, ended: true };
const paused: WaitedTask = { status: 'paused', reason: 'user', looked: false, ended: false };

describe('judgeWait', () => {
  it.each<[string, WaitedTask[], ReturnType<typeof judgeWait>]>([
    ['no task at all', [], 'up_to_date'],
    ['all up to date', [done, done], 'up_to_date'],
    ['paused ones are left out', [done, paused], 'up_to_date'],
    ['up to date, but by a scan that began before the call', [{ ...done, looked: false }], undefined],
    ['one still at work', [done, { ...done, status: 'syncing' }], undefined],
    ['out of reach of the server', [{ ...done, status: 'queued' }], undefined],
    ['held', [done, { ...done, status: 'held' }], 'held'],
    ['failed items', [{ ...done, status: 'up_to_date_with_failures' }], 'failing'],
    ['a block found after the call', [{ ...done, status: 'blocked', reason: 'root', looked: false }], 'failing'],
    ['a block from before the call', [{ ...paused, status: 'blocked', reason: 'root' }], undefined],
    ['a revoked device', [{ ...paused, status: 'blocked', reason: 'credentials' }], 'failing'],
    [
      'failing is worse than held',
      [
        { ...done, status: 'held' },
        { ...done, status: 'up_to_date_with_failures' },
      ],
      'failing',
    ],
    [
      'one held, another still at work',
      [
        { ...done, status: 'held' },
        { ...done, status: 'scanning' },
      ],
      undefined,
    ],
  ])('%s', (_, tasks, outcome) => {
    expect(judgeWait(tasks)).toBe(outcome);
  });
});
