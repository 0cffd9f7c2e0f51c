import { DeviceId, SpaceId } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';
import { createCoalescer } from './coalescer.ts';
import { keysMadeStaleBy, queryKeys } from './query-keys.ts';

const deviceId = DeviceId.parse('0190a000-0000-7000-8000-000000000301');
const space = SpaceId.parse('0190a000-0000-7000-8000-000000000401');

describe('keysMadeStaleBy', () => {
  it('names the lists and the device that a report changed, and nothing else', () => {
    expect(keysMadeStaleBy({ type: 'device.v1', deviceId })).toEqual([
      queryKeys.overview,
      queryKeys.devices,
      queryKeys.device(deviceId),
    ]);
  });

  it('names the space whose files changed', () => {
    expect(keysMadeStaleBy({ type: 'space.v1', space, seq: 7 })).toContainEqual(queryKeys.space(space));
  });

  it('[EN-4] names the feature state when it changed', () => {
    expect(keysMadeStaleBy({ type: 'feature.v1' })).toContainEqual(queryKeys.feature);
    expect(keysMadeStaleBy({ type: 'welcome.v1' })).toEqual([]);
  });
});

describe('backoffMs', () => {
  it('spreads over a range that doubles and ends at 30 seconds', () => {
    expect([0, 1, 2, 20].map((failed) => backoffMs(failed, 1))).toEqual([500, 1000, 2000, 30_000]);
    expect(backoffMs(20, 0)).toBe(0);
  });
});

/** Time that moves by hand. */
function manualTime() {
  let nowMs = 0;
  const due = new Map<number, { atMs: number; run: () => void }>();
  let ids = 0;
  return {
    nowMs: () => nowMs,
    timer: {
      set: (run: () => void, delayMs: number) => {
        due.set(++ids, { atMs: nowMs + delayMs, run });
        return ids;
      },
      clear: (id: number) => void due.delete(id),
    },
    advance: (byMs: number) => {
      nowMs += byMs;
      for (const [id, { atMs, run }] of due) {
        if (atMs > nowMs) continue;
        due.delete(id);
        run();
      }
    },
  };
}

describe('createCoalescer', () => {
  const start = () => {
    const time = manualTime();
    const flushed: string[][] = [];
    const { nowMs, timer } = time;
    const coalescer = createCoalescer<string>({
      keyOf: (item) => item,
      flush: (items) => flushed.push([...items]),
      delayMs: 100,
      spacingMs: 1000,
      nowMs,
      timer,
    });
    return { time, flushed, coalescer };
  };

  it('hands on what came together once, each item once', () => {
    const { time, flushed, coalescer } = start();
    coalescer.add(['a', 'b']);
    coalescer.add(['a', 'c']);
    time.advance(100);
    expect(flushed).toEqual([['a', 'b', 'c']]);
  });

  it('keeps the distance between two flushes however much comes', () => {
    const { time, flushed, coalescer } = start();
    coalescer.add(['a']);
    time.advance(100);
    coalescer.add(['b']);
    time.advance(900);
    expect(flushed).toHaveLength(1);
    time.advance(100);
    expect(flushed).toEqual([['a'], ['b']]);
  });

  it('forgets what waits when it is stopped', () => {
    const { time, flushed, coalescer } = start();
    coalescer.add(['a']);
    coalescer.stop();
    time.advance(5000);
    expect(flushed).toEqual([]);
  });
});
