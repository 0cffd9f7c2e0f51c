import type { TaskStatus } from '@tideline/contracts';
import type { StatusAndReason } from './task-status.ts';

/** One task of a wait, as it stands now. `looked`, `ended`: see `RootSupervisor.progressSince`. */
export type WaitedTask = StatusAndReason & {
  readonly looked: boolean;
  readonly ended: boolean;
};

export type WaitOutcome = 'up_to_date' | 'held' | 'failing';
export type WaitVerdict = WaitOutcome | 'left_out' | 'not_yet';

/** What a task's status means once the task was looked at (or, for `failing` by a block, tried) after the call. */
const VERDICT_OF: Readonly<Record<TaskStatus, WaitVerdict>> = {
  up_to_date: 'up_to_date',
  up_to_date_with_failures: 'failing',
  held: 'held',
  blocked: 'failing',
  paused: 'left_out',
  cancelled: 'left_out',
  queued: 'not_yet',
  scanning: 'not_yet',
  syncing: 'not_yet',
};

/** Where one task stands after a scan and a feed pull that began after the call. */
export function judgeTask(task: WaitedTask): WaitVerdict {
  const verdict = VERDICT_OF[task.status];
  if (verdict === 'left_out' || task.looked) return verdict;
  const isBlocked = task.status === 'blocked' && (task.ended || task.reason === 'credentials');
  return isBlocked ? verdict : 'not_yet';
}

/** Undefined while any task is still on its way; then the worst of all. */
export function judgeWait(tasks: readonly WaitedTask[]): WaitOutcome | undefined {
  const verdicts = new Set(tasks.map(judgeTask));
  if (verdicts.has('not_yet')) return undefined;
  if (verdicts.has('failing')) return 'failing';
  return verdicts.has('held') ? 'held' : 'up_to_date';
}
