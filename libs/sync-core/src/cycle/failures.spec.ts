import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../ports/disk.ts';
import type { Journal } from '../ports/journal.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, DAY_MS, files, instead, isUpload, refusing, replace, unreachable } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
let b: TestDevice;
beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
  b = world.device(2);
});

describe('a server in maintenance', () => {
  it('[G25] stops the whole task: no file has a problem, and nothing is lost or forgotten', async () => {
    files(a, 30);
    await a.settle();
    files(a, 60);
    world.put('there', 'there');
    replace(a, { cloud: unreachable(world.cloud) });
    for (let tries = 0; tries < 5; tries++) {
      expect(await world.cycles(a, 1)).toMatchObject({ stop: { why: 'offline' }, failed: 0 });
    }
    expect(a.journal.problems()).toEqual([]);
    replace(a, { cloud: world.cloud });
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
    expect(world.cloudTree().size).toBe(61);
  });

  it('[G25] that begins in the middle of a plan stops it without a problem for each file', async () => {
    files(a, 1200);
    let commits = 0;
    const dying = instead(world.cloud, {
      commit: (request) => {
        commits += 1;
        return commits > 1 ? Promise.reject(new AppError('UNAVAILABLE')) : world.cloud.commit(request);
      },
    });
    replace(a, { cloud: dying });
    expect(await a.cycle()).toMatchObject({ stop: { why: 'offline' }, failed: 0 });
    expect(commits).toBe(2);
    expect(a.journal.problems()).toEqual([]);
  });
});

describe('one file that fails for ever', () => {
  it('[G26] waits when its bytes are others than its times vouch for, as a power failure leaves them', async () => {
    a.disk.write('torn', 'bytes');
    a.disk.write('whole', 'bytes of its own');
    let reads = 0;
    const { disk } = a.deps;
    const torn = instead(disk, {
      read: async (path, expect) => {
        if (path !== 'torn') return disk.read(path, expect);
        reads += 1;
        return { t: 'done', bytes: new Uint8Array(5) };
      },
    });
    replace(a, { disk: torn });
    for (let tries = 0; tries < 5; tries++) await a.cycle();
    expect(reads).toBeLessThanOrEqual(3);
    expect(a.journal.problems()).toMatchObject([{ path: 'torn', code: 'BUSY' }]);
    expect(world.cloud.find('whole')).toBeDefined();
    replace(a, { disk });
    world.clock.advance(60_000);
    expect(await a.settle()).toMatchObject({ pending: 0, failed: 0, verified: true });
    expect(world.cloud.find('torn')).toBeDefined();
  });

  it('[G26] waits longer each time, keeps nobody else waiting, and is tried at once when it changed', async () => {
    const tried = new Set<string>();
    const refusesF0 = refusing(world.cloud, 'INTERNAL', (op) => {
      const { name, opId } = op as { name?: string; opId: string };
      if (name === 'f0') tried.add(opId);
      return name === 'f0';
    });
    replace(a, { cloud: refusesF0 });
    files(a, 3);
    await a.cycle();
    const waits: number[] = [];
    for (let times = 1; times < 12; times++) {
      const [problem] = a.journal.problems();
      expect(tried.size).toBe(times);
      waits.push((problem?.retryAtMs ?? 0) - world.clock.nowMs());
      world.clock.advance(waits.at(-1)! - 1);
      await a.cycle();
      expect(tried.size).toBe(times);
      world.clock.advance(1);
      await a.cycle();
    }
    expect(waits.slice(0, 4)).toEqual([5000, 15_000, 45_000, 135_000]);
    expect(waits.at(-1)).toBe(6 * 3_600_000);
    expect([...world.cloudTree().keys()]).toEqual(['f1', 'f2']);
    world.clock.advance(1000);
    a.disk.write('f0', 'edited');
    await a.cycle();
    expect(tried.size).toBe(13);
  });

  it('[G26] waits a little shorter by chance, so that a fleet does not come back in step', async () => {
    replace(a, { cloud: refusing(world.cloud, 'INTERNAL', isUpload), chance: { next: () => 0.5 } });
    files(a, 1);
    await a.cycle();
    expect(a.journal.problems()[0]?.retryAtMs).toBe(world.clock.nowMs() + 4375);
  });

  it('[R17] of a bundle does not fail the others, which are done once', async () => {
    files(a, 9);
    const isLater = (op: object) => /f[3-8]$/.test((op as { name?: string }).name ?? '');
    replace(a, { cloud: refusing(world.cloud, 'INTERNAL', isLater) });
    expect(await a.cycle()).toMatchObject({ failed: 6, pending: 0 });
    expect([...world.cloudTree().keys()]).toEqual(['f0', 'f1', 'f2']);
    replace(a, { cloud: world.cloud });
    world.clock.advance(DAY_MS);
    expect(await a.settle()).toMatchObject({ failed: 0, verified: true });
    expect([...world.cloud.tree().keys()].map((path) => world.cloud.find(path)?.rev)).toEqual(Array(9).fill(1));
  });
});

