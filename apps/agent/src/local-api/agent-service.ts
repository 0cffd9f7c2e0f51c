import { isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError, type SyncMode, type TaskSettings } from '@tideline/contracts';
import type { Decision } from '@tideline/sync-core';
import { findRefusingPause } from '../runtime/schedule.ts';
import type { Agent } from '../runtime/agent.ts';
import { toTaskStatus, type StatusAndReason } from '../runtime/task-status.ts';
import { judgeWait, type WaitedTask } from '../runtime/wait.ts';
import { adoptRoot } from '../tasks/adopt-root.ts';
import { createTask, type CreateTaskDeps, type NewTask } from '../tasks/create-task.ts';
import { decisionsAbout, summarize } from '../tasks/explain.ts';
import { explainPath } from '../tasks/explain-path.ts';
import { compileFilters } from '../tasks/left-out.ts';
import { listFiles } from '../tasks/list-files.ts';
import { listSkipped } from '../tasks/list-skipped.ts';
import { isSameOrInside } from '../tasks/is-inside.ts';
import type { SyncTask } from '../tasks/sync-task.ts';
import { rulesOf } from '../tasks/task-record.ts';
import type {
  AccountAnswer,
  ConfigureRequest,
  CreateTaskRequest,
  DoctorAnswer,
  ExplainAnswer,
  ExplainRequest,
  FilesAnswer,
  FilesQuery,
  HoldView,
  Limits,
  Preview,
  StatusAnswer,
  TaskListQuery,
  TaskView,
  ThrottleAnswer,
  ThrottleChange,
  WaitAnswer,
} from './messages.ts';
import type { DeviceThrottle } from '../throttle/device-throttle.ts';
import { strictestOf } from '../throttle/rates-at.ts';
import { listHolds } from './list-holds.ts';
import { selectTasks } from './select-tasks.ts';

/** Who this device is, as it was enrolled. */
export type DeviceIdentity = {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly server: string;
  readonly user: { readonly name: string; readonly email: string };
  readonly enterprise: { readonly code: string; readonly name: string };
  readonly keyStore: 'keychain' | 'file';
  readonly version: string;
};

export type AgentServiceDeps = {
  readonly agent: Agent;
  readonly identity: DeviceIdentity;
  readonly create: CreateTaskDeps;
  readonly preview: (task: NewTask, signal: AbortSignal) => Promise<Preview>;
  /** What the engine would decide now, for `explain`. */
  readonly decide: (task: SyncTask) => readonly Decision[];
  readonly doctor: () => Promise<DoctorAnswer>;
  readonly throttle: DeviceThrottle;
  readonly shutdown: () => void;
};

/** What a person can ask of the running agent; the local API and with it the command line call nothing else. */
export class AgentService {
  private readonly deps: AgentServiceDeps;
  /** One creation at a time: two could pass each other's overlap check. */
  private creating: Promise<unknown> = Promise.resolve();

  constructor(deps: AgentServiceDeps) {
    this.deps = deps;
  }

  status(): StatusAnswer {
    const { agent, identity } = this.deps;
    return {
      tasks: this.views(),
      limits: agent.limits(),
      throttle: this.deps.throttle.inForce(),
      ...{ server: identity.server, connection: agent.watch.connection, keyStore: identity.keyStore },
      device: { id: identity.deviceId, name: agent.settings?.deviceName ?? identity.deviceName },
      user: { name: identity.user.name, email: identity.user.email },
      ...{ enterprise: identity.enterprise.code, version: identity.version },
    };
  }

  list(query: TaskListQuery): { tasks: TaskView[] } {
    return { tasks: selectTasks(this.views(), query) };
  }

  show(taskId: string): TaskView {
    return this.viewOf(this.task(taskId));
  }

  limits(): Limits {
    return this.deps.agent.limits();
  }

  throttle(): ThrottleAnswer {
    const { throttle } = this.deps;
    return { settings: throttle.settings, policy: throttle.policy, inForce: throttle.inForce() };
  }

  changeThrottle(change: ThrottleChange): ThrottleAnswer {
    this.deps.throttle.change(withoutUndefined(change));
    return this.throttle();
  }

  preview(request: CreateTaskRequest, signal: AbortSignal): Promise<Preview> {
    return this.deps.preview(toNewTask(request), signal);
  }

  create(request: CreateTaskRequest): Promise<TaskView> {
    const creation = this.creating.then(() => this.createNow(request));
    this.creating = creation.catch(() => undefined); // the next one does not fail for this one's reason
    return creation;
  }

  pause(taskId: string): TaskView {
    const task = this.task(taskId);
    task.setPause('user', true);
    return this.viewOf(task);
  }

  resume(taskId: string): TaskView {
    const task = this.task(taskId);
    task.setPause('user', false);
    return this.viewOf(task);
  }

