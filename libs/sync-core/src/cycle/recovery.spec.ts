import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud, FileVersion } from '../ports/cloud.ts';
import type { Disk } from '../ports/disk.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { MemoryScanner } from '../testing/memory-scanner.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, hashes, instead, replace, unreachable } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
let asked: (readonly FileVersion[])[];

beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
  asked = [];
});

/** What is left are the folder and the drive. */
function loseState(on: TestDevice): void {
  const journal = new MemoryJournal();
  const root = on.journal.base.get(1);
  journal.advance({ rows: root ? [root] : [], meta: { recovery: true } });
  const scanner = new MemoryScanner(on.disk, journal, { hashes, nowMs: () => world.clock.nowMs() });
  replace(on, { journal, scanner });
}

function listening(cloud: Cloud): Cloud {
  return instead<Cloud>(cloud, {
    keptVersions: (versions) => {
      asked.push(versions);
      return cloud.keptVersions(versions);
    },
  });
}

function restoredServer(cloud: Cloud): Cloud {
  return instead<Cloud>(cloud, {
    changes: async (cursor) => ({ ...(await cloud.changes(cursor, SIGNAL)), epoch: 'e2' }),
    listing: async (root) => ({ ...(await cloud.listing(root, SIGNAL)), epoch: 'e2' }),
  });
}

const SIGNAL = new AbortController().signal;
const COPY = 'edited (conflict PC1 2026-01-02 0304)';

describe('a laptop that was away for a year, its state lost', () => {
  beforeEach(async () => {
    a.disk.mkdir('d');
    for (const name of ['stale', 'edited', 'same', 'd/stale']) a.disk.write(name, `${name} 1`);
    await a.settle();
    for (const name of ['stale', 'edited', 'd/stale']) world.put(name, `${name} 2`);
    world.put('stale', 'stale 3');
    a.disk.write('edited', 'edited here');
  });

  it('[D24] [FI-4] [SY-16] older versions yield to what the cloud has, other differences become conflict copies', async () => {
    loseState(a);
    await a.settle();
    const expected = { same: 'same 1', stale: 'stale 3', edited: 'edited 2', [COPY]: 'edited here', d: null };
    expect(Object.fromEntries(a.disk.tree())).toEqual({ ...expected, 'd/stale': 'd/stale 2' });
    expect(world.cloudTree()).toEqual(new Map([...a.disk.tree()].sort(([x], [y]) => (x < y ? -1 : 1))));
    expect(world.kept()).toContain('stale 1');
    expect(a.deps.journal.meta().recovery).toBe(false);
  });

  it('[D24] [FI-4] the drive is asked about the contents that differ alone, all of them at once', async () => {
    loseState(a);
    replace(a, { cloud: listening(world.cloud) });
    await a.settle();
    const names = asked.map((versions) =>
      versions.map(({ nodeId }) => ['stale', 'edited', 'd/stale', 'same'].find((each) => world.idOf(each) === nodeId)),
    );
    expect(names[0]?.sort()).toEqual(['d/stale', 'edited', 'stale']);
    expect(names.flat()).not.toContain('same');
  });

  it('[FI-4] [SA-1] nothing is kept twice, and nothing done, while the question has no answer', async () => {
    loseState(a);
    const before = a.disk.tree();
    const deaf = instead<Cloud>(world.cloud, { keptVersions: () => Promise.reject(new AppError('UNAVAILABLE')) });
    replace(a, { cloud: deaf });
    expect(await a.cycle()).toMatchObject({ stop: { why: 'offline' } });
    expect(a.disk.tree()).toEqual(before);
    replace(a, { cloud: world.cloud });
    await a.settle();
    expect(a.disk.tree().get('stale')).toBe('stale 3');
    expect([...a.disk.tree().keys()].filter((path) => path.includes('conflict'))).toEqual([COPY]);
  });

  it('[D24] [UP-6] [SY-16] upload mode: what is backed up already is not put on top of what others wrote since', async () => {
    const backup = world.device(2, { mode: 'upload' });
    for (const [path, content] of a.disk.tree()) if (content !== null) backup.disk.write(path, content);
    loseState(backup);
    const before = backup.disk.tree();
    await backup.settle();
    expect(world.cloudTree().get('stale')).toBe('stale 3');
    expect(world.cloudTree().get('edited')).toBe('edited here');
    expect(world.kept()).toContain('edited 2');
    expect(backup.disk.tree()).toEqual(before);
    backup.disk.write('stale', 'stale, edited here');
    await backup.settle();
    expect(world.cloudTree().get('stale')).toBe('stale, edited here');
  });
});

describe('a server that was restored from a backup', () => {
  it('[FI-4] [SY-16] a file left alone here yields to what was written there since, and one edited back does, too', async () => {
    for (const name of ['left', 'edited back']) a.disk.write(name, `${name} 1`);
    await a.settle();
    world.put('edited back', 'edited back 2');
    await a.settle();
    for (const name of ['left', 'edited back']) world.put(name, `${name} 3`);
    a.disk.write('edited back', 'edited back 1');
    replace(a, { cloud: restoredServer(world.cloud) });
    await a.settle();
    const expected = { left: 'left 3', 'edited back': 'edited back 3' };
    expect(Object.fromEntries(a.disk.tree())).toEqual(expected);
    expect(Object.fromEntries(world.cloudTree())).toEqual(expected);
  });
});

