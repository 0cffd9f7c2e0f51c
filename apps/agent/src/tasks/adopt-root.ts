import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@tideline/contracts';
import { ROOT_ID } from '@tideline/sync-core';
import type { SyncTask } from './sync-task.ts';

/**
 * GU-3: the person says that the folder which stands at the task's place is the task's, moved back or restored. It may be old, or
 * lack things, so nothing is deleted until both sides are equal again (FI-4). An empty mount point is never taken for it: something
 * that the task knows must be in it.
 */
export function adoptRoot(task: SyncTask): void {
  if (task.status().reason !== 'root') throw new AppError('TASK_NOT_BLOCKED');
  const journal = task.getJournal();
  const path = task.record.localPath;
  const names = journal.base
    .children(ROOT_ID)
    .filter((row) => row.state === 'managed')
    .map((row) => row.localName);
  if (!isThere(path) || (names.length > 0 && !names.some((name) => isThere(join(path, name)))))
    throw new AppError('ROOT_NOT_KNOWN', { path });
  journal.advance({ meta: { rootIdentity: null, recovery: true } });
  task.supervisor?.check();
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // what cannot be looked at is no proof
  }
}
