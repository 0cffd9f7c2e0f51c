import { AppError, type Atom } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { answerAll, CycleWorld, DAY_MS, files, instead, noise, replace } from './cycle-world.fixture.ts';

let world: CycleWorld;
let a: TestDevice;
let b: TestDevice;
beforeEach(async () => {
  world = new CycleWorld();
  a = world.device(1);
  b = world.device(2);
});

const remove = (on: TestDevice, from: number, to: number) => {
  for (let number = from; number < to; number++) on.disk.remove(`f${number}`);
};
const trash = (from: number, to: number) => {
  for (let number = from; number < to; number++) world.trash(`f${number}`);
};

describe('several holds at once', () => {
  it('[GU-1] of both directions are answered each by itself', async () => {
    files(a, 100);
    await world.meet(a, b);
    remove(a, 0, 30);
    trash(50, 80);
    await a.settle();
    expect(a.journal.holds().map(({ kind, files: count }) => [kind, count])).toEqual([
      ['mass_delete_cloud', 30],
      ['mass_delete_local', 30],
    ]);
    const [there, here] = a.journal.holds();
    a.journal.answerHold(there?.holdId ?? '', 'approved');
    a.journal.answerHold(here?.holdId ?? '', 'restored');
    await world.meet(a);
    expect(a.disk.tree().size).toBe(70);
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(a.disk.tree().has('f0')).toBe(false);
    expect(a.disk.tree().has('f60')).toBe(true);
  });

  it('[GU-1] [GU-2] of deletes and of encryption do not answer for each other', async () => {
    files(a, 100);
    await world.meet(a);
    const before = world.cloudTree();
    remove(a, 0, 30);
    for (let number = 30; number < 90; number++) a.disk.write(`f${number}`, noise(number, 600));
    await a.settle();
    for (const hold of a.journal.holds()) {
      if (hold.kind === 'mass_delete_cloud') a.journal.answerHold(hold.holdId, 'approved');
    }
    await a.settle();
    expect(a.journal.holds().map(({ kind }) => kind)).toEqual(['mass_change']);
    for (let number = 30; number < 100; number++)
      expect(world.cloudTree().get(`f${number}`)).toBe(before.get(`f${number}`));
    expect(world.cloudTree().size).toBe(70);
  });

  it('[GU-1] a second mass after an approved one is asked about anew, also while the first still runs', async () => {
    files(a, 100);
    await world.meet(a);
    remove(a, 0, 30);
    await a.settle();
    answerAll(a, 'approved');
    remove(a, 30, 60);
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ answer: null, files: 30 }]);
    expect(world.cloudTree().size).toBe(70);
    expect(world.cloudTree().has('f30')).toBe(true);
  });
});

describe('a hold and what moves meanwhile', () => {
  it('[GU-1] [SA-1] of a folder out of which a file was moved, restored, keeps every byte', async () => {
    a.disk.mkdir('d');
    files(a, 30, 'd/');
    a.disk.write('other', 'other');
    await world.meet(a, b);
    a.disk.rename('d/7', 'moved out');
    a.disk.remove('d');
    await a.settle();
    answerAll(a, 'restored');
    await world.meet(a, b);
    for (let number = 0; number < 30; number++) {
      expect([...a.disk.tree().values()], `content of d/${number}`).toContain(`content d/${number}`);
    }
    expect(a.disk.tree().get('moved out')).toBe('content d/7');
    expect(a.disk.tree()).toEqual(world.cloudTree());
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[GU-1] [BI-5] lets an edit of a held file in the cloud come down at once', async () => {
    files(a, 40);
    await world.meet(a);
    remove(a, 0, 30);
    await a.settle();
    world.put('f3', 'edited there');
    await a.settle();
    expect(a.disk.tree().get('f3')).toBe('edited there');
    expect(a.journal.holds()).toMatchObject([{ files: 29 }]);
  });

  it('[GU-1] [SA-4] does not shrink to nothing because a folder cannot be read for a while', async () => {
    a.disk.mkdir('d');
    files(a, 40, 'd/');
    files(a, 40);
    await world.meet(a);
    for (let number = 0; number < 25; number++) a.disk.remove(`d/${number}`);
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ files: 25 }]);
    const { scanner } = a.deps;
    const id = [...a.journal.base.children(1)].find((row) => row.localName === 'd')?.id ?? 0;
    const blind = instead(scanner, {
      scan: async (...of) => {
        const result = await scanner.scan(...of);
        const inside = a.journal.base.children(id).map((row) => row.id);
        const unknown = { t: 'unknown', why: 'denied', sinceMs: 1 } as const;
        const seen = new Map([...result.seen, ...[id, ...inside].map((key) => [key, unknown] as const)]);
        return { ...result, seen, unreadable: [{ path: 'd', code: 'UNREADABLE' as const }] };
      },
    });
    replace(a, { scanner: blind });
    await world.cycles(a, 3);
    expect(world.cloudTree().size).toBe(81);
    replace(a, { scanner });
    await a.settle();
    expect(a.journal.holds()).toMatchObject([{ files: 25, answer: null }]);
    expect(world.cloudTree().size).toBe(81);
  });

  it('[G16] [GU-1] asks nothing about deletes that a right does not allow: the files come back', async () => {
    const without: readonly Atom[] = ['visible', 'list', 'preview', 'create', 'update', 'download', 'copy', 'move'];
    files(a, 60);
    await world.meet(a);
    world.cloud.boundaries = [{ nodeId: world.cloud.rootId, atoms: without }];
    world.cloud.capsRev += 1;
    remove(a, 0, 50);
    expect(await a.settle()).toMatchObject({ holds: 0, failed: 0 });
    expect(a.disk.tree().size).toBe(60);
  });
});

