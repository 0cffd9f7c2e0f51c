import { Clock } from '../platform/clock.ts';

/** Stands still until a test moves it; starts at the present, since the database has a clock of its own. */
export class ManualClock extends Clock {
  private time = Date.now();

  now(): Date {
    return new Date(this.time);
  }

  advance(ms: number): void {
    this.time += ms;
  }
}
