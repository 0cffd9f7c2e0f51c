import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
let b: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
  b = world.device(2);
});

describe('a cycle from disk to cloud to the other disk', () => {
  it('[B01] [B12] carries new files, folders and empty folders to the other device', async () => {
    a.disk.mkdir('docs');
    a.disk.mkdir('docs/empty');
    a.disk.write('docs/one.txt', 'one');
    a.disk.write('zero', '');
    await world.meet(a, b);
    expect(b.disk.tree()).toEqual(a.disk.tree());
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[SA-5] [D18] says verified only when the server has the same digest, and then has nothing more to do', async () => {
    a.disk.mkdir('d');
    a.disk.write('d/f', '1');
    const report = await a.settle();
    expect(report).toMatchObject({ pending: 0, failed: 0, verified: true });
    const before = world.cloud.find('d/f')?.rev;
    await a.cycle();
    expect(world.cloud.find('d/f')?.rev).toBe(before);
  });

  it('[B03] [B04] [B05] carries edits and deletes both ways', async () => {
    a.disk.write('x', '1');
    a.disk.write('y', '1');
    await world.meet(a, b);
    a.disk.write('x', '2');
    b.disk.remove('y');
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(new Map([['x', '2']]));
    expect(b.disk.tree()).toEqual(a.disk.tree());
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[M01] [M03] [M04] moves by id: nothing is uploaded again, and an edit on the way travels too', async () => {
    a.disk.mkdir('d');
    for (let i = 0; i < 30; i++) a.disk.write(`d/f${i}`, `${i}`);
    a.disk.write('m', 'old');
    await world.meet(a, b);
    const id = world.cloud.find('d/f7')?.id;
    a.disk.rename('d', 'e');
    a.disk.rename('m', 'n');
    a.disk.write('n', 'new');
    await world.meet(a, b);
    expect(world.cloud.find('e/f7')?.id).toBe(id);
    expect(b.disk.tree()).toEqual(a.disk.tree());
    expect(b.disk.tree().get('n')).toBe('new');
  });

  it('[M05] [M06] merges an edit here with a rename there', async () => {
    a.disk.write('p', '1');
    a.disk.write('q', '1');
    await world.meet(a, b);
    a.disk.write('p', 'edited');
    b.disk.rename('p', 'p2');
    a.disk.rename('q', 'q2');
    b.disk.write('q', 'edited too');
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(
      new Map([
        ['p2', 'edited'],
        ['q2', 'edited too'],
      ]),
    );
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[M09] [M10] swaps and rotates names on the other side without losing one', async () => {
    for (const name of ['a', 'b', 'c']) a.disk.write(name, `was ${name}`);
    await world.meet(a, b);
    const rotate = [
      ['a', 't'],
      ['c', 'a'],
      ['b', 'c'],
      ['t', 'b'],
    ] as const;
    for (const [from, to] of rotate) a.disk.rename(from, to);
    await world.meet(a, b);
    expect(b.disk.tree()).toEqual(
      new Map([
        ['a', 'was c'],
        ['b', 'was a'],
        ['c', 'was b'],
      ]),
    );
    expect(world.cloudTree()).toEqual(b.disk.tree());
  });

  it('[C01] keeps both contents when both sides edited, under a conflict name', async () => {
    a.disk.write('f.txt', 'base');
    await world.meet(a, b);
    b.disk.write('f.txt', 'from b');
    a.disk.write('f.txt', 'from a');
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(b.disk.tree());
    expect([...a.disk.tree().values()].sort()).toEqual(['from a', 'from b']);
    expect([...a.disk.tree().keys()].some((name) => /^f \(conflict PC\d 2026-01-02 0304\)\.txt$/.test(name))).toBe(
      true,
    );
  });

  it('[BI-5] [C03] [C04] lets an edit win over a delete on either side', async () => {
    a.disk.write('x', '1');
    a.disk.write('y', '1');
    await world.meet(a, b);
    a.disk.write('x', '2');
    b.disk.remove('x');
    a.disk.remove('y');
    b.disk.write('y', '2');
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(
      new Map([
        ['x', '2'],
        ['y', '2'],
      ]),
    );
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[FI-1] makes the local file a new version at the first sync and keeps the cloud content in history', async () => {
    world.put('a.txt', 'cloud');
    const old = world.cloud.find('a.txt')?.contentId ?? '';
    a.disk.write('a.txt', 'local');
    await a.settle();
    expect(a.disk.tree()).toEqual(new Map([['a.txt', 'local']]));
    expect(world.cloudTree()).toEqual(a.disk.tree());
    expect(world.cloud.reachableContents()).toContain(old);
  });

  it('[TA-1] [G07] leaves out what the filter names, and a changed filter deletes nothing on either side', async () => {
    a.disk.write('keep.txt', '1');
    a.disk.write('old.log', '2');
    await world.meet(a, b);
    Object.assign(a.settings, { exclude: ['*.log'] });
    a.disk.write('new.log', '3');
    await world.meet(a, b);
    expect([...a.disk.tree().keys()]).toEqual(['keep.txt', 'new.log', 'old.log']);
    expect([...world.cloudTree().keys()]).toEqual(['keep.txt', 'old.log']);
    expect(b.disk.tree()).toEqual(world.cloudTree());
  });

  it('[GU-1] [G01] holds a mass delete on each device, lets everything else go on, and runs it once a person agrees', async () => {
    for (let i = 0; i < 30; i++) a.disk.write(`f${i}`, `${i}`);
    await world.meet(a, b);
    for (let i = 0; i < 25; i++) a.disk.remove(`f${i}`);
    a.disk.write('fresh', '!');
    const report = await a.settle();
    expect(report.holds).toBe(1);
    expect(world.cloudTree().size).toBe(31);
    for (const hold of a.journal.holds()) a.journal.answerHold(hold.holdId, 'approved');
    await world.meet(a, b);
    expect(world.cloudTree().size).toBe(6);
    // Consent is given where files would go: the other device asks its own person.
    expect(b.disk.tree().size).toBe(31);
    for (const hold of b.journal.holds()) b.journal.answerHold(hold.holdId, 'approved');
    await world.meet(b);
    expect(b.disk.tree()).toEqual(world.cloudTree());
  });

  it('[UP] upload mode never writes to the disk, whatever happens in the cloud', async () => {
    const backer = world.device(3, { mode: 'upload' });
    backer.disk.write('keep', '1');
    backer.disk.write('gone', '1');
    await backer.settle();
    world.put('keep', 'foreign edit');
    world.put('foreign', 'new');
    world.trash('gone');
    backer.disk.onWrite = (what) => {
      throw new Error(`wrote: ${what}`);
    };
    await backer.settle();
    expect(backer.disk.tree()).toEqual(
      new Map([
        ['gone', '1'],
        ['keep', '1'],
      ]),
    );
    expect(world.cloudTree()).toEqual(
      new Map([
        ['foreign', 'new'],
        ['gone', '1'],
        ['keep', 'foreign edit'],
      ]),
    );
  });
});

