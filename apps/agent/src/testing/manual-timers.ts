import type { Timers } from '../runtime/task-engine.ts';

/** A clock that moves only when a test says so. */
export class ManualTimers implements Timers {
  private now: number;
  private readonly waiting = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  constructor(nowMs: number) {
    this.now = nowMs;
  }

  nowMs = (): number => this.now;
  random = (): number => 0.5;

  after = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.now + delayMs, callback };
    this.waiting.add(timer);
    return () => void this.waiting.delete(timer);
  };

  /** Calls back what is due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.now + byMs;
    for (let next = this.next(untilMs); next; next = this.next(untilMs)) {
      this.waiting.delete(next);
      this.now = Math.max(this.now, next.atMs);
      next.callback();
    }
    this.now = untilMs;
  }

  private next(untilMs: number) {
    const due = [...this.waiting].filter((timer) => timer.atMs <= untilMs);
    return due.toSorted((left, right) => left.atMs - right.atMs)[0];
  }
}
