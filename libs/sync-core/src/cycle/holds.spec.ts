import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { ScanResult } from '../ports/journal.ts';
import type { DirtyPaths, Scanner } from '../ports/scanner.ts';
import type { TestDevice } from '../testing/test-device.ts';
import {
  answerAll,
  CycleWorld,
  DAY_MS,
  files,
  instead,
  refusing,
  replace,
  unreachable,
} from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
let b: TestDevice;
beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
  b = world.device(2);
});

const removeFiles = (on: TestDevice, from: number, to: number) => {
  for (let number = from; number < to; number++) on.disk.remove(`f${number}`);
};

describe('a mass delete', () => {
  beforeEach(async () => {
    files(a, 60);
    await world.meet(a, b);
  });

  it('[G02] [GU-1] restored on the device where it was made, brings every file back there', async () => {
    removeFiles(a, 0, 50);
    a.disk.write('fresh', '!');
    expect((await a.settle()).holds).toBe(1);
    expect(world.cloudTree().size).toBe(61);
    answerAll(a, 'restored');
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
    expect(a.disk.tree().size).toBe(61);
    expect(a.disk.tree()).toEqual(world.cloudTree());
  });

  it('[G03] [GU-1] [SY-28] approved before it has settled, is work that is left and waits for nobody any more', async () => {
    removeFiles(a, 0, 50);
    expect(await a.cycle()).toMatchObject({ holds: 1, pending: 0 });
    answerAll(a, 'approved');
    expect(await a.cycle()).toMatchObject({ holds: 0, pending: 50 });
    world.clock.advance(2000);
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
    expect(world.cloudTree().size).toBe(10);
  });

  it('[G02] [GU-1] restored where its files would go, brings every file back to the cloud, under its id', async () => {
    const id = world.idOf('f7');
    for (let number = 0; number < 50; number++) world.trash(`f${number}`);
    expect((await b.settle()).holds).toBe(1);
    answerAll(b, 'restored');
    await world.meet(b, a);
    expect(world.idOf('f7')).toBe(id);
    expect(a.disk.tree().size).toBe(60);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[G02] [GU-1] restored, brings also back what the window had deleted before the mass showed', async () => {
    removeFiles(a, 0, 8);
    await a.settle();
    expect(world.cloudTree().size).toBe(52);
    world.clock.advance(60_000);
    removeFiles(a, 8, 30);
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ files: 22, gone: { length: 8 } }]);
    answerAll(a, 'restored');
    await world.meet(a);
    expect(a.disk.tree().size).toBe(60);
    expect(world.cloudTree()).toEqual(a.disk.tree());
    // Made good: the next delete counts alone.
    removeFiles(a, 0, 2);
    expect((await a.settle()).holds).toBe(0);
    expect(world.cloudTree().size).toBe(58);
  });

  it('[G02] [GU-1] [BI-3] restored on the other side, brings back what the window had moved to the trash', async () => {
    world.trash('f0');
    world.trash('f1');
    await b.settle();
    expect(b.disk.tree().size).toBe(58);
    for (let number = 2; number < 40; number++) world.trash(`f${number}`);
    await b.settle();
    answerAll(b, 'restored');
    await world.meet(b);
    expect(b.disk.tree().size).toBe(60);
    expect(world.cloudTree()).toEqual(b.disk.tree());
  });

  it('[G03] [GU-1] approved, goes through once, and the next cycle is silent', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    answerAll(a, 'approved');
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
    expect(world.cloudTree().size).toBe(10);
    const revs = [...world.cloud.tree().keys()].map((path) => world.cloud.find(path)?.rev);
    expect(await a.cycle()).toMatchObject({ holds: 0, pending: 0 });
    expect([...world.cloud.tree().keys()].map((path) => world.cloud.find(path)?.rev)).toEqual(revs);
  });

  it('[GU-1] consent ends with the deletes it was given for: a file that came back is asked about again', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    answerAll(a, 'approved');
    files(a, 60);
    await a.settle();
    expect(a.journal.holds()).toEqual([]);
    removeFiles(a, 0, 50);
    expect((await a.settle()).holds).toBe(1);
    expect(world.cloudTree().size).toBe(60);
  });

  it('[GU-1] [SY-44] approved, takes nothing that came back unnoticed', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    world.clock.advance(DAY_MS);
    const id = world.idOf('f3');
    a.disk.write('f3', 'content f3');
    a.disk.write('f4', 'edited since');
    answerAll(a, 'approved');
    await a.cycle({ dirty: null });
    await a.settle();
    expect(world.idOf('f3')).toBe(id);
    expect(world.cloudTree()).toEqual(a.disk.tree());
    expect(a.disk.tree().size).toBe(12);
    expect(world.cloudTree().get('f4')).toBe('edited since');
  });

  it('[GU-1] [SY-44] approved, takes nothing of what was moved to another folder meanwhile, unnoticed', async () => {
    const c = world.device(3, { exclude: ['/away'] });
    await c.settle();
    c.disk.mkdir('away');
    for (let number = 0; number < 50; number++) c.disk.rename(`f${number}`, `away/f${number}`);
    await c.settle();
    expect(c.journal.holds()).toMatchObject([{ files: 50 }]);
    const id = world.idOf('f7');
    world.clock.advance(DAY_MS);
    c.disk.mkdir('back');
    c.disk.rename('away/f7', 'back/f7');
    answerAll(c, 'approved');
    await c.cycle({ dirty: null });
    await c.settle();
    expect(world.idOf('back/f7')).toBe(id);
    expect(world.cloudTree().size).toBe(12);
  });

  it('[GU-1] [SY-44] approved while a cycle runs that did not look at everything, has that cycle look first', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    world.clock.advance(DAY_MS);
    a.disk.write('f3', 'content f3');
    const changes = (cursor: string) => {
      answerAll(a, 'approved');
      return world.cloud.changes(cursor);
    };
    replace(a, { cloud: instead<Cloud>(world.cloud, { changes }) });
    const id = world.idOf('f3');
    expect(await a.cycle({ dirty: null })).toMatchObject({ holds: 0, pending: 0 });
    expect(world.cloudTree().size).toBe(11);
    expect(world.idOf('f3')).toBe(id);
  });

  it.each([null, 'approved'] as const)(
    '[GU-1] [SY-41] goes on where a look ends in doubt, answered: %s',
    async (answer) => {
      removeFiles(a, 0, 50);
      await a.settle();
      if (answer) answerAll(a, answer);
      const [held] = a.journal.holds();
      const scanner = a.deps.scanner;
      const inDoubt = (seen: ScanResult['seen']): ScanResult['seen'] =>
        new Map(
          [...seen].map(([key, node]) => [key, node.t === 'absent' ? { ...node, t: 'unknown', why: 'busy' } : node]),
        );
      const scan: Scanner['scan'] = async (...given) => {
        const result = await scanner.scan(...given);
        return { ...result, seen: inDoubt(result.seen) };
      };
      replace(a, { scanner: instead(scanner, { scan }) });
      await a.cycle({ dirty: 'all' });
      expect(a.journal.holds()).toEqual([held]);
      replace(a, { scanner });
      await a.settle();
      expect(world.cloudTree().size).toBe(answer ? 10 : 60);
      expect(a.journal.holds()).toEqual(answer ? [] : [held]);
    },
  );

  it('[GU-1] [SY-44] approved, has not everything looked at again and again for one that cannot be deleted', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    answerAll(a, 'approved');
    const stuck = world.idOf('f3');
    const refused = refusing(world.cloud, 'FORBIDDEN', (op) => 'nodeId' in op && op.nodeId === stuck);
    const scanner = a.deps.scanner;
    const looks: DirtyPaths[] = [];
    const scan: Scanner['scan'] = (dirty, signal) => {
      looks.push(dirty);
      return scanner.scan(dirty, signal);
    };
    replace(a, { cloud: refused, scanner: instead(scanner, { scan }) });
    await world.cycles(a, 3);
    expect(world.cloudTree().size).toBe(11);
    looks.length = 0;
    for (let number = 0; number < 5; number++) {
      a.disk.write('saved', `again ${number}`);
      await a.cycle({ dirty: new Set(['']) });
    }
    // When it is its turn to be tried again, and not with every file that is saved.
    expect(looks.filter((look) => look === 'all')).toHaveLength(1);
  });

  it('[GU-1] unanswered for 7 days, ends with the files kept, on either side', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    for (let number = 50; number < 59; number++) world.trash(`f${number}`);
    await a.settle();
    world.clock.advance(7 * DAY_MS - 60_000);
    expect((await a.settle()).holds).toBe(1);
    world.clock.advance(60_000);
    expect((await a.settle()).holds).toBe(0);
    await world.meet(a);
    expect(a.disk.tree().size).toBe(51);
    expect(a.disk.tree()).toEqual(world.cloudTree());
  });

  it('[GU-1] waits on over a restart and while the server is away, and so does its answer', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    replace(a, { cloud: unreachable(world.cloud) });
    answerAll(a, 'restored');
    expect((await world.cycles(a, 3)).stop).toMatchObject({ why: 'offline' });
    expect(world.cloudTree().size).toBe(60);
    replace(a, { cloud: world.cloud });
    await world.meet(a);
    expect(a.disk.tree().size).toBe(60);
  });

  it('[G08] [GU-1] that waits when the server is restored from a backup, deletes nothing', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    answerAll(a, 'approved');
    world.cloud.epoch = 'e2';
    await world.meet(a, b);
    expect(world.cloudTree().size).toBe(60);
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(a.journal.holds()).toEqual([]);
  });

  it('[G07] [SY-26] that waits while the filter changes, is asked about again when the filter is back', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    Object.assign(a.settings, { exclude: ['f*'] });
    await a.settle();
    answerAll(a, 'approved');
    await a.settle();
    expect(world.cloudTree().size).toBe(60);
    Object.assign(a.settings, { exclude: [] });
    expect((await a.settle()).holds).toBe(1);
    expect(world.cloudTree().size).toBe(60);
  });

  it('[GU-1] answered while a cycle runs, is as if answered before the next one', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    a.disk.write('late', 'late');
    const answering = instead<Cloud>(world.cloud, {
      commit: async (request) => {
        answerAll(a, 'restored');
        return world.cloud.commit(request);
      },
    });
    replace(a, { cloud: answering });
    await world.meet(a);
    expect(a.disk.tree().size).toBe(61);
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[GU-1] answered twice, keeps to the first answer', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    const holdId = a.journal.holds()[0]?.holdId ?? '';
    expect(a.journal.answerHold(holdId, 'restored')).toBe(true);
    expect(a.journal.answerHold(holdId, 'approved')).toBe(false);
    await world.meet(a);
    expect(world.cloudTree().size).toBe(60);
    expect(a.journal.answerHold(holdId, 'approved')).toBe(false);
  });

  it('[GU-1] restored, leaves alone what came back by itself meanwhile', async () => {
    removeFiles(a, 0, 50);
    await a.settle();
    a.disk.write('f3', 'made anew');
    answerAll(a, 'restored');
    await world.meet(a, b);
    expect(b.disk.tree().get('f3')).toBe('made anew');
    expect(a.disk.tree().size).toBe(60);
    expect(a.disk.tree()).toEqual(world.cloudTree());
  });

  it('[GU-1] [SA-1] restored when the bin was emptied meanwhile, sends the files that are here again', async () => {
    for (let number = 0; number < 50; number++) world.trash(`f${number}`);
    await b.settle();
    const emptied = instead<Cloud>(world.cloud, {
      commit: async (request) => {
        const isRestore = request.ops.every((op) => op.kind === 'restore');
        if (!isRestore) return world.cloud.commit(request);
        const outcomes = request.ops.map(({ opId }) => {
          return { status: 'refused', opId, code: 'NODE_UNKNOWN', node: null } as const;
        });
        return { seq: 0, epoch: 'e1', outcomes };
      },
    });
    replace(b, { cloud: emptied });
    answerAll(b, 'restored');
    await world.meet(b);
    expect(b.disk.tree().size).toBe(60);
    expect(world.cloudTree()).toEqual(b.disk.tree());
  });

  // Whole fleet seed 220: base let the folder go at once, no scan looked for its files any more, and the hold vanished.
  it.each(['approved', 'restored'] as const)(
    '[SY-22] [O14] [GU-1] of upload mode waits also in a folder that stays for what others have in it: %s',
    async (answer) => {
      const backer = world.device(3, { mode: 'upload', propagateDeletes: true });
      backer.disk.mkdir('d');
      files(backer, 30, 'd/f');
      await backer.settle();
      world.put('d/theirs', 'not ours');
      await backer.settle();
      backer.disk.remove('d');
      for (let looks = 0; looks < 3; looks++) expect((await backer.settle()).holds).toBe(1);
      world.move('d/f0', 'x');
      backer.disk.write('x', 'another x');
      answerAll(backer, answer);
      expect(await backer.settle()).toMatchObject({ holds: 0, pending: 0, verified: true });
      const left = [...world.cloudTree().keys()].filter((path) => path.startsWith('d/'));
      expect(left).toHaveLength(answer === 'approved' ? 1 : 30);
      expect([...world.cloudTree().values()]).toContain('another x');
    },
  );

  it('[UP-4] [GU-1] of upload mode is held, too; kept or restored, the cloud keeps what the disk has not', async () => {
    const backer = world.device(3, { mode: 'upload', propagateDeletes: true });
    files(backer, 60, 'g');
    await backer.settle();
    for (let number = 0; number < 50; number++) backer.disk.remove(`g${number}`);
    expect((await backer.settle()).holds).toBe(1);
    answerAll(backer, 'restored');
    backer.disk.onWrite = (what) => {
      throw new Error(`wrote: ${what}`);
    };
    expect(await backer.settle()).toMatchObject({ holds: 0, pending: 0 });
    expect([...world.cloudTree().keys()].filter((path) => path.startsWith('g'))).toHaveLength(60);
    backer.disk.write('g3', 'made anew');
    const id = world.idOf('g3');
    await backer.settle();
    expect(world.idOf('g3')).toBe(id);
    expect(world.cloudTree().get('g3')).toBe('made anew');
  });
});

