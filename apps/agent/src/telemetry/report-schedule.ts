import type { TaskReport } from '@tideline/contracts';

export const DEBOUNCE_MS = 2000;
export const MIN_INTERVAL_MS = 15_000;

export type ReportState = {
  /** When the report that waits was first handed in. */
  readonly waitingSinceMs: number;
  readonly lastSentMs: number | null;
  /** A task has another status or reason than in the report that was sent last. */
  readonly statusChanged: boolean;
};

/** When the report that waits may leave: at once for a changed status, else after the debounce and not more often than the interval. */
export function reportDueAtMs({ waitingSinceMs, lastSentMs, statusChanged }: ReportState): number {
  if (statusChanged || lastSentMs === null) return waitingSinceMs;
  return Math.max(waitingSinceMs + DEBOUNCE_MS, lastSentMs + MIN_INTERVAL_MS);
}

/** What the console would show differently at a glance. */
export function statusKey(tasks: readonly TaskReport[]): string {
  return tasks
    .map((task) => `${task.id} ${task.status} ${task.reason ?? ''}`)
    .sort()
    .join('\n');
}
