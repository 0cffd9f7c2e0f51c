import { describe, expect, it } from 'vitest';
import { toTaskStatus, type TaskFacts } from './task-status.ts';

const good: TaskFacts = {
  cancelled: false,
  pauses: new Set(),
  block: null,
  phase: 'idle',
  checked: true,
  pending: 0,
  failed: 0,
  holds: 0,
};

describe('toTaskStatus', () => {
  it.each<[string, Partial<TaskFacts>, string, string | null]>([
    ['nothing is left to do', {}, 'up_to_date', null],
    ['files failed', { failed: 1 }, 'up_to_date_with_failures', null],
    ['deletes settle', { pending: 1 }, 'syncing', null],
    ['both sides were not looked at yet', { checked: false }, 'queued', null],
    ['a run is due', { phase: 'waiting' }, 'queued', null],
    ['the disk is read', { phase: 'scanning' }, 'scanning', null],
    ['operations run', { phase: 'syncing', pending: 4 }, 'syncing', null],
    ['a person must answer', { holds: 1, failed: 2 }, 'held', null],
    ['the root is gone', { block: 'root', holds: 1 }, 'blocked', 'root'],
    ['it is cancelled', { cancelled: true, block: 'root', pauses: new Set(['user']) }, 'cancelled', null],
    ['the person paused', { pauses: new Set(['user']), block: 'root' }, 'paused', 'user'],
  ])('[TA-8] when %s', (...row) => {
    const [, facts, status, reason] = row;
    expect(toTaskStatus({ ...good, ...facts })).toEqual({ status, reason });
  });

  it('[SA-5] is not up to date before both sides were looked at, whatever the counts say', () => {
    expect(toTaskStatus({ ...good, checked: false }).status).not.toBe('up_to_date');
  });

  it('[TA-8] says the pause that the person cannot end first', () => {
    expect(toTaskStatus({ ...good, pauses: new Set(['user', 'permission']) }).reason).toBe('permission');
    expect(toTaskStatus({ ...good, pauses: new Set(['permission', 'agent_too_old']) }).reason).toBe('agent_too_old');
  });

  it('[TA-8] shows a paused task that runs once as running', () => {
    expect(toTaskStatus({ ...good, pauses: new Set(['user']), phase: 'syncing' }).status).toBe('syncing');
  });
});
