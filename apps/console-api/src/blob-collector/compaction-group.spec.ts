import { describe, expect, it } from 'vitest';
import { groupPacks, type SparsePack } from './compaction-group.ts';

const MiB = 1024 * 1024;
const pack = (packId: string, sizeBytes: number, liveBytes: number, enterpriseId = 'e'): SparsePack => ({
  enterpriseId,
  packId,
  sizeBytes,
  liveBytes,
});
const idsOf = (groups: readonly SparsePack[][]) => groups.map((group) => group.map((each) => each.packId).join(''));

describe('groupPacks', () => {
  it('fills new packs up to 16 MiB', () => {
    const packs = ['a', 'b', 'c', 'd'].map((id) => pack(id, 32 * MiB, 6 * MiB));
    expect(idsOf(groupPacks(packs))).toEqual(['ab', 'cd']);
  });

  it('never mixes enterprises', () => {
    expect(idsOf(groupPacks([pack('a', 100, 1), pack('b', 100, 1, 'f')]))).toEqual(['a', 'b']);
  });

  it('rewrites one sparse pack alone, but not one that is only small', () => {
    expect(idsOf(groupPacks([pack('a', 100, 100)]))).toEqual([]);
    expect(idsOf(groupPacks([pack('a', 100, 49)]))).toEqual(['a']);
    expect(idsOf(groupPacks([pack('a', 100, 100), pack('b', 100, 100)]))).toEqual(['ab']);
  });
});
