import {
  MAX_FILES,
  MAX_TASKS,
  type DeviceSettings,
  type PauseReason,
  type SpaceId,
  type TaskReport,
  type Throttle,
} from '@tideline/contracts';
import type { Limits } from '../local-api/messages.ts';
import type { Server } from '../tasks/server.ts';
import type { SyncTask, SyncTaskDeps } from '../tasks/sync-task.ts';
import { TaskRegistry } from '../tasks/task-registry.ts';
import type { TaskRecord } from '../tasks/task-record.ts';
import type { TaskStore } from '../tasks/task-store.ts';
import { ChangeSignal } from './change-signal.ts';
import { ClockWatch } from './clock-watch.ts';
import { FileBudget } from './file-budget.ts';
import { classifyFailure } from './classify-failure.ts';
import { featurePause, rightAllows } from './pause-gates.ts';
import { RunSlots, type Activity } from './run-slots.ts';
import { ServerWatch } from './server-watch.ts';
import type { DeviceSocket } from '../telemetry/device-socket.ts';
import type { Timers } from './task-engine.ts';

export type AgentDeps = {
  readonly store: TaskStore;
  /** Under which the server knows this device. */
  readonly deviceId: string;
  readonly server: Server;
  readonly socket: Pick<DeviceSocket, 'start' | 'stop' | 'watch'>;
  readonly timers: Timers;
  readonly activity?: Activity;
  /** What the enterprise allows this device. */
  readonly onThrottle?: (throttle: Throttle) => void;
  /** Opens one task; `claimFiles` is what LI-2 leaves to it (`FileBudget`). */
  readonly openTask: (
    record: TaskRecord,
    of: { current: () => TaskRecord; claimFiles: (of: { held: number; wanted: number }) => number },
  ) => ReturnType<SyncTaskDeps['open']>;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

/** Scans and transfers of more tasks at once would fight for the same disk and line. */
const MAX_RUNS_AT_ONCE = 3;
const FEATURE_PAUSES: readonly PauseReason[] = ['disabled', 'agent_too_old'];

/** The running agent of one home: its tasks, what the server says about them, and nothing about how either is reached. */
export class Agent {
  readonly changes = new ChangeSignal();
  readonly tasks: TaskRegistry;
  readonly watch: ServerWatch;
  private readonly deps: AgentDeps;
  private readonly budget = new FileBudget(() => this.limits().maxFiles);
  private readonly clockWatch: ClockWatch;
  private lastSettings: DeviceSettings | null = null;
  private unaccepted: string | null = null;

  constructor(deps: AgentDeps) {
    this.deps = deps;
    this.tasks = new TaskRegistry({
      ...deps,
      slots: new RunSlots(MAX_RUNS_AT_ONCE, deps.activity),
      open: (record, current) => {
        const claimFiles: Parameters<AgentDeps['openTask']>[1]['claimFiles'] = (of) => this.budget.claim(record.id, of);
        return deps.openTask(record, { current, claimFiles });
      },
      onChange: () => this.changes.notify(),
      onDoubt: (task, doubt) => void (doubt === 'rights' ? this.checkRights(task) : this.watch.refresh()),
    });
    this.clockWatch = new ClockWatch(deps.timers, (byMs) => this.timeJumped(byMs));
    this.watch = new ServerWatch({
      ...deps,
      askSettings: () => deps.server.settings(),
      onSettings: (settings) => this.applySettings(settings),
      onAccepted: (accepted, why) => this.setAccepted(accepted, why),
      onNudge: (space) => this.nudge(space),
      onRoom: (space) => this.roomFreed(space),
      onRights: (space) => void this.checkRightsIn(space),
      onReconnected: () => this.reconnected(),
      onChange: () => this.changes.notify(),
    });
  }

  /** Loads the tasks and lets them run; the server may be away. */
  async start(): Promise<void> {
    this.tasks.load();
    this.watch.start();
    this.clockWatch.start();
    this.watchSpaces();
    await Promise.all(this.tasks.list().map((task) => task.start()));
    this.deps.activity?.idle();
  }

  async stop(): Promise<void> {
    this.clockWatch.stop();
    await Promise.all([this.watch.stop(), this.tasks.stop()]);
  }

  /** Takes up a task that was just created. */
  async take(record: TaskRecord): Promise<SyncTask> {
    const task = this.tasks.add(record);
    this.applyGates(task);
    this.watchSpaces();
    await task.start();
    return task;
  }

  async cancel(task: SyncTask): Promise<void> {
    await this.tasks.cancel(task);
    this.budget.release(task.record.id);
    this.watchSpaces();
    this.changes.notify();
  }

  get settings(): DeviceSettings | null {
    return this.lastSettings;
  }

  /** Why the server does not accept this device, or null. */
  get refusedBecause(): string | null {
    return this.unaccepted;
  }

  limits(): Limits {
    const { maxTasks, maxFiles } = this.lastSettings?.limits ?? { maxTasks: MAX_TASKS, maxFiles: MAX_FILES };
    const tasks = this.tasks.list();
    return { tasks: tasks.length, maxTasks, files: sumFiles(tasks), maxFiles };
  }

  reports(): TaskReport[] {
    return this.tasks.list().map((task) => task.report());
  }

  private applySettings(settings: DeviceSettings): void {
    this.lastSettings = settings;
    this.deps.onThrottle?.(settings.policy.throttle);
    for (const task of this.tasks.list()) this.applyGates(task);
    void this.settleWithServer();
  }

  private applyGates(task: SyncTask): void {
    if (this.unaccepted !== null) task.setSuspended(true);
    if (!this.lastSettings) return;
    task.setPolicy(this.lastSettings.policy.filter);
    const pause = featurePause(this.lastSettings);
    for (const reason of FEATURE_PAUSES) task.setPause(reason, reason === pause);
  }

  private setAccepted(accepted: boolean, why: string | null): void {
    if (accepted === (this.unaccepted === null)) return;
    this.unaccepted = accepted ? null : (why ?? 'not accepted');
    this.deps.log(accepted ? 'device_accepted' : 'device_refused', { why });
    for (const task of this.tasks.list()) task.setSuspended(!accepted);
    this.changes.notify();
  }

  /** What could not be settled while the server was away, and rights whose news may have been lost. */
  private async settleWithServer(): Promise<void> {
    await this.tasks.settleLeaving();
    await this.adoptLost();
    await this.tasks.registerAgain(this.deps.deviceId);
    for (const task of this.tasks.list()) if (task.isPausedBy('permission')) await this.checkRights(task);
  }

  private async adoptLost(): Promise<void> {
    if (!this.tasks.hasLost) return;
    try {
      const adopted = this.tasks.adoptLost(await this.deps.server.tasks());
      for (const task of adopted) await task.start();
    } catch (error) {
      this.deps.log('adoption_failed', { error });
    }
  }

  private nudge(space: SpaceId): void {
    for (const task of this.tasks.inSpace(space)) task.supervisor?.nudge();
  }

  private roomFreed(space: SpaceId): void {
    for (const task of this.tasks.inSpace(space)) task.supervisor?.roomFreed();
  }

  /** After a sleep all tasks look at everything again; `RunSlots` lets few of them do so at a time (D13). */
  private timeJumped(byMs: number): void {
    this.deps.log('time_jumped', { byMs });
    void this.watch.refresh();
    for (const task of this.tasks.list()) task.supervisor?.timeJumped();
  }

  private reconnected(): void {
    this.watchSpaces();
    for (const task of this.tasks.list()) task.supervisor?.reconnected();
  }

  private async checkRightsIn(space: SpaceId): Promise<void> {
    await Promise.all(this.tasks.inSpace(space).map((task) => this.checkRights(task)));
  }

  /** PE-2: asks the server and pauses or resumes accordingly. Without an answer nothing changes. */
  private async checkRights(task: SyncTask): Promise<void> {
    const { spaceId, rootNodeId } = task.record;
    try {
      const { boundaries } = await this.deps.server.caps(spaceId, rootNodeId);
      const right = boundaries.find(({ nodeId }) => nodeId === rootNodeId)?.syncRight ?? 'none';
      task.setPause('permission', !rightAllows(task.record.mode, right));
    } catch (error) {
      const failure = classifyFailure(error);
      this.deps.log('caps_failed', { task: task.record.id, failure, error });
      if (failure.t !== 'doubt') return;
      if (failure.doubt === 'rights') task.setPause('permission', true);
      else void this.watch.refresh();
    }
  }

  private watchSpaces(): void {
    this.deps.socket.watch([...new Set(this.tasks.list().map((task) => task.record.spaceId))]);
  }
}

function sumFiles(tasks: readonly SyncTask[]): number {
  return tasks.reduce((sum, task) => sum + task.counts().files, 0);
}
