import type { ProblemCode, TaskId, TaskReport } from '@tideline/contracts';
import type { StoredProblem } from '@tideline/sync-core';
import type { TaskCounts } from '../runtime/root-supervisor.ts';
import type { StatusAndReason } from '../runtime/task-status.ts';

const MAX_CODES = 20;

/** Counts and codes only: no file or folder name leaves the device in a report (PE-5). */
export function toTaskReport(of: {
  id: TaskId;
  status: StatusAndReason;
  counts: TaskCounts;
  problems: readonly StoredProblem[];
}): TaskReport {
  const { lastFullSyncMs, ...counts } = of.counts;
  const lastFullSync = lastFullSyncMs === null ? null : new Date(lastFullSyncMs).toISOString();
  return { id: of.id, ...of.status, ...counts, problems: countByCode(of.problems), lastFullSync };
}

function countByCode(problems: readonly StoredProblem[]): TaskReport['problems'] {
  const counts = new Map<ProblemCode, number>();
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
  const sorted = [...counts].sort((left, right) => right[1] - left[1]);
  return sorted.slice(0, MAX_CODES).map(([code, count]) => ({ code, count }));
}
