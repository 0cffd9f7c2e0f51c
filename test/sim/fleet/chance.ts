import type { Chance } from './vfs/machine.ts';

/** Numbers in [0, count) that follow from a seed alone (mulberry32). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return (count) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
}

export function pick<T>(list: readonly T[], number: number): T | undefined {
  return list.length === 0 ? undefined : list[number % list.length];
}

/** Of `[what, weight]`, the one that `chance` falls on. */
export function weighted<T>(table: readonly (readonly [T, number])[], chance: Chance): T {
  let left = chance(table.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [what, weight] of table) {
    if (left < weight) return what;
    left -= weight;
  }
  throw new Error('an empty table');
}
