import { beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../ports/disk.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';

const FULL = { t: 'refused', code: 'ENOSPC' } as const;

let world: CycleWorld;
let a: TestDevice;
let disk: Disk;
/** What the engine did, or tried to do, to names on the disk. */
let tried: string[];

beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
  disk = a.deps.disk;
  tried = [];
});

/** A disk that moves nothing. */
function refuseMoves(): void {
  const refusing = instead(disk, {
    move: async (from, to) => {
      tried.push(`${from} → ${to}`);
      return FULL;
    },
    moveToStaging: (...of) => {
      tried.push(`${of[1]} → out of sight`);
      return disk.moveToStaging(...of);
    },
  });
  replace(a, { disk: refusing });
}

function rotate(x: string, y: string, z: string): void {
  world.move(x, 'between');
  world.move(y, x);
  world.move(z, y);
  world.move('between', z);
}

describe('a move that the disk refused', () => {
  it('[G26] waits like everything else that failed, is told where the file is, and is done when its time has come', async () => {
    a.disk.write('f', 'f');
    await a.settle();
    world.move('f', 'g');
    refuseMoves();
    expect(await world.cycles(a, 2)).toMatchObject({ failed: 1, pending: 0, again: false });
    expect(tried).toEqual(['f → g']);
    expect(a.journal.problems()).toMatchObject([{ path: 'f', code: 'DISK_FULL' }]);
    replace(a, { disk });
    world.clock.advance(5000);
    expect(await a.cycle()).toMatchObject({ failed: 0 });
    expect([...a.disk.tree().keys()]).toEqual(['g']);
  });

  it('[G26] [SY-38] is not even put on record while it waits', async () => {
    for (const name of ['f', 'other']) a.disk.write(name, name);
    await a.settle();
    world.move('f', 'g');
    refuseMoves();
    await world.cycles(a, 1);
    const started: number[] = [];
    const { journal } = a.deps;
    const start: typeof journal.start = (ops) => {
      started.push(ops.length);
      journal.start(ops);
    };
    replace(a, { journal: instead(journal, { start }) });
    expect(await a.cycle()).toMatchObject({ failed: 1, pending: 0 });
    expect(started).toEqual([]);
  });

  it('[G26] is tried at once when the cloud wants something else of it', async () => {
    a.disk.write('f', 'f');
    await a.settle();
    world.move('f', 'g');
    refuseMoves();
    await world.cycles(a, 1);
    world.move('g', 'h');
    await world.cycles(a, 1);
    expect(tried).toEqual(['f → g', 'f → h']);
  });

  // Whole seeds 209 and 328: the rest of the exchange went out of sight and came back without end.
  it('[SY-31] [SY-38] begins no exchange of places of which one part has to wait', async () => {
    for (const name of ['x', 'y', 'z']) a.disk.write(name, name);
    await a.settle();
    rotate('x', 'y', 'z');
    refuseMoves();
    expect(await world.cycles(a, 2)).toMatchObject({ pending: 0, again: false, lookAgain: null });
    expect(tried).toHaveLength(2);
    expect([...a.disk.tree().entries()].flat().join('')).toBe('xxyyzz');
    replace(a, { disk });
    world.clock.advance(15_000);
    expect(await a.settle()).toMatchObject({ failed: 0, verified: true });
    expect(a.disk.tree()).toEqual(world.cloudTree());
  });

  // Whole seed 292.
  it('[SY-6] [SY-38] leaves no doubt behind about a file that was to give up its name: it is tried once a time', async () => {
    a.disk.write('f', 'here');
    await a.settle();
    world.put('f', 'there');
    // A drive that was restored, and does not have what is here any more.
    a.journal.advance({ meta: { recovery: true } });
    replace(a, { cloud: instead(world.cloud, { keptVersions: async () => [] }) });
    refuseMoves();
    expect(await world.cycles(a, 2)).toMatchObject({ failed: 1, pending: 0, again: false, lookAgain: null });
    expect(tried).toHaveLength(1);
    replace(a, { disk });
    world.clock.advance(15_000);
    await a.settle();
    expect([...a.disk.tree().values()].sort()).toEqual(['here', 'there']);
  });
});