describe('a displaced file, when the server was restored from a backup', () => {
  const VERSIONS = ['kept', 'lost'].map((contentId) => ({ nodeId: 'n', contentId }));
  let graces: (readonly [number, ...unknown[]])[];
  let isStaged: boolean;

  beforeEach(async () => {
    a.disk.write('f', 'new');
    await a.settle();
    graces = [];
    isStaged = true;
    const disk = instead<Disk>(a.disk, {
      settleDisplaced: async (nowMs, ...only) => {
        if (nowMs > 0) graces.push([nowMs, ...only]);
        return [];
      },
      displaced: async () => (isStaged ? VERSIONS : []),
      surfaceDisplaced: async (kept) => {
        if (!isStaged || kept.some(({ contentId }) => contentId === 'lost')) return [];
        isStaged = false;
        a.disk.write('f (rescued)', 'old');
        return ['f (rescued)'];
      },
    });
    const cloud = instead<Cloud>(restoredServer(world.cloud), {
      keptVersions: async (versions) => versions.filter(({ contentId }) => contentId === 'kept'),
    });
    replace(a, { disk, cloud });
  });

  it('[FI-4] [SA-1] [SY-46] comes back into sight and is sent when the drive has lost what it holds', async () => {
    await a.cycle();
    expect(world.cloudTree().get('f (rescued)')).toBe('old');
    await a.settle();
    expect(Object.fromEntries(world.cloudTree())).toEqual({ f: 'new', 'f (rescued)': 'old' });
    expect(a.deps.journal.meta().recovery).toBe(false);
  });

  it('[FI-4] [SA-1] [SY-46] waits beyond its grace while the drive cannot tell', async () => {
    const cloud = instead<Cloud>(a.deps.cloud, { keptVersions: () => Promise.reject(new AppError('UNAVAILABLE')) });
    replace(a, { cloud });
    for (let cycle = 0; cycle < 3; cycle += 1) {
      expect(await a.cycle()).toMatchObject({ stop: { why: 'offline' } });
    }
    expect(graces).toEqual([]);
    expect(isStaged).toBe(true);
  });

  it('[FI-4] [SA-1] [SY-46] waits beyond its grace while the drive is away, which may come back restored', async () => {
    a.deps.journal.advance({ meta: { recovery: false } });
    replace(a, { cloud: unreachable(world.cloud) });
    for (let cycle = 0; cycle < 3; cycle += 1) await a.cycle();
    expect(graces).toEqual([]);
  });

  it('[FI-4] [SY-46] goes when its grace is over though the device recovers for long, if the drive has what it holds', async () => {
    await a.cycle();
    expect(graces).toEqual([[a.deps.clock.nowMs(), [VERSIONS[0]]]]);
  });
});

describe('[SY-29] a folder that a person says is the right one', () => {
  it.each(['bidirectional', 'upload'] as const)(
    '[GU-3] [FI-4] [SY-16] restored from an old backup, %s: nothing is deleted and nothing old goes on top',
    async (mode) => {
      const on = world.device(3, { mode, propagateDeletes: true });
      for (const name of ['old', 'kept', 'lost']) on.disk.write(name, `${name} 1`);
      await on.settle();
      on.disk.write('old', 'old 2');
      on.disk.write('edited', 'edited 1');
      await on.settle();
      // The backup is older than the last two saves, and was worked in before it was taken up.
      for (const path of on.disk.tree().keys()) on.disk.remove(path);
      for (const [path, content] of [
        ['old', 'old 1'],
        ['kept', 'kept, edited in the backup'],
      ] as const)
        on.disk.write(path, content);
      on.journal.advance({ meta: { rootIdentity: null, recovery: true } });
      await on.settle();
      const kept = { old: 'old 2', kept: 'kept, edited in the backup', lost: 'lost 1', edited: 'edited 1' };
      expect(Object.fromEntries(world.cloudTree())).toEqual(kept);
      const here = { old: 'old 1', kept: 'kept, edited in the backup' };
      expect(Object.fromEntries(on.disk.tree())).toEqual(mode === 'upload' ? here : kept);
      expect(on.journal.meta().recovery).toBe(false);
      expect((await on.cycle()).verified).toBe(true);
    },
  );
});

describe('a server restored from a backup', () => {
  it('[FI-4] [SA-4] loses nothing that cannot be read here while it is missed there', async () => {
    a.disk.mkdir('d');
    for (const name of ['d/in', 'f', 'stays']) a.disk.write(name, name);
    await a.settle();
    const before = a.disk.tree();
    for (const name of ['d', 'f']) world.trash(name);
    world.cloud.epoch = 'e2';
    const { scanner } = a.deps;
    const hidden = a.journal.base.children(1).flatMap(({ id, localName }) => (localName === 'stays' ? [] : [id]));
    const unknown = { t: 'unknown', why: 'denied', sinceMs: 1 } as const;
    const inside = hidden.flatMap((id) => a.journal.base.children(id).map((row) => row.id));
    const blind = async (...of: Parameters<typeof scanner.scan>) => {
      const result = await scanner.scan(...of);
      return {
        ...result,
        seen: new Map([...result.seen, ...[...hidden, ...inside].map((id) => [id, unknown] as const)]),
      };
    };
    replace(a, { scanner: instead(scanner, { scan: blind }) });
    await world.cycles(a, 4);
    expect(a.journal.meta().recovery).toBe(true);
    replace(a, { scanner });
    await world.cycles(a, 6);
    expect(a.disk.tree()).toEqual(before);
    expect(world.cloudTree()).toEqual(before);
    expect(a.journal.meta().recovery).toBe(false);
  });
});
