import type { DatabaseSync } from 'node:sqlite';
import type { BaseId, TaskMeta } from '@tideline/sync-core';

export type MetaStore = {
  readonly task: () => TaskMeta;
  readonly patch: (change: Partial<TaskMeta>) => void;
  readonly allocateIds: (count: number) => BaseId;
  /** Ids that rows were written with are never given out. */
  readonly noteUsed: (ids: readonly BaseId[]) => void;
  /** The lowest key ever given to a new local entry; the scanner goes on below it. */
  readonly lowerLocalKey: (key: number) => void;
  /** Reads the table again, after a write that did not happen. Ids that were given out stay so. */
  readonly reload: () => void;
};

const NEW_TASK: TaskMeta = {
  cursor: null,
  epoch: null,
  seq: 0,
  capsRev: null,
  hidden: [],
  rights: null,
  firstSyncDone: false,
  recovery: false,
  rootIdentity: null,
  lastFullSyncMs: null,
  verified: null,
  folders: 0,
  skipped: 0,
};

/** Ids are reserved on disk in blocks, so that most allocations cost no write; a restart leaves the rest of a block unused. */
const ID_BLOCK = 1000;

export function createMetaStore(db: DatabaseSync, highestBaseId: number): MetaStore {
  const read = db.prepare('SELECT value FROM meta WHERE name = ?');
  const write = db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
  const find = (name: string): string | undefined => read.get(name)?.['value'] as string | undefined;
  const load = () => ({
    task: { ...NEW_TASK, ...(JSON.parse(find('task') ?? '{}') as Partial<TaskMeta>) },
    reserved: Math.max(Number(find('reservedIds') ?? 1), highestBaseId),
    lowestKey: Number(find('lowestLocalKey') ?? 0),
  });
  let held = load();
  let last = held.reserved;
  return {
    task: () => held.task,
    patch: (change) => {
      const task = { ...held.task, ...change };
      write.run('task', JSON.stringify(task));
      held = { ...held, task };
    },
    allocateIds: (count) => {
      const first = last + 1;
      last += count;
      if (last > held.reserved) {
        const reserved = last + ID_BLOCK;
        write.run('reservedIds', String(reserved));
        held = { ...held, reserved };
      }
      return first;
    },
    noteUsed: (ids) => {
      for (const id of ids) last = Math.max(last, id);
    },
    lowerLocalKey: (key) => {
      if (key >= held.lowestKey) return;
      write.run('lowestLocalKey', String(key));
      held = { ...held, lowestKey: key };
    },
    reload: () => {
      held = load();
    },
  };
}
