import type { CycleProgress, CycleReport, DirtyPaths } from '@tideline/sync-core';

/** One run of a task, as the supervisor asks for it. */
export type RunRequest = {
  readonly dirty: DirtyPaths | null;
  readonly pullFeed: boolean;
  readonly roomFreed?: boolean;
  readonly onProgress: (progress: CycleProgress) => void;
  /** True when hints or nudges wait for the next run: long transfers give way. */
  readonly yieldNow: () => boolean;
  readonly signal: AbortSignal;
};

/** What a supervisor drives: one task's cycle with everything it needs, opened once. */
export type TaskEngine = {
  run(request: RunRequest): Promise<CycleReport>;
  /** Hints from the disk, or null where the task is not watched (TA-6). `onTrouble`: hints are being lost. */
  watch(onDirty: (dirty: DirtyPaths) => void, onTrouble: (code: string) => void): Promise<void>;
  unwatch(): Promise<void>;
  /** Waits for nothing: no run is active any more when it is called. */
  close(): Promise<void>;
};

/** Time from outside, so that tests turn the clock by hand. */
export type Timers = {
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Calls back once; answers how to call it off. */
  after(delayMs: number, callback: () => void): () => void;
};

export const systemTimers: Timers = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, callback) => {
    // Longer timers overflow and fire at once; whoever slept too short just decides again.
    const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
