import type { Timers } from './task-engine.ts';

const BEAT_MS = 15_000;
/** A beat that comes this late was slept through, or the clock was set forward; a busy machine is not so late. */
const LATE_MS = 30_000;
/** Clocks that are set right by the network go back by less. */
const BACK_MS = 2000;

/** Notices that the machine slept or that its clock was set: timers know nothing of either. */
export class ClockWatch {
  private readonly timers: Timers;
  private readonly onJump: (byMs: number) => void;
  private cancelTimer: () => void = () => undefined;

  constructor(timers: Timers, onJump: (byMs: number) => void) {
    this.timers = timers;
    this.onJump = onJump;
  }

  start(): void {
    this.cancelTimer();
    const dueMs = this.timers.nowMs() + BEAT_MS;
    this.cancelTimer = this.timers.after(BEAT_MS, () => {
      const byMs = this.timers.nowMs() - dueMs;
      this.start();
      if (byMs > LATE_MS || byMs < -BACK_MS) this.onJump(byMs);
    });
  }

  stop(): void {
    this.cancelTimer();
  }
}
