import { describe, expect, it } from 'vitest';
import { findSuperfluous, type JudgedVersion, type Keeping } from './superfluous-versions.ts';

const DAY = 24 * 60;
const NOW = new Date('2026-06-01T00:00:00Z');
/** A version made so many minutes ago. */
const version = (id: string, minutesAgo: number, over: Partial<JudgedVersion> = {}): JudgedVersion => ({
  id,
  createdAt: new Date(NOW.getTime() - minutesAgo * 60_000),
  origin: 'sync',
  userId: 'ann',
  deviceId: 'pc',
  pinned: false,
  isHead: false,
  ...over,
});
const keeping: Keeping = { keepVersions: 999, keepDays: 999, mergeSaves: false, historyOn: true };
const judge = (versions: JudgedVersion[], over: Partial<Keeping> = {}) =>
  findSuperfluous(versions, { ...keeping, ...over }, NOW);
const head = (minutesAgo = 0) => version('head', minutesAgo, { isHead: true });

describe('[VE-1] what the policy removes', () => {
  it('is what is beyond the count, the oldest first; pinned ones neither go nor count', () => {
    const versions = [version('a', 50), version('b', 40, { pinned: true }), version('c', 30), version('d', 20), head()];
    expect(judge(versions, { keepVersions: 2 })).toEqual(['a', 'c']);
    expect(judge(versions, { keepVersions: 1 })).toEqual(['a', 'c', 'd']);
  });

  it('is what was replaced too long ago, not what was made long ago', () => {
    const versions = [version('a', 40 * DAY), version('b', 20 * DAY), head(2 * DAY)];
    expect(judge(versions, { keepDays: 30 })).toEqual([]);
    expect(judge(versions, { keepDays: 10 })).toEqual(['a']);
    expect(judge(versions, { keepDays: 1 })).toEqual(['a', 'b']);
  });

  it('is never the newest version, however old', () => {
    expect(judge([head(900 * DAY)], { keepDays: 1, keepVersions: 1, historyOn: false })).toEqual([]);
  });

  it('merges saves within 10 minutes of the first only when asked to, and only of one author on one device', () => {
    const versions = [
      version('a', 60),
      version('b', 55),
      version('c', 49),
      version('d', 45, { userId: 'ben' }),
      head(1),
    ];
    expect(judge(versions)).toEqual([]);
    expect(judge(versions, { mergeSaves: true })).toEqual(['a']);
  });

  it('[EN-2] leaves the head and pinned ones when history is off', () => {
    const versions = [version('a', 50), version('b', 40, { pinned: true }), head()];
    expect(judge(versions, { historyOn: false })).toEqual(['a']);
  });
});

describe('[UP-10] the newest version that each device uploaded', () => {
  const uploaded = (id: string, minutesAgo: number, deviceId: string) =>
    version(id, minutesAgo, { origin: 'upload', deviceId });
  const versions = [
    uploaded('pc old', 500 * DAY, 'pc'),
    uploaded('pc', 400 * DAY, 'pc'),
    uploaded('laptop', 300 * DAY, 'laptop'),
    version('sync', 200 * DAY),
    head(),
  ];

  it('survives count, age, and a history that is switched off', () => {
    for (const policy of [{ keepVersions: 1 }, { keepDays: 1 }, { historyOn: false }]) {
      expect(judge(versions, policy)).not.toContain('pc');
      expect(judge(versions, policy)).not.toContain('laptop');
      expect(judge(versions, policy)).toContain('pc old');
    }
  });

  it('survives merging', () => {
    const saves = [uploaded('a', 9, 'pc'), uploaded('b', 5, 'pc'), version('c', 4, { deviceId: 'pc' }), head()];
    expect(judge(saves, { mergeSaves: true })).toEqual(['a', 'c']);
  });
});