describe('ten thousand problems at once', () => {
  it('[G26] cost a few writes of the journal, not one each', async () => {
    let writes = 0;
    const counted = (name: keyof Journal) => ({
      [name]: (...of: never[]) => {
        writes += 1;
        return (Reflect.get(a.journal, name) as (...of: never[]) => unknown).apply(a.journal, of);
      },
    });
    const journal = instead<Journal>(a.journal, {
      ...counted('advance'),
      ...counted('setProblem'),
      ...counted('setProblems'),
      ...counted('foldScan'),
      ...counted('foldListing'),
      ...counted('start'),
      ...counted('setHolds'),
    });
    files(a, 10_000);
    replace(a, { journal, cloud: refusing(world.cloud, 'INTERNAL', isUpload) });
    expect(await a.cycle()).toMatchObject({ failed: 10_000, pending: 0 });
    expect(writes).toBeLessThan(150);
    writes = 0;
    expect(await a.cycle()).toMatchObject({ failed: 10_000 });
    expect(writes).toBeLessThan(60);
  });
});

describe('a disk that is full or cannot be written', () => {
  const room = (disk: Disk, freeBytes: number) =>
    instead(disk, { freeBytes: () => Promise.resolve({ freeBytes, totalBytes: 100_000 }) });

  it('[G19] [GU-5] stops downloads at the reserve, lets smaller ones and uploads go on, and goes on when there is room', async () => {
    world.put('small', 's'.repeat(100));
    world.put('large', 'l'.repeat(5000));
    a.disk.write('mine', 'mine');
    const { disk } = a.deps;
    replace(a, { disk: room(disk, 1000 + 2000) });
    expect(await world.cycles(a, 2)).toMatchObject({ blocked: 'disk', failed: 1, pending: 0 });
    expect([...a.disk.tree().keys()]).toEqual(['mine', 'small']);
    expect(world.cloudTree().has('mine')).toBe(true);
    expect(a.journal.problems()).toMatchObject([{ path: 'large', code: 'DISK_FULL', params: { sizeBytes: 5000 } }]);
    replace(a, { disk });
    world.clock.advance(60_000);
    expect(await a.settle()).toMatchObject({ blocked: null, failed: 0, verified: true });
  });

  it('[G19] that fills up on the way keeps what is whole, and says what it lacks within a minute of there being room', async () => {
    for (let number = 0; number < 5; number++) world.put(`f${number}`, `content ${number}`);
    const { disk } = a.deps;
    const full = instead(disk, {
      place: async (requests) => {
        const fitting = await disk.place(requests.slice(0, 2));
        return [...fitting, ...requests.slice(2).map(() => ({ t: 'refused', code: 'ENOSPC' }) as const)];
      },
    });
    replace(a, { disk: full });
    for (let times = 0; times < 8; times++) {
      await world.cycles(a, 1);
      world.clock.advance(60_000);
      replace(a, { disk: instead(disk, { place: () => Promise.resolve([{ t: 'refused', code: 'ENOSPC' }]) }) });
    }
    expect(a.disk.tree().size).toBe(2);
    replace(a, { disk });
    world.clock.advance(60_000);
    await a.cycle();
    expect(a.disk.tree().size).toBe(5);
  });

  it('[G19] that became read-only is told as such, and uploads go on', async () => {
    world.put('there', 'there');
    a.disk.write('mine', 'mine');
    const { disk } = a.deps;
    replace(a, {
      disk: instead(disk, { place: (all) => Promise.resolve(all.map(() => ({ t: 'refused', code: 'EROFS' }))) }),
    });
    expect(await world.cycles(a, 2)).toMatchObject({ blocked: 'disk', failed: 1 });
    expect(a.journal.problems()).toMatchObject([{ path: 'there', code: 'DISK_READ_ONLY' }]);
    expect(world.cloudTree().has('mine')).toBe(true);
  });
});

