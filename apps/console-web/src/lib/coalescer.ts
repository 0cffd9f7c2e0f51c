export type Timer = {
  readonly set: (run: () => void, delayMs: number) => number;
  readonly clear: (id: number) => void;
};
export type Coalescer<T> = { readonly add: (items: readonly T[]) => void; readonly stop: () => void };
type Options<T> = {
  readonly keyOf: (item: T) => string;
  readonly flush: (items: readonly T[]) => void;
  readonly delayMs: number;
  /** At least this long between two flushes: a busy fleet must not make a page fetch without end. */
  readonly spacingMs: number;
  readonly nowMs: () => number;
  readonly timer: Timer;
};

/** Gathers items, each once, and hands them on together. */
export function createCoalescer<T>(options: Options<T>): Coalescer<T> {
  const waiting = new Map<string, T>();
  let lastFlushMs = -Infinity;
  let timerId: number | undefined;
  const flush = () => {
    timerId = undefined;
    lastFlushMs = options.nowMs();
    const items = [...waiting.values()];
    waiting.clear();
    options.flush(items);
  };
  return {
    add: (items) => {
      for (const item of items) waiting.set(options.keyOf(item), item);
      if (timerId !== undefined || waiting.size === 0) return;
      const sinceMs = options.nowMs() - lastFlushMs;
      timerId = options.timer.set(flush, Math.max(options.delayMs, options.spacingMs - sinceMs));
    },
    stop: () => {
      if (timerId !== undefined) options.timer.clear(timerId);
      timerId = undefined;
      waiting.clear();
    },
  };
}