  /** TA-8: *Sync now*. */
  syncNow(taskId: string): TaskView {
    const task = this.task(taskId);
    this.requestRun(task);
    return this.viewOf(task);
  }

  /** *Sync now*, answered when that run is over. */
  async syncAndWait(taskId: string, signal: AbortSignal): Promise<WaitAnswer> {
    const task = this.task(taskId);
    const run = this.requestRun(task);
    const judged = () => [{ ...statusOfRun(task), ...progress(task, run) }];
    return this.waitUntilSettled([task], judged, signal);
  }

  /** GU-3: what stands in the place of the task's folder is that folder. */
  adopt(taskId: string): TaskView {
    const task = this.task(taskId);
    adoptRoot(task);
    return this.viewOf(task);
  }

  async cancel(taskId: string): Promise<TaskView> {
    const task = this.task(taskId);
    const view = this.viewOf(task);
    await this.deps.agent.cancel(task);
    return { ...view, status: 'cancelled', reason: undefined };
  }

  async configure(taskId: string, change: ConfigureRequest): Promise<TaskView> {
    const task = this.task(taskId);
    if (change.propagateDeletes === true && task.record.mode !== 'upload') {
      throw new AppError('USAGE', { reason: '--propagate-deletes is for upload tasks; this one is bidirectional.' });
    }
    const known: Partial<TaskSettings> = withoutUndefined(change);
    await task.configure({ ...task.record.settings, ...known });
    return this.viewOf(task);
  }

  async files(taskId: string, query: FilesQuery, signal: AbortSignal): Promise<FilesAnswer> {
    const task = this.task(taskId);
    const { localPath: root, rootNodeId } = task.record;
    const { state, cursor, limit } = query;
    if (state !== 'skipped') return listFiles(task.getJournal(), rootNodeId, { state, cursor, limit });
    const filters = compileFilters(rulesOf(task.record), process.platform);
    return listSkipped({ root, filters, cursor, limit, signal });
  }

  holds(): { holds: HoldView[] } {
    return { holds: this.deps.agent.tasks.list().flatMap(listHolds) };
  }

  /** The answer is on record when this returns; the next cycle carries it out. The same answer twice is one. */
  answerHold(holdId: string, answer: 'approved' | 'restored'): HoldView {
    const { task, view } = this.findHold(holdId);
    if (answer === 'restored') refuseRestore(view, task.record.mode);
    if (view.answer !== null && view.answer !== answer) throw new AppError('HOLD_ANSWERED', { answer: view.answer });
    task.getJournal().answerHold(holdId, answer);
    task.supervisor?.check();
    return { ...view, answer };
  }

  /** Settles once every running task was looked at completely after this call; paused and manual ones are left out. */
  async wait(signal: AbortSignal): Promise<WaitAnswer> {
    const tasks = this.deps.agent.tasks.list().filter((task) => task.record.settings.auto && task.pauses.size === 0);
    // A question after the call: a right or the device itself may have been lost without a nudge.
    void this.deps.agent.watch.refresh();
    const runs = new Map(tasks.map((task) => [task, task.supervisor?.check() ?? 1]));
    const judged = () => tasks.map((task) => ({ ...task.status(), ...progress(task, runs.get(task) ?? 1) }));
    return this.waitUntilSettled(tasks, judged, signal);
  }

  explain({ path, asGiven }: ExplainRequest): ExplainAnswer {
    const { task, wanted } = this.findTaskOf([path, asGiven ?? path]);
    const inside = relative(task.record.localPath, wanted).split(sep).join('/');
    const facts = { journal: task.getJournal(), record: task.record, platform: process.platform };
    const { states, reasons } = explainPath(facts, inside);
    return {
      ...{ path: wanted, task: task.record.id, taskStatus: task.status().status },
      ...{ base: states.base, local: states.local, cloud: states.cloud },
      ...{ decisions: decisionsAbout(this.deps.decide(task), states), problem: reasons.problem },
      ...{ leftOut: reasons.leftOut, summary: summarize(states, reasons) },
    };
  }

  account(): AccountAnswer {
    const { agent, identity } = this.deps;
    const { settings } = agent;
    if (!settings) throw new AppError('SERVER_UNREACHABLE', { server: identity.server });
    const { user, enterprise, feature, spaces } = settings;
    const { name, email } = user;
    return { user: { name, email }, enterprise, device: settings.deviceName, server: identity.server, feature, spaces };
  }

  doctor(): Promise<DoctorAnswer> {
    return this.deps.doctor();
  }

  shutdown(): void {
    this.deps.shutdown();
  }