describe('an answer that cannot be carried out', () => {
  it('[GU-1] at once, because the server goes away in the middle, is carried out later, once', async () => {
    files(a, 1200);
    await world.meet(a);
    trash(0, 1100);
    await a.settle();
    answerAll(a, 'restored');
    let restores = 0;
    const dying = instead<Cloud>(world.cloud, {
      commit: (request) => {
        restores += 1;
        return restores === 2 ? Promise.reject(new AppError('UNAVAILABLE')) : world.cloud.commit(request);
      },
    });
    replace(a, { cloud: dying });
    expect(await a.cycle()).toMatchObject({ stop: { why: 'offline' }, holds: 1 });
    expect(a.disk.tree().size).toBe(1200);
    await world.meet(a);
    expect(a.disk.tree().size).toBe(1200);
    expect(world.cloudTree().size).toBe(1200);
    expect([...a.disk.tree().keys()].some((path) => path.includes('conflict'))).toBe(false);
  });

  it('[GU-1] [PE-2] because the person may not restore, sends the files again from here', async () => {
    files(a, 40);
    await world.meet(a);
    trash(0, 30);
    await a.settle();
    world.cloud.boundaries = [
      { nodeId: world.cloud.rootId, atoms: ['visible', 'list', 'download', 'create', 'update'] },
    ];
    world.cloud.capsRev += 1;
    answerAll(a, 'restored');
    await world.meet(a);
    expect(a.disk.tree().size).toBe(40);
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });
});

describe('an approved mass whose answer is lost', () => {
  it('[R04] [GU-1] does not count as deleted without consent', async () => {
    files(a, 100);
    await world.meet(a);
    remove(a, 0, 50);
    await a.settle();
    answerAll(a, 'approved');
    world.cloud.lostAnswers = 1;
    await a.cycle();
    await world.meet(a);
    expect(world.cloudTree().size).toBe(50);
    expect(a.journal.deedsSince(0)).toEqual([]);
    remove(a, 50, 55);
    expect((await a.settle()).holds).toBe(0);
    expect(world.cloudTree().size).toBe(45);
  });
});

describe('a crash while encryption is undone', () => {
  it('[K01] [GU-2] [SA-1] before any change leaves every byte that anybody saved, and the good files back', async () => {
    const COUNT = 25;
    const scenario = async (crashAt: number): Promise<number> => {
      world = new CycleWorld();
      a = world.device(1);
      for (let number = 0; number < COUNT; number++) a.disk.write(`f${number}`, `good ${number} `.repeat(60));
      await world.meet(a);
      for (let number = 0; number < COUNT; number++) a.disk.write(`f${number}`, noise(number, 600));
      await a.settle();
      a.disk.write('f0', 'WRITTEN SINCE '.repeat(40));
      answerAll(a, 'restored');
      let calls = 0;
      const crash = () => {
        if (calls++ === crashAt) throw new Error('crash');
      };
      a.disk.onWrite = crash;
      world.cloud.onCommit = crash;
      await world.cycles(a, 4).catch((error: Error) => expect(error.message).toBe('crash'));
      a.disk.onWrite = () => undefined;
      world.cloud.onCommit = () => undefined;
      await world.cycles(a, 6);
      for (let number = 0; number < COUNT; number++) {
        expect(a.disk.tree().get(`f${number}`), `crash ${crashAt}, f${number}`).toBe(`good ${number} `.repeat(60));
      }
      expect(world.contents(a), `crash ${crashAt}`).toContain('WRITTEN SINCE '.repeat(40));
      expect(a.journal.holds()).toEqual([]);
      return calls;
    };
    const calls = await scenario(Infinity);
    expect(calls).toBeGreaterThan(COUNT);
    for (let at = 0; at < calls; at += 3) await scenario(at);
  });
});

describe('a device that was off for longer than any window', () => {
  it('[GU-1] finds its hold expired and the files kept, and nothing counted against it any more', async () => {
    files(a, 60);
    await world.meet(a);
    remove(a, 0, 5);
    await a.settle();
    remove(a, 5, 30);
    await a.settle();
    world.clock.advance(60 * DAY_MS);
    await world.meet(a);
    // Kept is not restored: what had gone before stays gone.
    expect(a.disk.tree().size).toBe(55);
    expect(world.cloudTree()).toEqual(a.disk.tree());
    expect(a.journal.holds()).toEqual([]);
  });
});
