import type { TaskId } from '@tideline/contracts';

/**
 * LI-2: the files of all tasks of the device together. A task claims room in the moment in which it decides about new files, so
 * that two tasks that run at once never admit the same room twice.
 */
export class FileBudget {
  private readonly claims = new Map<TaskId, number>();
  private readonly maxFiles: () => number;

  constructor(maxFiles: () => number) {
    this.maxFiles = maxFiles;
  }

  /** How many of `wanted` new files may come, beside the `held` ones that are synced already. Replaces the task's last claim. */
  claim(task: TaskId, { held, wanted }: { held: number; wanted: number }): number {
    let others = 0;
    for (const [id, files] of this.claims) if (id !== task) others += files;
    const granted = Math.max(0, Math.min(wanted, this.maxFiles() - others - held));
    this.claims.set(task, held + granted);
    return granted;
  }

  release(task: TaskId): void {
    this.claims.delete(task);
  }
}