describe('a path that is too long for this device', () => {
  it('[G21] [LI-3] is told, stays in the cloud, and comes down when it became shorter; the others go on', async () => {
    const names = { caseSensitive: false, windows: true, maxNameBytes: 255, maxPathUnits: 30 };
    const windows = world.device(4, { names });
    a.disk.mkdir('a folder of twenty-two');
    a.disk.write('a folder of twenty-two/too long', 'deep');
    a.disk.write('a folder of twenty-two/short', 'fits');
    a.disk.mkdir('another folder that is already too long');
    a.disk.write('another folder that is already too long/f', 'inside');
    a.disk.write('other', 'goes on');
    await a.settle();
    expect(await world.cycles(windows, 4)).toMatchObject({ pending: 0, failed: 3, verified: null });
    expect([...windows.disk.tree().keys()]).toEqual([
      'a folder of twenty-two',
      'a folder of twenty-two/short',
      'other',
    ]);
    expect(windows.journal.problems().map(({ code }) => code)).toEqual(Array(3).fill('PATH_TOO_LONG'));
    expect(world.cloudTree().size).toBe(6);
    a.disk.rename('a folder of twenty-two', 'a');
    a.disk.rename('another folder that is already too long', 'b');
    await world.meet(a, windows);
    expect(windows.disk.tree()).toEqual(world.cloudTree());
    expect(windows.journal.problems()).toEqual([]);
  });
});

