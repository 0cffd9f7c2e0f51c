import { expect, it } from 'vitest';
import { ManualTimers } from '../testing/manual-timers.ts';
import { createMemoryReturn } from './give-memory-back.ts';

const MIB = 1024 ** 2;

function createWorld() {
  const timers = new ManualTimers(0);
  const heap = { bytes: 200 * MIB, collected: 0, rested: 0 };
  const resters = new Set([{ rest: () => void (heap.rested += 1) }]);
  const collect = (): void => {
    heap.collected += 1;
    heap.bytes = 30 * MIB;
  };
  return {
    timers,
    heap,
    memory: createMemoryReturn(timers, { memory: { heapBytes: () => heap.bytes, collect }, resters }),
  };
}

it('[D14] gives back what work has left behind, once nothing ran for five seconds', () => {
  const { timers, heap, memory } = createWorld();
  memory.idle();
  timers.advance(4999);
  memory.busy();
  timers.advance(60_000);
  expect(heap.collected).toBe(0);
  memory.idle();
  timers.advance(5000);
  expect([heap.collected, heap.rested]).toEqual([1, 1]);
});

it('[D14] does nothing where there is little to be had: a poll of the feed costs no collection', () => {
  const { timers, heap, memory } = createWorld();
  memory.idle();
  timers.advance(5000);
  heap.bytes += 3 * MIB;
  memory.busy();
  memory.idle();
  timers.advance(5000);
  expect(heap.collected).toBe(1);
});

it('[D14] lets journals rest after every run, because their pages do not lie in the heap', () => {
  const { timers, heap, memory } = createWorld();
  for (const rested of [1, 2]) {
    memory.busy();
    memory.idle();
    timers.advance(5000);
    expect([heap.collected, heap.rested]).toEqual([1, rested]);
  }
});

it('[D14] collects what a second look at a tree has left, which is less than the first one left', () => {
  const { timers, heap, memory } = createWorld();
  memory.idle();
  timers.advance(5000);
  heap.bytes += 7 * MIB;
  memory.busy();
  memory.idle();
  timers.advance(5000);
  expect(heap.collected).toBe(2);
});

it('finds the collector of the engine', () => {
  const timers = new ManualTimers(0);
  createMemoryReturn(timers).idle();
  expect(() => timers.advance(5000)).not.toThrow();
});
