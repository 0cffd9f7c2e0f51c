import type { BlockReason, PauseReason } from '@tideline/contracts';
import type { CycleProgress, CycleReport, DirtyPaths } from '@tideline/sync-core';
import { classifyFailure, type Failure } from './classify-failure.ts';
import type { RunSlots } from './run-slots.ts';
import {
  backoffMs,
  blockedRetryMs,
  decide,
  giveBack,
  mergeDirty,
  newSchedule,
  nextPollMs,
  nextRescanMs,
  requestGoesOn,
  takeWork,
  whereToLookNext,
  type RunDecision,
  type ScheduleDecision,
  type ScheduleState,
} from './schedule.ts';
import type { TaskEngine, Timers } from './task-engine.ts';
import { TaskWatching } from './task-watching.ts';
import type { TaskFacts } from './task-status.ts';

export type SupervisorOptions = {
  readonly engine: TaskEngine;
  readonly timers: Timers;
  readonly slots: RunSlots;
  readonly auto: boolean;
  readonly pauses: Iterable<PauseReason>;
  readonly lastFullSyncMs: number | null;
  /** Something that `facts` or `counts` show has changed. */
  readonly onChange: () => void;
  /** The server refused what only a lost right, a switched-off feature or a revoked device explains: ask again. */
  readonly onDoubt: (doubt: 'rights' | 'settings' | 'credentials') => void;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

export type TaskCounts = Pick<
  CycleReport,
  'pending' | 'pendingBytes' | 'failed' | 'skipped' | 'holds' | 'files' | 'folders' | 'lastFullSyncMs' | 'verified'
>;

/**
 * Decides when one task runs and runs it, one cycle at a time. Hints, nudges and requests that come during a run are kept for
 * the next one, so that nothing is missed between a scan and its end.
 */
export class RootSupervisor {
  private readonly options: SupervisorOptions;
  private schedule: ScheduleState;
  private phase: 'idle' | 'scanning' | 'syncing' = 'idle';
  private block: BlockReason | null = null;
  /** Room was told of since the last run began. */
  private hasRoom = false;
  private checked = false;
  private failures = 0;
  /** The server did not answer the last run. */
  private isAway = false;
  private readonly watching: TaskWatching;
  private detail: string | null = null;
  private tally: TaskCounts;
  private running: Promise<void> | null = null;
  private aborting = new AbortController();
  private cancelTimer: () => void = () => undefined;
  private state: 'new' | 'started' | 'stopped' = 'new';
  /** Runs are numbered from 1; `checkedRun` is the newest that looked at both sides completely, `endedRun` the newest that ended. */
  private runs = 0;
  private checkedRun = 0;
  private endedRun = 0;
  /** When the newest complete look began; what it found is settled once the engine says so (`lastFullSyncMs`). */
  private lookedFromMs = 0;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.watching = new TaskWatching(options.engine, {
      onDirty: (dirty) => this.hinted(dirty),
      onDegraded: () => this.watcherFailed(),
      log: options.log,
    });
    this.schedule = newSchedule(options);
    this.tally = {
      ...{ pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0, files: 0, folders: 0 },
      ...{ lastFullSyncMs: options.lastFullSyncMs, verified: null },
    };
  }

  /** Watches first, then scans: what changes in between is hinted at. */
  async start(): Promise<void> {
    if (this.state !== 'new') return;
    this.state = 'started';
    await this.applyWatching();
    this.kick();
  }

  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.cancelTimer();
    this.aborting.abort();
    await this.running;
    await this.watching.stop();
    await this.options.engine.close();
  }

  facts(): TaskFacts {
    const { pauses, suspended } = this.schedule;
    const block = suspended ? 'credentials' : this.block;
    const { pending, failed, holds } = this.tally;
    const due = this.state === 'started' && this.phase === 'idle' && this.decideNow().t === 'run';
    const phase = due ? 'waiting' : this.phase;
    return { cancelled: false, pauses, block, phase, checked: this.checked, pending, failed, holds };
  }

  counts(): TaskCounts {
    return this.tally;
  }

  /** Why it is blocked or waits, for a person; the code of lost hints. */
  remarks(): { detail: string | null; watcherTrouble: string | null } {
    return { detail: this.detail, watcherTrouble: this.watching.trouble };
  }

  /** While the device is not accepted by the server, nothing runs and nothing is lost. */
  setSuspended(suspended: boolean): void {
    if (this.schedule.suspended === suspended) return;
    const missed = suspended ? {} : ({ dirty: 'all', nudged: true, notBeforeMs: 0 } as const);
    this.schedule = { ...this.schedule, ...missed, suspended };
    if (suspended) this.interrupt();
    this.changed();
  }

  setPause(reason: PauseReason, held: boolean): void {
    if (this.schedule.pauses.has(reason) === held) return;
    const pauses = new Set(this.schedule.pauses);
    if (held) pauses.add(reason);
    else pauses.delete(reason);
    // Whatever was missed meanwhile is found by a full look at both sides.
    const missed = held ? {} : ({ dirty: 'all', nudged: true, notBeforeMs: 0 } as const);
    this.schedule = { ...this.schedule, ...missed, pauses };
    if (held) this.interrupt();
    this.changed();
  }

  async setAuto(auto: boolean): Promise<void> {
    this.schedule = { ...this.schedule, auto, ...(auto ? { dirty: 'all' as const, nudged: true } : {}) };
    if (this.state === 'started') await this.applyWatching();
    this.changed();
  }

  /** Other filters, throttles or switches: the next cycle sees them, and looks at everything. */
  settingsChanged(): void {
    this.schedule = { ...this.schedule, dirty: 'all', nudged: true };
    this.interrupt();
    this.changed();
  }

  nudge(): void {
    if (this.schedule.nudged) return;
    // After a full space or a blocked database news may be what helps; back-off after failures stays.
    this.schedule = { ...this.schedule, nudged: true };
    this.changed();
  }

  /** VE-3: there is room in the cloud again. Whoever waits for some, or may be about to, tries at once. */
  roomFreed(): void {
    if (this.block !== 'quota' && this.running === null) return;
    this.hasRoom = true;
    const notBeforeMs = this.block === 'quota' ? 0 : this.schedule.notBeforeMs;
    this.schedule = { ...this.schedule, nudged: true, notBeforeMs };
    this.changed();
  }

  /** D12, D13: the machine slept, or its clock was set: hints may be lost, and no moment planned before means anything now. */
  timeJumped(): void {
    const { timers } = this.options;
    this.schedule = { ...this.schedule, dirty: 'all', nudged: true, notBeforeMs: 0, wakeAtMs: timers.nowMs() };
    this.changed();
  }

  /** The server answers again: do not sit out the back-off. */
  reconnected(): void {
    this.schedule = { ...this.schedule, nudged: true, notBeforeMs: 0 };
    this.changed();
  }

  /** *Sync now*, or a check: answers the number of a run that begins after this call and looks at everything. */
  request(): number {
    this.schedule = { ...this.schedule, request: 'full', dirty: 'all', nudged: true };
    const run = this.runs + 1;
    this.changed();
    return run;
  }

  /** Looks at everything as soon as nothing forbids it. Unlike `request` it does not run a paused or manual task. */
  check(): number {
    this.schedule = { ...this.schedule, dirty: 'all', nudged: true, notBeforeMs: 0 };
    const run = this.runs + 1;
    this.changed();
    return run;
  }

  /** `looked`: that run, or a later one, saw both sides completely. `ended`: it was tried, and stopped for some reason. */
  progressSince(run: number): { readonly looked: boolean; readonly ended: boolean } {
    return { looked: this.checkedRun >= run, ended: this.endedRun >= run };
  }

  /** While a run on request is wanted or going on: its status as if nothing paused the task. */
  requestIsOpen(): boolean {
    return this.schedule.request !== null;
  }

  private applyWatching(): Promise<void> {
    return this.schedule.auto ? this.watching.restart() : this.watching.stop();
  }

  private hinted(dirty: DirtyPaths): void {
    this.schedule = { ...this.schedule, dirty: mergeDirty(this.schedule.dirty, dirty) };
    this.kick();
  }

  private watcherFailed(): void {
    const { timers } = this.options;
    const rescanAtMs = Math.min(this.schedule.rescanAtMs, nextRescanMs(timers.nowMs(), true, timers.random()));
    this.schedule = { ...this.schedule, rescanAtMs };
    this.changed();
  }

  private changed(): void {
    this.options.onChange();
    this.kick();
  }

  private decideNow(): ScheduleDecision {
    return decide(this.schedule, this.options.timers.nowMs());
  }

  private kick(): void {
    if (this.state !== 'started' || this.running !== null) return;
    this.cancelTimer();
    const { timers } = this.options;
    const decision = this.decideNow();
    if (decision.t === 'sleep') {
      if (decision.untilMs === null || decision.untilMs === Infinity) return;
      this.cancelTimer = timers.after(Math.max(0, decision.untilMs - timers.nowMs()), () => this.kick());
      return;
    }
    this.aborting = new AbortController();
    this.running = this.runOnce(decision, this.aborting.signal).finally(() => {
      this.running = null;
      this.options.onChange();
      this.kick();
    });
  }

  private interrupt(): void {
    this.aborting.abort();
  }

  private async runOnce(first: RunDecision, signal: AbortSignal): Promise<void> {
    const release = await this.options.slots.take(signal);
    if (release === null) return;
    try {
      // Hints that came while waiting belong to this run.
      const now = this.decideNow();
      const decision = now.t === 'run' ? now : first;
      if (this.isAway && decision.dirty !== null && !(await this.probe(signal))) return;
      await this.cycle(decision, signal);
    } finally {
      this.phase = 'idle';
      release();
    }
  }

  /** G25: while the server is away one question goes to it before the disk is read again. What was to be done stays to be done. */
  private async probe(signal: AbortSignal): Promise<boolean> {
    this.phase = 'syncing';
    const quiet = { onProgress: () => undefined, yieldNow: () => true, signal };
    try {
      const { stop, lookAgain } = await this.options.engine.run({ dirty: null, pullFeed: true, ...quiet });
      this.schedule = { ...this.schedule, dirty: mergeDirty(this.schedule.dirty, lookAgain) };
      if (stop?.why !== 'offline') return !signal.aborted;
      this.schedule = { ...this.schedule, request: null };
      this.failed({ t: 'offline' }, stop.detail);
    } catch (error) {
      this.schedule = { ...this.schedule, dirty: 'all', request: null };
      if (!signal.aborted) this.failed(classifyFailure(error), error);
    }
    this.endedRun = ++this.runs;
    return false;
  }

  private async cycle(decision: RunDecision, signal: AbortSignal): Promise<void> {
    const { dirty, pullFeed } = decision;
    const run = ++this.runs;
    this.schedule = takeWork(this.schedule, decision);
    this.phase = dirty === null ? 'syncing' : 'scanning';
    const roomFreed = this.hasRoom;
    this.hasRoom = false;
    if (dirty === 'all') this.lookedFromMs = this.options.timers.nowMs();
    this.options.onChange();
    try {
      const onProgress = (progress: CycleProgress) => this.progressed(progress);
      const yieldNow = () => this.schedule.dirty !== null || this.schedule.nudged;
      const report = await this.options.engine.run({ dirty, pullFeed, roomFreed, onProgress, yieldNow, signal });
      this.logRun(report, decision);
      this.schedule = { ...this.schedule, ...whereToLookNext(this.schedule, report) };
      if (signal.aborted) this.schedule = giveBack(this.schedule, decision);
      else this.finished(report, { run, decision });
    } catch (error) {
      // Nobody knows how far it came: only a look at everything tells what the disk holds now.
      this.schedule = giveBack(this.schedule, { ...decision, dirty: 'all' });
      if (!signal.aborted) this.failed(classifyFailure(error), error);
    } finally {
      this.endedRun = run;
    }
  }

  private logRun({ stop, pending, failed, holds, again }: CycleReport, { dirty, pullFeed }: RunDecision): void {
    const asked = dirty === null || dirty === 'all' ? dirty : dirty.size;
    this.options.log('cycle_done', { dirty: asked, pullFeed, stop, pending, failed, holds, again });
  }

  private progressed(progress: CycleProgress): void {
    this.phase = progress.phase;
    const { pending, pendingBytes, files, folders } = progress;
    this.tally = { ...this.tally, pending, pendingBytes, files, folders };
    this.options.onChange();
  }

  private finished(report: CycleReport, of: { run: number; decision: RunDecision }): void {
    const { stop, blocked, again, wakeAtMs, ...tally } = report;
    this.tally = tally;
    if (stop !== null) return this.stopped(stop, of.decision);
    if (this.block === 'root') void this.applyWatching();
    this.failures = 0;
    this.isAway = false;
    this.block = blocked;
    this.detail = null;
    const { timers } = this.options;
    const nowMs = timers.nowMs();
    const goesOn =
      this.schedule.request === 'rest' && requestGoesOn({ again, wakeAtMs, pending: tally.pending }, nowMs);
    const request = this.schedule.request === 'rest' && !goesOn ? null : this.schedule.request;
    // A full space or disk stops some work only: the rest does not wait for it.
    const wallMs = blocked === null ? Infinity : nowMs + blockedRetryMs(blocked);
    const nextMs = Math.min(wakeAtMs ?? Infinity, wallMs);
    this.schedule = {
      ...this.schedule,
      again,
      wakeAtMs: Number.isFinite(nextMs) ? nextMs : null,
      request,
      notBeforeMs: 0,
    };
    this.lookedAt(of);
    this.confirm(report, of.decision);
  }

  private lookedAt({ run, decision }: { run: number; decision: RunDecision }): void {
    const { timers } = this.options;
    const nowMs = timers.nowMs();
    if (decision.pullFeed) this.schedule = { ...this.schedule, pollAtMs: nextPollMs(nowMs, timers.random()) };
    if (decision.dirty !== 'all') return;
    const rescanAtMs = nextRescanMs(nowMs, this.watching.trouble !== null, timers.random());
    this.schedule = { ...this.schedule, rescanAtMs };
    if (!decision.pullFeed) return;
    this.checked = true;
    this.checkedRun = run;
  }

  /** SA-5: work that took several runs is "synced" only after one more complete look, which then finds nothing to do. */
  private confirm(report: CycleReport, { dirty }: RunDecision): void {
    const { again, pending, failed, holds, lastFullSyncMs } = report;
    if (dirty === 'all' || again || pending + failed + holds > 0) return;
    if (this.lookedFromMs === 0 || (lastFullSyncMs ?? 0) >= this.lookedFromMs) return;
    this.schedule = { ...this.schedule, dirty: 'all', nudged: true };
  }

  private stopped(stop: NonNullable<CycleReport['stop']>, decision: RunDecision): void {
    this.schedule = giveBack(this.schedule, decision);
    if (stop.why === 'blocked') {
      const credentials = stop.reason === 'credentials';
      const failure: Failure = credentials
        ? { t: 'doubt', doubt: 'credentials' }
        : { t: 'blocked', reason: stop.reason };
      return this.failed(failure, stop.detail);
    }
    if (stop.why === 'permission') return this.failed({ t: 'doubt', doubt: 'rights' }, 'permission');
    this.failed({ t: 'offline' }, stop.detail);
  }

  private failed(failure: Failure, cause: unknown): void {
    const { timers, log, onDoubt } = this.options;
    this.detail = cause instanceof Error ? cause.message : String(cause);
    this.checked = false;
    this.block = failure.t === 'blocked' ? failure.reason : null;
    this.failures += 1;
    this.isAway = failure.t === 'offline';
    log('cycle_failed', { failure, failures: this.failures, cause });
    const waitMs = failure.t === 'blocked' ? blockedRetryMs(failure.reason) : backoffMs(this.failures, timers.random());
    if (this.schedule.request === 'rest') this.schedule = { ...this.schedule, request: null };
    this.delay(waitMs);
    if (failure.t === 'doubt') onDoubt(failure.doubt);
  }

  private delay(waitMs: number): void {
    this.schedule = { ...this.schedule, notBeforeMs: this.options.timers.nowMs() + waitMs };
  }
}