describe('what stands for others', () => {
  /** Waits as if it had just failed. */
  function fail(path: string): void {
    const problem = { code: 'REFUSED', params: {}, retryAtMs: world.clock.nowMs() + 60_000 } as const;
    a.journal.setProblem(path, problem, world.clock.nowMs());
  }

  it('[SY-31] [SY-38] sends no exchange of names of which one part has to wait', async () => {
    for (const name of ['x', 'y']) a.disk.write(name, name);
    await a.settle();
    a.disk.rename('x', 'z');
    a.disk.rename('y', 'x');
    a.disk.rename('z', 'y');
    let commits = 0;
    const counted = instead(world.cloud, {
      commit: (request) => {
        commits += 1;
        return world.cloud.commit(request);
      },
    });
    replace(a, { cloud: counted });
    const { scanner } = a.deps;
    // It fails once the rename has been seen.
    const scan: typeof scanner.scan = async (...of) => {
      const result = await scanner.scan(...of);
      world.clock.advance(1);
      if (a.journal.problems().length === 0) fail('x');
      return result;
    };
    replace(a, { scanner: instead(scanner, { scan }) });
    expect(await a.cycle()).toMatchObject({ pending: 0 });
    expect(commits).toBe(0);
    expect(a.journal.unfinished()).toEqual([]);
    world.clock.advance(60_000);
    expect(await a.settle()).toMatchObject({ failed: 0, verified: true });
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[G19] [SY-38] is tried for all that ran into the same wall, not for each at a time of its own', async () => {
    let asked = 0;
    const full = instead(disk, {
      freeBytes: async () => {
        asked += 1;
        return { freeBytes: 0, totalBytes: 1000 };
      },
    });
    replace(a, { disk: full });
    for (let number = 0; number < 5; number++) {
      world.put(`f${number}`, 'content');
      await world.cycles(a, 1);
    }
    asked = 0;
    for (let cycle = 0; cycle < 6; cycle++) {
      world.clock.advance(Math.min(...a.journal.problems().map(({ retryAtMs }) => retryAtMs)) - world.clock.nowMs());
      await a.cycle();
      expect(new Set(a.journal.problems().map(({ lastSeenMs }) => lastSeenMs))).toEqual(new Set([world.clock.nowMs()]));
    }
    expect(asked).toBe(6);
  });
});

describe('something that is in the way of a file', () => {
  /** A link, which is in no tree. */
  async function block(): Promise<{ free: () => void; tries: () => number }> {
    let isThere = true;
    let tries = 0;
    const blocked = instead(disk, {
      place: async (requests) => {
        tries += 1;
        return isThere ? requests.map(() => ({ t: 'changed' }) as const) : disk.place(requests);
      },
    });
    world.put('f', 'f');
    replace(a, { disk: blocked });
    await hinted(null);
    for (let times = 0; times < 8; times++) {
      const [problem] = a.journal.problems();
      world.clock.advance((problem?.retryAtMs ?? 0) - world.clock.nowMs());
      await hinted(null);
    }
    return { free: () => void (isThere = false), tries: () => tries };
  }

  const hinted = (dirty: ReadonlySet<string> | null) => a.cycle({ dirty });

  it('[R10] [SY-39] is gone: the file comes at once, though it had failed for hours', async () => {
    a.disk.mkdir('d');
    await a.settle();
    const { free, tries } = await block();
    const [problem] = a.journal.problems();
    expect(problem).toMatchObject({ path: 'f', code: 'IN_THE_WAY' });
    expect((problem?.retryAtMs ?? 0) - world.clock.nowMs()).toBeGreaterThan(3_600_000);
    const before = tries();
    world.clock.advance(60_000);
    await hinted(null);
    await hinted(new Set(['d']));
    expect(tries()).toBe(before);
    expect(await hinted(new Set(['']))).toMatchObject({ failed: 1, lookAgain: null });
    expect(tries()).toBe(before + 1);
    free();
    expect(await hinted(new Set(['']))).toMatchObject({ failed: 0, pending: 0 });
    expect(a.disk.tree().get('f')).toBe('f');
    expect(a.journal.problems()).toEqual([]);
  });
});