describe('folders in a mass delete', () => {
  it('[G02] [GU-1] come back with all that was in them, on either side', async () => {
    a.disk.mkdir('d');
    a.disk.mkdir('d/e');
    files(a, 30, 'd/e/');
    a.disk.write('other', 'x');
    await world.meet(a, b);
    a.disk.remove('d');
    await a.settle();
    answerAll(a, 'restored');
    await world.meet(a);
    expect(a.disk.tree().size).toBe(33);
    world.trash('d');
    await a.settle();
    expect(a.journal.holds()).toHaveLength(1);
    answerAll(a, 'restored');
    await world.meet(a, b);
    expect(world.cloudTree().size).toBe(33);
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(b.disk.tree()).toEqual(world.cloudTree());
  });
});

describe('a root that holds one file', () => {
  it('[G06] is not guarded when the file is renamed', async () => {
    a.disk.write('only', '1');
    await world.meet(a);
    a.disk.rename('only', 'renamed');
    expect(await a.settle()).toMatchObject({ holds: 0, pending: 0 });
    expect([...world.cloudTree().keys()]).toEqual(['renamed']);
  });

  it('[G05] is guarded when everything in it is gone though its marker is there', async () => {
    a.disk.write('one', '1');
    a.disk.write('two', '2');
    await world.meet(a);
    a.disk.remove('one');
    a.disk.remove('two');
    expect((await a.settle()).holds).toBe(1);
    expect(world.cloudTree().size).toBe(2);
  });
});

describe('a crash around a hold', () => {
  it('[K01] [GU-1] before any change it makes, leaves the answer to be carried out by the next start', async () => {
    const scenario = async (crashAt: number): Promise<number> => {
      world = new CycleWorld();
      a = world.device(1);
      files(a, 40);
      await world.meet(a);
      removeFiles(a, 0, 5);
      await a.settle();
      removeFiles(a, 5, 30);
      await a.settle();
      answerAll(a, 'restored');
      let calls = 0;
      const crash = () => {
        if (calls++ === crashAt) throw new Error('crash');
      };
      a.disk.onWrite = crash;
      world.cloud.onCommit = crash;
      await a.settle().catch((error: Error) => expect(error.message).toBe('crash'));
      a.disk.onWrite = () => undefined;
      world.cloud.onCommit = () => undefined;
      await world.meet(a);
      expect(a.disk.tree().size, `crash before change ${crashAt}`).toBe(40);
      expect(world.cloudTree(), `crash before change ${crashAt}`).toEqual(a.disk.tree());
      return calls;
    };
    const calls = await scenario(Infinity);
    expect(calls).toBeGreaterThan(20);
    for (let at = 0; at < calls; at++) await scenario(at);
  });
});
