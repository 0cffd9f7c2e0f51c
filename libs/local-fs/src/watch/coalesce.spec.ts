import { describe, expect, it } from 'vitest';
import type { DirtyPaths } from '@tideline/sync-core';
import { createCoalescer } from './coalesce.ts';

/** A clock that is moved by hand. */
function createWorld() {
  let nowMs = 0;
  let due: { atMs: number; run: () => void }[] = [];
  const told: { atMs: number; dirty: DirtyPaths }[] = [];
  const coalescer = createCoalescer(
    {
      nowMs: () => nowMs,
      after: (delayMs, run) => {
        const timer = { atMs: nowMs + delayMs, run };
        due.push(timer);
        return () => (due = due.filter((other) => other !== timer));
      },
    },
    (dirty) => told.push({ atMs: nowMs, dirty }),
  );
  const advance = (toMs: number): void => {
    for (;;) {
      const next = due.filter((timer) => timer.atMs <= toMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      due = due.filter((timer) => timer !== next);
      nowMs = next.atMs;
      next.run();
    }
    nowMs = toMs;
  };
  return { coalescer, advance, told };
}

describe('gathering changes', () => {
  it('[BI-7] tells the first change after quiet within 50 ms', () => {
    const { coalescer, advance, told } = createWorld();
    coalescer.changed('a');
    coalescer.changed('b');
    advance(1000);
    expect(told).toEqual([{ atMs: 50, dirty: new Set(['a', 'b']) }]);
  });

  it('tells what goes on after that when it has been quiet for 200 ms', () => {
    const { coalescer, advance, told } = createWorld();
    coalescer.changed('a');
    for (const atMs of [60, 150, 300]) {
      advance(atMs);
      coalescer.changed(`at ${atMs}`);
    }
    advance(1000);
    expect(told.map(({ atMs }) => atMs)).toEqual([50, 500]);
  });

  it('waits 2 s at most when it never gets quiet', () => {
    const { coalescer, advance, told } = createWorld();
    for (let atMs = 0; atMs <= 4500; atMs += 100) {
      advance(atMs);
      coalescer.changed('a');
    }
    expect(told.map(({ atMs }) => atMs)).toEqual([50, 2100, 4100]);
  });

  it('[R19] asks for a full scan when more than 2,000 events come within 2 s, or any were lost', () => {
    const { coalescer, advance, told } = createWorld();
    for (let index = 0; index < 2001; index += 1) coalescer.changed(`${index}`);
    advance(1000);
    coalescer.lost();
    advance(5000);
    expect(told.map(({ dirty }) => dirty)).toEqual(['all', 'all']);
  });
});
