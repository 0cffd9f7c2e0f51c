import type { StatusAndReason } from './task-status.ts';

/** One task of a wait, as it stands now. `looked`, `ended`: see `RootSupervisor.progressSince`. */
export type WaitedTask = StatusAndReason & {
  readonly looked: boolean;
  readonly ended: boolean;
};

export type WaitOutcome = 'up_to_date' | 'held' | 'failing';
export type WaitVerdict = WaitOutcome | 'left_out' | 'not_yet';

/** Where one task stands after a scan and a feed pull that began after the call. */
export function judgeTask(task: WaitedTask): WaitVerdict {
  switch (task.status) {
    case 'paused':
    case 'cancelled':
      return 'left_out';
    case 'blocked':
      return task.ended || task.reason === 'credentials' ? 'failing' : 'not_yet';
    case 'held':
      return task.looked ? 'held' : 'not_yet';
    case 'up_to_date':
      return task.looked ? 'up_to_date' : 'not_yet';
    case 'up_to_date_with_failures':
      return task.looked ? 'failing' : 'not_yet';
    case 'queued':
    case 'scanning':
    case 'syncing':
      return 'not_yet';
  }
}

/** Undefined while any task is still on its way; then the worst of all. */
export function judgeWait(tasks: readonly WaitedTask[]): WaitOutcome | undefined {
  const verdicts = new Set(tasks.map(judgeTask));
  if (verdicts.has('not_yet')) return undefined;
  if (verdicts.has('failing')) return 'failing';
  return verdicts.has('held') ? 'held' : 'up_to_date';
}
