import type { DirtyPaths } from '@tideline/sync-core';

/** The first change after quiet is told soon: a small file saved here is to be readable elsewhere in 300 ms (BI-7). */
export const LEADING_MS = 50;
export const QUIET_MS = 200;
export const MAX_WAIT_MS = 2000;
export const BURST_EVENTS = 2000;
export const BURST_WINDOW_MS = 2000;

export type Timers = {
  readonly nowMs: () => number;
  /** Answers how to take it back. */
  readonly after: (delayMs: number, run: () => void) => () => void;
};

export type Coalescer = {
  readonly changed: (folder: string) => void;
  /** Nothing is known any more: everything has to be looked at. */
  readonly lost: () => void;
  readonly stop: () => void;
};

/** Gathers changed folders and tells them together; so many that a list is no help become `all`. */
export function createCoalescer(timers: Timers, tell: (dirty: DirtyPaths) => void): Coalescer {
  let pending: Set<string> | 'all' = new Set();
  let sinceMs: number | undefined;
  let lastEventMs = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let isLeading = false;
  const burst = createBurstMeter();

  const flush = (): void => {
    cancel = undefined;
    isLeading = false;
    sinceMs = undefined;
    const dirty = pending;
    pending = new Set();
    if (dirty === 'all' || dirty.size > 0) tell(dirty);
  };
  const schedule = (nowMs: number): void => {
    const wasQuiet = nowMs - lastEventMs > QUIET_MS;
    lastEventMs = nowMs;
    if (isLeading) return;
    if (cancel === undefined && wasQuiet) {
      isLeading = true;
      cancel = timers.after(LEADING_MS, flush);
      return;
    }
    cancel?.();
    sinceMs ??= nowMs;
    cancel = timers.after(Math.max(0, Math.min(QUIET_MS, sinceMs + MAX_WAIT_MS - nowMs)), flush);
  };
  const note = (folder: string | null): void => {
    const nowMs = timers.nowMs();
    if (burst(nowMs) || folder === null) pending = 'all';
    else if (pending !== 'all') pending.add(folder);
    schedule(nowMs);
  };
  return {
    changed: note,
    lost: () => note(null),
    stop: () => cancel?.(),
  };
}

/** Whether more events came within the window than a list of folders is good for. */
function createBurstMeter(): (nowMs: number) => boolean {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (nowMs) => {
    if (nowMs - windowStartMs > BURST_WINDOW_MS) {
      windowStartMs = nowMs;
      count = 0;
    }
    count += 1;
    return count > BURST_EVENTS;
  };
}
