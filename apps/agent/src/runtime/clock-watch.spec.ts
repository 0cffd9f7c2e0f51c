import { expect, it } from 'vitest';
import { ClockWatch } from './clock-watch.ts';
import type { Timers } from './task-engine.ts';

/** A clock that can be set, beside timers that count on regardless. */
class SettableClock implements Timers {
  atMs = 1_000_000;
  random = (): number => 0;
  private pending: { inMs: number; callback: () => void } | null = null;
  nowMs = (): number => this.atMs;
  after = (delayMs: number, callback: () => void): (() => void) => {
    this.pending = { inMs: delayMs, callback };
    return () => (this.pending = null);
  };
  /** Lets the timer run out, while the clock goes on by `byMs`. */
  beat(byMs: number): void {
    const due = this.pending;
    this.atMs += byMs;
    this.pending = null;
    due?.callback();
  }
}

const HOUR_MS = 3_600_000;

it.each([
  { what: 'a quiet machine', byMs: 15_000, jumps: 0 },
  { what: 'a busy machine', byMs: 40_000, jumps: 0 },
  { what: '[D13] a lid that was closed for an hour', byMs: HOUR_MS, jumps: 1 },
  { what: '[D12] a clock set forward by a day', byMs: 24 * HOUR_MS, jumps: 1 },
  { what: '[D12] a clock set back by a day', byMs: -24 * HOUR_MS, jumps: 1 },
  { what: 'a clock that the network sets right by a second', byMs: 14_000, jumps: 0 },
])('[D12] [D13] tells of $what: $jumps', ({ byMs, jumps }) => {
  const clock = new SettableClock();
  const told: number[] = [];
  const watch = new ClockWatch(clock, (jumpMs) => told.push(jumpMs));
  watch.start();
  clock.beat(15_000);
  clock.beat(byMs);
  clock.beat(15_000);
  expect(told).toHaveLength(jumps);
  watch.stop();
  clock.beat(HOUR_MS);
  expect(told).toHaveLength(jumps);
});
