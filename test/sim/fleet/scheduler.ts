import type { Chance } from './vfs/machine.ts';

type Item = { readonly atMs: number; readonly order: number; readonly run: () => void; isOff: boolean };

/** Far more than any run needs. */
const MAX_STEPS = 40_000;

export class NeverRests extends Error {}

/** Virtual time: everything that will happen, and when. What falls on one moment happens in the order that chance decides. */
export class Scheduler {
  nowMs = Date.UTC(2026, 0, 5, 8);
  steps = 0;
  readonly #chance: Chance;
  #queue: Item[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  after(delayMs: number, run: () => void): () => void {
    const item = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#chance(1 << 30), run, isOff: false };
    this.#queue.push(item);
    return () => {
      item.isOff = true;
    };
  }

  turn(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }

  /** Everything up to this moment. */
  async runUntil(untilMs: number): Promise<void> {
    for (let item = this.#take(untilMs); item; item = this.#take(untilMs)) {
      this.nowMs = Math.max(this.nowMs, item.atMs);
      this.steps += 1;
      if (this.steps > MAX_STEPS) throw new NeverRests();
      item.run();
      await drained();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** What was begun just now has come to the first call it waits for; before that it would not be seen to be due. */
  begun(): Promise<void> {
    return drained();
  }

  /** Time in which nothing happens: a night. What was due meanwhile is due then, once. */
  skip(durationMs: number): void {
    this.nowMs += durationMs;
  }

  #take(untilMs: number): Item | undefined {
    let best = -1;
    let write = 0;
    for (const item of this.#queue) {
      if (item.isOff) continue;
      this.#queue[write] = item;
      const known = this.#queue[best];
      if (!known || best < 0 || item.atMs < known.atMs || (item.atMs === known.atMs && item.order < known.order)) {
        best = write;
      }
      write += 1;
    }
    this.#queue.length = write;
    const found = this.#queue[best];
    if (!found || found.atMs > untilMs) return undefined;
    this.#queue[best] = this.#queue.at(-1) as Item;
    this.#queue.length -= 1;
    return found;
  }
}

/**
 * Every promise that can go on has gone on; nothing here waits for the machine. A tick comes when no promise is left to run, but
 * only if it was asked for by one: hence the first `await`.
 */
async function drained(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
