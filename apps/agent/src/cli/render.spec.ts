import { describe, expect, it } from 'vitest';
import type { TaskFile } from '../local-api/messages.ts';
import { renderFiles, renderStatus } from './render.ts';

const lines = (file: TaskFile, state: Parameters<typeof renderFiles>[1]) =>
  renderFiles({ files: [file], next: null }, state)
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

describe('[TA-3] files as a person reads them', () => {
  it('have no column without a word', () => {
    const path = 'a.txt';
    expect(lines({ path, size: 5 }, 'completed')).toEqual([
      ['PATH', 'SIZE'],
      [path, '5 B'],
    ]);
    expect(lines({ path, size: 5, direction: 'up' }, 'syncing')).toEqual([
      ['PATH', 'SIZE', 'DIRECTION'],
      [path, '5 B', 'up'],
    ]);
    expect(lines({ path, code: 'BUSY', attempts: 2 }, 'failed')).toEqual([
      ['PATH', 'PROBLEM', 'TRIED'],
      [path, 'BUSY', '2 times'],
    ]);
    expect(lines({ path, leftOut: { by: 'filter', pattern: '*.txt', path } }, 'skipped')).toEqual([
      ['PATH', 'WHY'],
      [path, 'left out by *.txt'],
    ]);
  });
});

describe('[TA-8] a status beside a server that is away', () => {
  it('says so where it matters, and never instead of what is in the way', () => {
    expect(renderStatus({ status: 'queued', offline: true })).toBe('queued (offline)');
    expect(renderStatus({ status: 'up_to_date', offline: true })).toBe('up_to_date (offline)');
    expect(renderStatus({ status: 'paused', reason: 'user', offline: true })).toBe('paused (user)');
    expect(renderStatus({ status: 'held', offline: true })).toBe('held');
    expect(renderStatus({ status: 'queued' })).toBe('queued');
  });
});
