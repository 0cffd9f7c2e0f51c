import {
  AppError,
  NO_FILTER_RULES,
  type FilterRules,
  type PauseReason,
  type TaskReport,
  type TaskSettings,
} from '@tideline/contracts';
import type { Journal } from '@tideline/sync-core';
import type { TaskView } from '../local-api/messages.ts';
import { RootSupervisor, type TaskCounts } from '../runtime/root-supervisor.ts';
import type { RunSlots } from '../runtime/run-slots.ts';
import type { TaskEngine, Timers } from '../runtime/task-engine.ts';
import { toTaskStatus, type StatusAndReason } from '../runtime/task-status.ts';
import { toTaskReport } from './task-report.ts';
import type { TaskRecord } from './task-record.ts';

export type OpenedTask = {
  readonly engine: TaskEngine;
  readonly journal: Journal;
  /** The task is over for good: what was fetched for it and is not in place goes. */
  readonly dropDownloads: () => void;
};

export type SyncTaskDeps = {
  readonly timers: Timers;
  readonly slots: RunSlots;
  /** Opens journal, disk and drive of a task. `current` tells its settings of the moment. */
  readonly open: (record: TaskRecord, current: () => TaskRecord) => Promise<OpenedTask>;
  readonly save: (record: TaskRecord) => void;
  readonly onChange: () => void;
  readonly onDoubt: (task: SyncTask, doubt: 'rights' | 'settings' | 'credentials') => void;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

const REOPEN_MS = 30_000;
const NO_COUNTS: TaskCounts = {
  ...{ pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0, files: 0, folders: 0 },
  ...{ lastFullSyncMs: null, verified: null },
};

/** One task of this device: its record, and while its state can be opened its supervisor and journal. */
export class SyncTask {
  private readonly deps: SyncTaskDeps;
  private current: TaskRecord;
  private readonly gates = new Set<PauseReason>();
  private suspended = false;
  private opened: (OpenedTask & { supervisor: RootSupervisor }) | null = null;
  private openFailure: string | null = null;
  private cancelRetry: () => void = () => undefined;
  private ended = false;

  constructor(record: TaskRecord, deps: SyncTaskDeps) {
    this.deps = deps;
    this.current = record;
    if (record.pausedByUser) this.gates.add('user');
  }

  get record(): TaskRecord {
    return this.current;
  }

  get supervisor(): RootSupervisor | null {
    return this.opened?.supervisor ?? null;
  }

  /** The journal, for whoever reads it between two steps of a cycle. */
  getJournal(): Journal {
    if (this.opened) return this.opened.journal;
    throw new AppError('STATE_DAMAGED', { path: this.current.localPath, reason: this.openFailure ?? 'not opened yet' });
  }

  /** Never throws: a task whose state cannot be opened is blocked, and tried again. */
  async start(): Promise<void> {
    if (this.ended || this.opened) return;
    try {
      const opened = await this.deps.open(this.current, () => this.current);
      if (!this.current.journalMade) this.update({ journalMade: true });
      this.opened = { ...opened, supervisor: this.supervise(opened) };
      this.openFailure = null;
      // Whoever waits for the task does not wait for its watcher.
      void this.opened.supervisor.start();
    } catch (error) {
      this.openFailure = error instanceof Error ? error.message : String(error);
      this.deps.log('task_open_failed', { task: this.current.id, error });
      this.cancelRetry = this.deps.timers.after(REOPEN_MS, () => void this.start());
    }
    this.deps.onChange();
  }

  async stop(): Promise<void> {
    this.ended = true;
    this.cancelRetry();
    await this.opened?.supervisor.stop();
    this.opened = null;
  }

  /** TA-4: like `stop`, and nobody will go on. */
  async end(): Promise<void> {
    const { opened } = this;
    await this.stop();
    opened?.dropDownloads();
  }

  setPause(reason: PauseReason, held: boolean): void {
    if (reason === 'user' && this.current.pausedByUser !== held) this.update({ pausedByUser: held });
    if (this.gates.has(reason) === held) return;
    if (held) this.gates.add(reason);
    else this.gates.delete(reason);
    this.deps.log(held ? 'task_paused' : 'task_resumed', { task: this.current.id, reason });
    this.opened?.supervisor.setPause(reason, held);
  }

  isPausedBy(reason: PauseReason): boolean {
    return this.gates.has(reason);
  }

  get pauses(): ReadonlySet<PauseReason> {
    return this.gates;
  }

  setSuspended(suspended: boolean): void {
    this.suspended = suspended;
    this.opened?.supervisor.setSuspended(suspended);
  }

  async configure(settings: TaskSettings): Promise<void> {
    const autoChanged = settings.auto !== this.current.settings.auto;
    this.update({ settings });
    if (autoChanged) await this.opened?.supervisor.setAuto(settings.auto);
    this.opened?.supervisor.settingsChanged();
  }

  /** What the enterprise leaves out from now on; told again with every answer of the server. */
  setPolicy(policy: FilterRules): void {
    if (JSON.stringify(policy) === JSON.stringify(this.current.policy ?? NO_FILTER_RULES)) return;
    this.update({ policy });
    this.deps.log('task_policy', { task: this.current.id });
    this.opened?.supervisor.settingsChanged();
  }

  status(): StatusAndReason {
    if (this.opened) return toTaskStatus(this.opened.supervisor.facts());
    const block = this.openFailure === null ? null : 'database';
    const counts = { pending: 0, failed: 0, holds: 0 };
    return toTaskStatus({ cancelled: false, pauses: this.gates, block, phase: 'waiting', checked: false, ...counts });
  }

  counts(): TaskCounts {
    return this.opened?.supervisor.counts() ?? NO_COUNTS;
  }

  report(): TaskReport {
    const problems = this.opened?.journal.problems() ?? [];
    return toTaskReport({ id: this.current.id, status: this.status(), counts: this.counts(), problems });
  }

  /** Without what it shares with other tasks. */
  view(): Omit<TaskView, 'throttle'> {
    const { status, reason } = this.status();
    const { lastFullSyncMs, ...counts } = this.counts();
    const remarks = this.opened?.supervisor.remarks();
    const detail = remarks?.detail ?? this.openFailure;
    const { id, localPath, cloudPath, spaceKind, spaceName, mode, settings, policy, createdAt } = this.current;
    return {
      ...{ id, local: localPath, cloud: cloudPath, space: { kind: spaceKind, name: spaceName }, type: mode, status },
      ...(reason === null ? {} : { reason }),
      ...(detail === null ? {} : { detail }),
      ...counts,
      lastFullSync: lastFullSyncMs === null ? null : new Date(lastFullSyncMs).toISOString(),
      ...{ watcherTrouble: remarks?.watcherTrouble ?? null, settings, createdAt },
      ...(policy ? { policy } : {}),
    };
  }

  setRegisteredBy(deviceId: string): void {
    this.update({ registeredBy: deviceId });
  }

  private update(change: Partial<TaskRecord>): void {
    this.current = { ...this.current, ...change };
    this.deps.save(this.current);
  }

  private supervise({ engine, journal }: OpenedTask): RootSupervisor {
    const supervisor = new RootSupervisor({
      ...{ engine, timers: this.deps.timers, slots: this.deps.slots, onChange: this.deps.onChange },
      auto: this.current.settings.auto,
      pauses: this.gates,
      lastFullSyncMs: journal.meta().lastFullSyncMs,
      onDoubt: (doubt) => this.deps.onDoubt(this, doubt),
      log: (event, details) => this.deps.log(event, { task: this.current.id, ...details }),
    });
    supervisor.setSuspended(this.suspended);
    return supervisor;
  }
}
