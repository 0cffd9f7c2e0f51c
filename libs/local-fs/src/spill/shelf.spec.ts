import { describe, expect, it } from 'vitest';
import { createShelf } from './shelf.ts';

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ n: from + index }));

describe('a shelf', () => {
  it.each([
    ['keeps few things in memory', 5000],
    ['and many on the disk', 100],
    ['each page of which is full or not', 999],
  ])('%s, in their order and as often as they are asked for', (_how, maxHeld) => {
    const shelf = createShelf<{ n: number }>(maxHeld);
    expect([...shelf]).toEqual([]);
    for (const [from, count] of [
      [0, 1500],
      [1500, 2],
      [1502, 98],
    ] as const)
      shelf.put(numbers(from, count));
    expect([...shelf]).toEqual(numbers(0, 1600));
    shelf.put(numbers(1600, 1));
    expect([...shelf]).toEqual(numbers(0, 1601));
  });
});
