import { AppError, NO_FILTER_RULES, type RegisteredTask, type SpaceId, type TaskId } from '@tideline/contracts';
import type { Server } from './server.ts';
import { SyncTask, type SyncTaskDeps } from './sync-task.ts';
import type { TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';

export type RegistryDeps = Omit<SyncTaskDeps, 'save'> & { readonly store: TaskStore; readonly server: Server };

/** The tasks of this device in memory, and the ones that are over but not yet known to be over at the server. */
export class TaskRegistry {
  private readonly deps: RegistryDeps;
  private readonly tasks = new Map<TaskId, SyncTask>();
  private readonly leaving = new Map<TaskId, TaskRecord>();
  private damaged: readonly { readonly id: TaskId }[] = [];

  constructor(deps: RegistryDeps) {
    this.deps = deps;
  }

  /** Reads the home. What a crash left half made was promised to nobody and goes. */
  load(): void {
    const { records, damaged } = this.deps.store.load();
    for (const item of damaged) this.deps.log('task_record_damaged', item);
    this.damaged = damaged;
    for (const record of records) {
      if (record.state === 'active') this.add(record);
      else this.leave(record);
    }
  }

  add(record: TaskRecord): SyncTask {
    const task = new SyncTask(record, { ...this.deps, save: (changed) => this.deps.store.save(changed) });
    this.tasks.set(record.id, task);
    return task;
  }

  list(): readonly SyncTask[] {
    return [...this.tasks.values()];
  }

  /** An id, or the beginning of one that fits a single task. */
  get(id: string): SyncTask {
    const exact = this.tasks.get(id as TaskId);
    if (exact) return exact;
    const fitting = id.length >= 4 ? this.list().filter((task) => task.record.id.startsWith(id)) : [];
    const only = fitting.length === 1 ? fitting[0] : undefined;
    if (only) return only;
    throw new AppError('TASK_UNKNOWN', { task: id });
  }

  inSpace(space: SpaceId): readonly SyncTask[] {
    return this.list().filter((task) => task.record.spaceId === space);
  }

  /** TA-4: ends the task and forgets its state; files stay on both sides. */
  async cancel(task: SyncTask): Promise<void> {
    const record: TaskRecord = { ...task.record, state: 'cancelled' };
    this.deps.store.save(record);
    this.tasks.delete(record.id);
    await task.end();
    this.deps.store.removeJournal(record.id);
    this.leave(record);
    await this.settleLeaving();
  }

  /** Keeps a record whose task is over until the server knows it too. */
  leave(record: TaskRecord): void {
    this.leaving.set(record.id, record);
  }

  /** Tells the server what is over. Repeated at every contact until it is heard; never rejects. */
  async settleLeaving(): Promise<void> {
    for (const record of [...this.leaving.values()]) {
      try {
        await this.deps.server.removeTask(record.id);
      } catch (error) {
        if (!isUnknownThere(error)) {
          this.deps.log('task_removal_waits', { task: record.id, error });
          continue;
        }
      }
      this.leaving.delete(record.id);
      this.deps.store.remove(record.id);
    }
  }

  /**
   * Tasks the server knows and whose record here was damaged go on with their journal, or without one from the folders
   * (FI-4). Answers the ones taken up again.
   */
  adoptLost(deviceTasks: readonly RegisteredTask[]): readonly SyncTask[] {
    const lostIds = new Set(this.damaged.map(({ id }) => id));
    const lost = deviceTasks.filter(({ id }) => lostIds.has(id) && !this.tasks.has(id) && !this.leaving.has(id));
    this.damaged = this.damaged.filter(({ id }) => !lost.some((task) => task.id === id));
    return lost.map((task) => {
      const record = toLostRecord(task);
      this.deps.store.save(record);
      this.deps.log('task_adopted', { task: task.id });
      return this.add(record);
    });
  }

  /**
   * After this home was enrolled again the server does not know its tasks under the new device: they go on with their state, so
   * they are told to it again. Repeated at every contact until it is heard; never rejects.
   */
  async registerAgain(deviceId: string): Promise<void> {
    for (const task of this.list()) {
      const { id, mode, spaceId, rootNodeId, localPath, registeredBy } = task.record;
      if (registeredBy === deviceId) continue;
      try {
        await this.deps.server.registerTask(id, { mode, spaceId, rootNodeId, localPath });
        task.setRegisteredBy(deviceId);
      } catch (error) {
        this.deps.log('task_registration_waits', { task: id, error });
      }
    }
  }

  get hasLost(): boolean {
    return this.damaged.length > 0;
  }

  async stop(): Promise<void> {
    await Promise.all(this.list().map((task) => task.stop()));
  }
}

function isUnknownThere(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'TASK_UNKNOWN' || error.code === 'NOT_FOUND');
}

/** Paused, because its filters are lost too: the person looks at it before it goes on. */
function toLostRecord(task: RegisteredTask): TaskRecord {
  return {
    ...{ format: 1, id: task.id, state: 'active', localPath: task.localPath, cloudPath: task.cloudPath },
    ...{ spaceId: task.spaceId, spaceKind: task.spaceKind, spaceName: '', rootNodeId: task.rootNodeId },
    ...{ mode: task.mode, pausedByUser: true, journalMade: true, createdAt: task.createdAt },
    settings: {
      ...{ ...NO_FILTER_RULES, uploadBytesPerSecond: null, downloadBytesPerSecond: null, throttleHours: [] },
      ...{ propagateDeletes: false, auto: true },
    },
  };
}
