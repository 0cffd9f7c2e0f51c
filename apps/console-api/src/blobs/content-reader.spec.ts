import { describe, expect, it } from 'vitest';
import { planRuns } from './content-reader.ts';

const place = (packId: string, packOffset: number, size: number) => ({ hash: '', packId, packOffset, size });

describe('planRuns', () => {
  it('joins neighbours of one pack and keeps the order of the content', () => {
    const places = [place('a', 0, 10), place('a', 10, 5), place('b', 15, 5), place('a', 15, 5), place('a', 0, 10)];
    expect(planRuns(places, { start: 0, end: 35 })).toEqual([
      { packId: 'a', startByte: 0, lengthBytes: 15 },
      { packId: 'b', startByte: 15, lengthBytes: 5 },
      { packId: 'a', startByte: 15, lengthBytes: 5 },
      { packId: 'a', startByte: 0, lengthBytes: 10 },
    ]);
  });

  it('cuts the first and the last chunk to the range and leaves the others out', () => {
    const places = [place('a', 100, 10), place('a', 110, 10), place('b', 0, 10)];
    expect(planRuns(places, { start: 12, end: 23 })).toEqual([
      { packId: 'a', startByte: 112, lengthBytes: 8 },
      { packId: 'b', startByte: 0, lengthBytes: 3 },
    ]);
    expect(planRuns(places, { start: 30, end: 40 })).toEqual([]);
  });
});