describe('large files', () => {
  it('[UP-8] backs a file of several chunks up again when it was deleted in the cloud, though base keeps no chunks', async () => {
    const backer = world.device(3, { mode: 'upload' });
    const bytes = 'tide'.repeat(2.5 * 1024 * 1024);
    backer.disk.write('film', bytes);
    await backer.settle();
    world.trash('film');
    await backer.settle();
    expect(world.cloudTree()).toEqual(new Map([['film', bytes]]));
  });
});

describe('a cycle that loses its answer or its process', () => {
  it('[R04] [R05] learns after a lost answer what the server did, and a delete since then still counts', async () => {
    a.disk.write('f', 'bytes');
    await b.settle();
    world.cloud.lostAnswers = 1;
    expect((await a.cycle()).stop).toMatchObject({ why: 'offline' });
    a.disk.remove('f');
    await world.meet(a, b);
    expect(world.cloudTree()).toEqual(new Map());
    expect(a.disk.tree()).toEqual(new Map());
    expect(b.disk.tree()).toEqual(new Map());
  });

  // Whole seed 82.
  it('[SA-5] [SY-15] does not say verified while a delete waits for the first sync to be through', async () => {
    a.disk.mkdir('d');
    world.cloud.lostAnswers = 1;
    await a.cycle();
    world.trash('d');
    world.clock.advance(3000);
    const report = await a.cycle();
    expect(a.disk.tree()).toEqual(new Map([['d', null]]));
    expect(report).toMatchObject({ pending: 1, verified: null, lastFullSyncMs: null });
    expect(report.wakeAtMs).toBeGreaterThan(world.clock.nowMs());
    expect(await a.settle()).toMatchObject({ pending: 0 });
    expect(a.disk.tree()).toEqual(new Map());
    expect(await a.cycle()).toMatchObject({ pending: 0, verified: true });
  });

  it('[K01] [R04] crashes after every commit, before it hears of it, and repeats nothing', async () => {
    for (let at = 0; at < 6; at++) {
      world = new CycleWorld();
      [a, b] = [world.device(1), world.device(2)];
      prepare(a);
      await world.meet(a, b);
      disturb(a, b);
      await b.settle();
      for (let count = 0; count < at; count++) {
        world.cloud.lostAnswers = 1;
        await a.cycle();
      }
      world.cloud.lostAnswers = 0;
      await world.meet(a, b);
      expect(b.disk.tree(), `${at} answers lost`).toEqual(a.disk.tree());
      expect(world.cloudTree()).toEqual(a.disk.tree());
      expect([...a.disk.tree().keys()].filter((name) => name.includes('conflict'))).toHaveLength(2);
    }
  });

  it('[K01] [SA-1] [SA-2] crashes before every change it makes and still ends with equal trees and every byte', async () => {
    const scenario = async (crashAt: number): Promise<number> => {
      world = new CycleWorld();
      [a, b] = [world.device(1), world.device(2)];
      prepare(a);
      await world.meet(a, b);
      disturb(a, b);
      const calls = await crashOnce(a, crashAt);
      await world.meet(a, b);
      expect(b.disk.tree(), `crash before change ${crashAt}`).toEqual(a.disk.tree());
      expect(world.cloudTree()).toEqual(a.disk.tree());
      for (const token of ['edit of a', 'edit of b', 'new on a', 'new on b', 'moved', 'w0', 'w1']) {
        expect([...a.disk.tree().values()], `${token} after crash ${crashAt}`).toContain(token);
      }
      return calls;
    };
    const calls = await scenario(Number.POSITIVE_INFINITY);
    expect(calls).toBeGreaterThan(8);
    for (let at = 0; at < calls; at++) await scenario(at);
  });

  function prepare(on: TestDevice): void {
    on.disk.mkdir('d');
    for (const [path, bytes] of [
      ['d/f', 'f'],
      ['x', 'x'],
      ['y', 'y'],
      ['z', 'moved'],
      ['w0', 'w0'],
      ['w1', 'w1'],
    ] as const)
      on.disk.write(path, bytes);
  }

  function disturb(left: TestDevice, right: TestDevice): void {
    left.disk.write('x', 'edit of a');
    right.disk.write('x', 'edit of b');
    left.disk.write('d/new', 'new on a');
    right.disk.write('d/new', 'new on b');
    right.disk.rename('z', 'd/z2');
    right.disk.rename('w0', 't');
    right.disk.rename('w1', 'w0');
    right.disk.rename('t', 'w1');
    right.disk.remove('y');
    right.disk.mkdir('fresh');
    left.disk.rename('d', 'e');
  }

  /** Lets b go first, then kills a before its change number `at`; answers how many changes there were. */
  async function crashOnce(victim: TestDevice, at: number): Promise<number> {
    await b.settle();
    let calls = 0;
    const crash = () => {
      if (calls++ === at) throw new Error('crash');
    };
    victim.disk.onWrite = crash;
    world.cloud.onCommit = crash;
    await victim.settle().catch((error: Error) => expect(error.message).toBe('crash'));
    victim.disk.onWrite = () => undefined;
    world.cloud.onCommit = () => undefined;
    return calls;
  }
});

describe('the order of promises', () => {
  it('[K02] puts into base only what the disk has said is durable', async () => {
    const order: string[] = [];
    const { disk, journal } = b.deps;
    const place = disk.place.bind(disk);
    const advance = journal.advance.bind(journal);
    Object.assign(disk, {
      place: async (...args: Parameters<typeof place>) => {
        const answer = await place(...args);
        order.push('durable on disk');
        return answer;
      },
    });
    Object.assign(journal, {
      advance: (step: Parameters<typeof advance>[0]) => {
        if (step.rows && step.rows.length > 0) order.push('in base');
        advance(step);
      },
    });
    a.disk.write('f', '1');
    await a.settle();
    await b.settle();
    expect(order).toEqual(['durable on disk', 'in base']);
  });
});