  private async createNow(request: CreateTaskRequest): Promise<TaskView> {
    const { agent, create } = this.deps;
    await this.refuseEarly();
    try {
      const record = await createTask(create, toNewTask(request));
      return this.viewOf(await agent.take(record));
    } catch (error) {
      void agent.tasks.settleLeaving();
      throw error;
    }
  }

  /** What the server said last may be old news: before it refuses anything, it is asked again. */
  private async refuseEarly(): Promise<void> {
    const { agent } = this.deps;
    if (!this.findRefusal()) return;
    await agent.watch.refresh();
    const refusal = this.findRefusal();
    if (refusal) throw refusal;
  }

  private findRefusal(): AppError | undefined {
    const { agent, identity } = this.deps;
    const { settings } = agent;
    const { tasks, maxTasks } = agent.limits();
    if (settings?.refusal) return refusalError(settings, identity.version);
    return tasks >= maxTasks ? new AppError('LIMIT_TASKS', { max: maxTasks }) : undefined;
  }

  /** The first of some spellings of a place that lies in a task's folder. */
  private findTaskOf(paths: readonly string[]): { task: SyncTask; wanted: string } {
    const tasks = this.deps.agent.tasks.list();
    for (const path of paths) {
      const wanted = isAbsolute(path) ? path : resolve(sep, path);
      const task = tasks.find(({ record }) => isSameOrInside(wanted, record.localPath));
      if (task) return { task, wanted };
    }
    throw new AppError('NOT_FOUND', { what: `A sync task that holds ${paths[0] ?? ''}` });
  }

  private findHold(holdId: string) {
    for (const task of this.deps.agent.tasks.list()) {
      const view = listHolds(task).find(({ id }) => id === holdId);
      if (view) return { task, view };
    }
    throw new AppError('NOT_FOUND', { what: `The hold ${holdId}` });
  }

  private requestRun(task: SyncTask): number {
    const reason = findRefusingPause(task.pauses);
    if (reason) throw new AppError('TASK_PAUSED_BY', { reason });
    const run = task.supervisor?.request();
    if (run === undefined) throw new AppError('TASK_PAUSED_BY', { reason: 'database' });
    return run;
  }

  private async waitUntilSettled(
    tasks: readonly SyncTask[],
    judged: () => readonly WaitedTask[],
    signal: AbortSignal,
  ): Promise<WaitAnswer> {
    for (;;) {
      const outcome = judgeWait(judged());
      if (outcome) return { outcome, tasks: tasks.map((task) => this.viewOf(task)) };
      await this.deps.agent.changes.changed(signal);
    }
  }

  private task(taskId: string): SyncTask {
    return this.deps.agent.tasks.get(taskId);
  }

  private views(): TaskView[] {
    return this.deps.agent.tasks.list().map((task) => this.viewOf(task));
  }

  /** A task by itself does not know whether the server answers; its status reads otherwise when it does not. */
  private viewOf(task: SyncTask): TaskView {
    const isOffline = this.deps.agent.watch.connection === 'offline';
    const { throttle } = this.deps;
    const rates = strictestOf(throttle.inForce(), throttle.of(task.record.settings));
    return { ...task.view(), throttle: rates, ...(isOffline ? { offline: true } : {}) };
  }
}

type Named<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(change: T): Named<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Named<T>;
}

function progress(task: SyncTask, run: number): Pick<WaitedTask, 'looked' | 'ended'> {
  return task.supervisor?.progressSince(run) ?? { looked: false, ended: task.status().status === 'blocked' };
}

/** A task that runs once in spite of a pause is judged by what its run came to, not by its pause. */
function statusOfRun(task: SyncTask): StatusAndReason {
  const { supervisor } = task;
  if (!supervisor) return task.status();
  if (supervisor.requestIsOpen()) return { status: 'syncing', reason: null };
  return toTaskStatus({ ...supervisor.facts(), pauses: new Set() });
}

/** What has no way back is not offered one. */
function refuseRestore({ kind }: HoldView, mode: SyncMode): void {
  const isDelete = kind === 'mass_delete_cloud' || kind === 'mass_delete_local';
  if (isDelete || (kind === 'mass_change' && mode === 'bidirectional')) return;
  const reason =
    kind === 'mass_change'
      ? 'An upload task never writes to its folder: restore the files from their versions in the console.'
      : 'There is nothing to restore: the files are here, and wait to be backed up again.';
  throw new AppError('USAGE', { reason });
}

function refusalError(settings: NonNullable<Agent['settings']>, version: string): AppError {
  const { refusal, enterprise, feature } = settings;
  const params = { code: enterprise.code, minVersion: feature.minAgentVersion, version };
  return new AppError(refusal ?? 'SYNC_DISABLED', params);
}

function toNewTask({ local, cloud, type, settings }: CreateTaskRequest): NewTask {
  return { localPath: local, cloudPath: cloud, mode: type, settings };
}
