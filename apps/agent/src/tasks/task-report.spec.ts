import { expect, it } from 'vitest';
import { TaskReport, type TaskId } from '@tideline/contracts';
import type { StoredProblem } from '@tideline/sync-core';
import { toTaskReport } from './task-report.ts';

const problem = (path: string, code: StoredProblem['code']): StoredProblem => ({
  ...{ path, code, params: { name: path }, source: 'cycle', firstSeenMs: 1, lastSeenMs: 2, attempts: 1, retryAtMs: 3 },
});

it('[PE-5] reports counts and codes of a task, never a name', () => {
  const report = toTaskReport({
    id: '018f2c5e-0000-7000-8000-000000000001' as TaskId,
    status: { status: 'up_to_date_with_failures', reason: null },
    counts: {
      ...{ pending: 0, pendingBytes: 0, failed: 3, skipped: 1, holds: 0, files: 9, folders: 2 },
      ...{ lastFullSyncMs: Date.UTC(2026, 0, 1), verified: null },
    },
    problems: [problem('secret.txt', 'BUSY'), problem('private/plan.doc', 'UNREADABLE'), problem('b', 'UNREADABLE')],
  });
  expect(TaskReport.parse(report)).toEqual(report);
  expect(report.problems).toEqual([
    { code: 'UNREADABLE', count: 2 },
    { code: 'BUSY', count: 1 },
  ]);
  expect(report.lastFullSync).toBe('2026-01-01T00:00:00.000Z');
  expect(JSON.stringify(report)).not.toMatch(/secret|private|plan/);
});
