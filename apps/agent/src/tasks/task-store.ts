import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TaskId } from '@tideline/contracts';
import { readJsonFile, writeJsonFile } from '../config/json-file.ts';
import { syncFolder } from './atomic-file.ts';
import { TaskRecord } from './task-record.ts';

export type LoadedTasks = {
  readonly records: readonly TaskRecord[];
  /** Records that could not be read; kept aside, never deleted. */
  readonly damaged: readonly { readonly id: TaskId; readonly path: string; readonly reason: string }[];
};

/** The tasks of one home: a folder per task with its record and its journal. One writer, the agent. */
export class TaskStore {
  private readonly root: string;

  constructor(home: string) {
    this.root = join(home, 'tasks');
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
  }

  load(): LoadedTasks {
    const records: TaskRecord[] = [];
    const damaged: LoadedTasks['damaged'][number][] = [];
    for (const entry of readdirSync(this.root, { withFileTypes: true })) {
      const id = TaskId.safeParse(entry.name);
      if (!entry.isDirectory() || !id.success) continue;
      const read = readJsonFile(this.recordPath(id.data), TaskRecord);
      if (read.t === 'read') records.push(read.value);
      if (read.t === 'damaged') damaged.push({ id: id.data, path: read.asidePath, reason: read.reason });
    }
    records.sort((left, right) => left.createdAt.localeCompare(right.createdAt) || left.id.localeCompare(right.id));
    return { records, damaged };
  }

  save(record: TaskRecord): void {
    mkdirSync(this.folder(record.id), { recursive: true, mode: 0o700 });
    writeJsonFile(this.recordPath(record.id), record);
    syncFolder(this.root);
  }

  /** Removes state only: the record first, so that a crash leaves no task without a record that still says so. */
  remove(id: TaskId): void {
    rmSync(this.recordPath(id), { force: true });
    rmSync(this.folder(id), { recursive: true, force: true });
  }

  removeJournal(id: TaskId): void {
    for (const name of readdirSync(this.folder(id))) {
      if (name.startsWith('journal.db')) rmSync(join(this.folder(id), name), { force: true });
    }
  }

  journalPath(id: TaskId): string {
    return join(this.folder(id), 'journal.db');
  }

  private folder(id: TaskId): string {
    return join(this.root, id);
  }

  private recordPath(id: TaskId): string {
    return join(this.folder(id), 'task.json');
  }
}
