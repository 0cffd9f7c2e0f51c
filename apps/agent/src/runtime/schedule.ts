import type { BlockReason, PauseReason } from '@tideline/contracts';
import type { CycleReport, DirtyPaths } from '@tideline/sync-core';
import { assertNever } from './assert-never.ts';

/** Everything that decides WHEN a task runs; what it then does is the cycle's affair. Times are milliseconds of the clock. */
export type ScheduleState = {
  readonly pauses: ReadonlySet<PauseReason>;
  /** The server does not accept this device at present. */
  readonly suspended: boolean;
  /** TA-6: false = only when asked. */
  readonly auto: boolean;
  /** `full`: *Sync now* or a check was asked for. `rest`: that run goes on until nothing is left to do at once. */
  readonly request: 'full' | 'rest' | null;
  /** What the watcher hinted at since the last run began. */
  readonly dirty: DirtyPaths | null;
  /** Where the next run is to look besides; no reason to run by itself. */
  readonly later: DirtyPaths | null;
  readonly nudged: boolean;
  /** The last cycle left work that can be done at once. */
  readonly again: boolean;
  readonly rescanAtMs: number;
  readonly pollAtMs: number;
  /** Deletes that settle, nodes that are tried again. */
  readonly wakeAtMs: number | null;
  /** Nothing runs before, except on request: back-off after failures and while blocked. */
  readonly notBeforeMs: number;
};

/** At first everything is to be looked at. */
export function newSchedule({ auto, pauses }: { auto: boolean; pauses: Iterable<PauseReason> }): ScheduleState {
  return {
    ...{ pauses: new Set(pauses), suspended: false, auto, request: null, dirty: 'all', nudged: true, again: false },
    ...{ later: null, rescanAtMs: 0, pollAtMs: Infinity, wakeAtMs: null, notBeforeMs: 0 },
  };
}

export type RunDecision = { readonly t: 'run'; readonly dirty: DirtyPaths | null; readonly pullFeed: boolean };
export type ScheduleDecision =
  | RunDecision
  /** `null`: until something happens. */
  | { readonly t: 'sleep'; readonly untilMs: number | null };

/** TA-8: *Sync now* runs once in spite of these; every other reason refuses it. */
const ONCE_ALLOWED: Readonly<Record<PauseReason, boolean>> = {
  user: true,
  schedule: true,
  metered: true,
  battery: true,
  admin: false,
  policy: false,
  disabled: false,
  permission: false,
  agent_too_old: false,
};

/** The pause reason that refuses a run on request, if any. */
export function findRefusingPause(pauses: ReadonlySet<PauseReason>): PauseReason | undefined {
  return [...pauses].find((reason) => !ONCE_ALLOWED[reason]);
}

export function decide(state: ScheduleState, nowMs: number): ScheduleDecision {
  if (!mayRun(state)) return { t: 'sleep', untilMs: null };
  if (state.request === 'full') return { t: 'run', dirty: 'all', pullFeed: true };
  if (nowMs < state.notBeforeMs) return { t: 'sleep', untilMs: state.notBeforeMs };
  if (nowMs >= state.rescanAtMs) return { t: 'run', dirty: 'all', pullFeed: true };
  const pullFeed = state.nudged || nowMs >= state.pollAtMs;
  if (pullFeed || hasWork(state, nowMs)) return { t: 'run', dirty: mergeDirty(state.dirty, state.later), pullFeed };
  return { t: 'sleep', untilMs: Math.min(state.rescanAtMs, state.pollAtMs, state.wakeAtMs ?? Infinity) };
}

function hasWork({ again, dirty, wakeAtMs }: ScheduleState, nowMs: number): boolean {
  return again || dirty !== null || (wakeAtMs !== null && nowMs >= wakeAtMs);
}

function mayRun(state: ScheduleState): boolean {
  if (state.suspended || findRefusingPause(state.pauses) !== undefined) return false;
  return state.request !== null || (state.auto && state.pauses.size === 0);
}

/** A run begins: what it does is done with; what comes in from now on is for the next one. */
export function takeWork(state: ScheduleState, { pullFeed }: RunDecision): ScheduleState {
  const request = state.request === null ? null : 'rest';
  const taken = { dirty: null, later: null, again: false, wakeAtMs: null };
  return { ...state, ...taken, request, nudged: pullFeed ? false : state.nudged };
}

/** What an interrupted or failed run was to do is still to be done. */
export function giveBack(state: ScheduleState, { dirty, pullFeed }: RunDecision): ScheduleState {
  return { ...state, dirty: mergeDirty(state.dirty, dirty), nudged: state.nudged || pullFeed, again: true };
}

/** A cycle that stopped or got on is gone on with at once; one that achieved nothing would only find the same again. */
export function whereToLookNext(
  { dirty, later }: ScheduleState,
  { lookAgain, again, stop, wakeAtMs }: Pick<CycleReport, 'lookAgain' | 'again' | 'stop' | 'wakeAtMs'>,
): Pick<ScheduleState, 'dirty' | 'later'> {
  const mayWait = !again && stop === null && wakeAtMs !== null;
  if (mayWait) return { dirty, later: mergeDirty(later, lookAgain) };
  return { dirty: mergeDirty(dirty, lookAgain), later };
}

/** A set larger than this costs more to carry than a full scan. */
export const MAX_DIRTY_PATHS = 10_000;

export function mergeDirty(left: DirtyPaths | null, right: DirtyPaths | null): DirtyPaths | null {
  if (left === null) return right;
  if (right === null) return left;
  if (left === 'all' || right === 'all' || left.size + right.size > MAX_DIRTY_PATHS) return 'all';
  return left.union(right);
}

const MINUTE_MS = 60_000;
/** `random` is in [0, 1). Timed rescans find what the watcher lost: every 30 to 60 minutes, every 10 while it is degraded. */
export function nextRescanMs(nowMs: number, watcherDegraded: boolean, random: number): number {
  if (watcherDegraded) return nowMs + (9 + 2 * random) * MINUTE_MS;
  return nowMs + (30 + 30 * random) * MINUTE_MS;
}

/** A lost nudge costs latency only: at least once a minute the feed is asked anyway (D07). */
export function nextPollMs(nowMs: number, random: number): number {
  return nowMs + (40 + 20 * random) * 1000;
}

export const MAX_BACKOFF_MS = MINUTE_MS;
/** Full jitter over a doubling span, so that a fleet does not come back in step. `failures` counts from 1. */
export function backoffMs(failures: number, random: number): number {
  const spanMs = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** Math.min(failures - 1, 10));
  return spanMs / 2 + (spanMs / 2) * random;
}

/** How long a blocked task waits before it looks again whether the wall is still there. */
export function blockedRetryMs(reason: BlockReason): number {
  switch (reason) {
    case 'root':
      return 5000;
    case 'database':
    case 'disk':
    case 'credentials':
      return 30_000;
    case 'quota':
    case 'limit':
      return MINUTE_MS;
    default:
      return assertNever(reason);
  }
}

/** A run on request goes on while work can be done at once or is about to settle; a retry far away does not hold it. */
const REQUEST_PATIENCE_MS = 10_000;
export function requestGoesOn(
  rest: { again: boolean; wakeAtMs: number | null; pending: number },
  nowMs: number,
): boolean {
  if (rest.again) return true;
  return rest.pending > 0 && rest.wakeAtMs !== null && rest.wakeAtMs - nowMs <= REQUEST_PATIENCE_MS;
}