describe('somebody who edits while the engine works', () => {
  it('[C20] keeps the edit as a conflict copy when it comes between the download and its place', async () => {
    a.disk.write('f', 'base');
    await world.meet(a, b);
    b.disk.write('f', 'from b');
    await b.settle();
    let hasEdited = false;
    a.disk.onWrite = (what) => {
      if (hasEdited || what !== 'place f') return;
      hasEdited = true;
      a.disk.write('f', 'from a, at the last moment');
    };
    await world.meet(a, b);
    expect(hasEdited).toBe(true);
    expect(a.disk.tree().get('f')).toBe('from b');
    expect([...a.disk.tree().values()].sort()).toEqual(['from a, at the last moment', 'from b']);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  // Whole fleet seed 578.
  it('[SY-26] [SA-2] [SY-39] lets a file wait where it is whose new name in the cloud is taken here by what is left out', async () => {
    const filtered = world.device(4, { exclude: ['c/'] });
    a.disk.mkdir('d');
    a.disk.write('f', 'f');
    await world.meet(a, filtered);
    filtered.disk.mkdir('d/c');
    world.move('f', 'd/c');
    await world.cycles(filtered, 5);
    expect(Object.fromEntries(filtered.disk.tree())).toEqual({ d: null, 'd/c': null, f: 'f' });
    expect(filtered.journal.problems()).toMatchObject([{ path: 'd/c', code: 'IN_THE_WAY' }]);
    filtered.disk.remove('d/c');
    await world.cycles(filtered, 5);
    expect(Object.fromEntries(filtered.disk.tree())).toEqual({ d: null, 'd/c': 'f' });
    expect(filtered.journal.problems()).toEqual([]);
  });

  it('[C21] keeps a folder that holds something not synced, when the cloud deleted it, and says so', async () => {
    const filtered = world.device(4, { exclude: ['*.tmp'] });
    a.disk.mkdir('d');
    a.disk.write('d/f', 'f');
    a.disk.write('other', 'other');
    await world.meet(a, filtered);
    filtered.disk.write('d/mine.tmp', 'MINE');
    world.trash('d');
    await world.cycles(filtered, 5);
    expect(filtered.disk.tree().get('d/mine.tmp')).toBe('MINE');
    expect(filtered.disk.tree().has('d/f')).toBe(false);
    expect(filtered.journal.problems()).toMatchObject([{ path: 'd', code: 'IN_THE_WAY' }]);
  });

  // Whole fleet seed 901: the folder was tried first, and nothing else went because of it.
  it('[C21] [SY-8] lets go all that the cloud deleted, but for the folders that hold something not synced', async () => {
    const filtered = world.device(4, { exclude: ['*.tmp'] });
    for (const path of ['d', 'd/a', 'd/e', 'd/e/i', 'd/z']) a.disk.mkdir(path);
    for (const path of ['d/a/f', 'd/e/f', 'd/z/f', 'd/f']) a.disk.write(path, path);
    a.disk.write('other', 'other');
    await world.meet(a, filtered);
    filtered.disk.write('d/e/i/mine.tmp', 'MINE');
    world.trash('d');
    await world.cycles(filtered, 5);
    expect([...filtered.disk.tree().keys()]).toEqual(['d', 'd/e', 'd/e/i', 'd/e/i/mine.tmp', 'other']);
    expect(filtered.journal.problems()).toMatchObject([{ path: 'd', code: 'IN_THE_WAY' }]);
  });
});

describe('a clock that is a day off', () => {
  it.each([DAY_MS, -DAY_MS])('[D12] (%i ms) makes no conflict, no upload and no delete', async (byMs) => {
    files(a, 20);
    await world.meet(a, b);
    const before = [...world.cloud.tree().keys()].map((path) => world.cloud.find(path)?.rev);
    world.clock.advance(byMs);
    await world.meet(a, b);
    expect([...world.cloud.tree().keys()].map((path) => world.cloud.find(path)?.rev)).toEqual(before);
    a.disk.write('f0', 'edited');
    b.disk.remove('f1');
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(b.disk.tree());
    expect(a.disk.tree().size).toBe(19);
    expect(await a.cycle()).toMatchObject({ pending: 0, failed: 0, verified: true });
  });
});

describe('a clock that is put back a day', () => {
  // Whole fleet seed 3859: what had been seen before was newer than any problem, so that a full disk was asked without end.
  it('[D12] [G26] lets what fails after that wait as at any other time', async () => {
    world.put('f0', 'old');
    await a.settle();
    const tried: string[] = [];
    const full = instead<Disk>(a.disk, {
      move: async (from) => (tried.push(from), { t: 'refused', code: 'ENOSPC' }),
    });
    world.clock.advance(DAY_MS);
    replace(a, { disk: full });
    world.move('f0', 'f1');
    await world.cycles(a, 1);
    const before = tried.length;
    world.clock.advance(-DAY_MS);
    await world.cycles(a, 2);
    expect(tried.length - before).toBe(1);
  });
});

describe('a state database that cannot be written', () => {
  const WRITES = [
    'advance',
    'foldScan',
    'foldListing',
    'start',
    'setProblem',
    'setProblems',
    'setHolds',
    'answerHold',
  ] as const;

  /** The journal of a device whose disk is full from the `count`-th write on. */
  function failing(on: TestDevice, count: number): { journal: Journal; hasFailed: () => boolean } {
    let left = count;
    const fail = (name: (typeof WRITES)[number]): [string, unknown] => [
      name,
      (...of: never[]) => {
        if (left-- <= 0) throw new Error('database or disk is full');
        const write: (...of: never[]) => unknown = on.journal[name];
        return write.apply(on.journal, of);
      },
    ];
    const methods: Partial<Journal> = Object.fromEntries(WRITES.map(fail));
    return { journal: instead<Journal>(on.journal, methods), hasFailed: () => left < 0 };
  }

  it('[K08] stops the task at once, wherever it fails: nothing is deleted on either side after that, and nothing is lost', async () => {
    const scenario = async (count: number): Promise<boolean> => {
      world = new CycleWorld();
      [a, b] = [world.device(1), world.device(2)];
      files(a, 12);
      await world.meet(a, b);
      for (const path of ['f0', 'f1']) a.disk.remove(path);
      for (const path of ['f2', 'f3']) world.trash(path);
      a.disk.write('f4', 'EDITED');
      await a.cycle();
      world.clock.advance(3000);
      const { journal, hasFailed } = failing(a, count);
      const { cloud } = a.deps;
      const late: string[] = [];
      a.disk.onWrite = (what) => void (hasFailed() && what.startsWith('trash') && late.push(what));
      const watched = instead(cloud, {
        commit: (request) => {
          if (hasFailed()) late.push(...request.ops.filter(({ kind }) => kind === 'trash').map(({ kind }) => kind));
          return cloud.commit(request);
        },
      });
      replace(a, { journal, cloud: watched });
      await a.cycle().catch((error: Error) => expect(error.message).toBe('database or disk is full'));
      expect(late, `from write ${count} on`).toEqual([]);
      replace(a, { journal: a.journal, cloud });
      a.disk.onWrite = () => undefined;
      await world.meet(a, b);
      expect(a.disk.tree(), `from write ${count} on`).toEqual(b.disk.tree());
      expect([...a.disk.tree().keys()].sort()).toEqual(['f10', 'f11', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9']);
      expect(a.disk.tree().get('f4')).toBe('EDITED');
      return hasFailed();
    };
    let count = 0;
    while (await scenario(count)) count += 1;
    expect(count).toBeGreaterThan(5);
  });
});
