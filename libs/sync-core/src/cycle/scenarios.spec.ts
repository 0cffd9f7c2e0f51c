import { AppError, type BatchOp } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { ROOT_ID } from '../model/tree.ts';
import { conflictsOf } from '../naming/derived-names.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, DAY_MS, instead, replace } from './cycle-world.fixture.ts';

const COPY = ' (conflict PC1 2026-01-02 0304)';

let world: CycleWorld;
let a: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  a = world.device(1);
});

/** Everything that the device asks of the drive to change, in order. */
function recordCommits(device: TestDevice): BatchOp[] {
  const sent: BatchOp[] = [];
  const { cloud } = device.deps;
  const recording = instead(cloud, {
    commit: async (request) => {
      sent.push(...request.ops);
      return cloud.commit(request);
    },
  });
  replace(device, { cloud: recording });
  return sent;
}

describe('scenarios of one device', () => {
  it('[B16] ends with the bytes of a file that was empty first, also when they come while it is uploaded', async () => {
    a.disk.write('early', '');
    a.disk.write('late', '');
    world.cloud.onCommit = () => {
      world.cloud.onCommit = () => undefined;
      a.disk.write('early', 'filled');
    };
    await a.settle();
    a.disk.write('late', 'filled');
    await a.settle(); // the watcher's hint
    expect(world.cloudTree()).toEqual(
      new Map([
        ['early', 'filled'],
        ['late', 'filled'],
      ]),
    );
  });

  it('[B17] fetches nothing but the one file that was edited deep in a folder of the cloud', async () => {
    for (const path of ['d', 'd/e', 'd/e/f']) a.disk.mkdir(path);
    for (const path of ['x', 'd/y', 'd/e/z', 'd/e/f/deep', 'd/e/f/other']) a.disk.write(path, 'old');
    await a.settle();
    world.put('d/e/f/deep', 'new');
    const fetched: string[] = [];
    const { cloud } = a.deps;
    a.deps = {
      ...a.deps,
      cloud: instead(cloud, {
        listing: () => Promise.reject(new AppError('INTERNAL')),
        bundle: async (nodes, signal) => {
          fetched.push(...nodes.map((node) => node.nodeId));
          return cloud.bundle(nodes, signal);
        },
      }),
    };
    await a.settle();
    expect(a.disk.tree().get('d/e/f/deep')).toBe('new');
    expect(fetched).toEqual([world.cloud.find('d/e/f/deep')?.id]);
  });

  it('[B20] makes a version of an older copy that somebody put back, whatever its time', async () => {
    a.disk.write('f', 'first');
    await a.settle();
    const old = a.disk.sigOf('f');
    a.disk.write('f', 'second');
    await a.settle();
    a.disk.write('f', 'first');
    await a.disk.setMeta('f', a.disk.sigOf('f'), { mtimeMs: Number(old.mtimeNs / 1_000_000n), exec: false });
    const sent = recordCommits(a);
    await a.settle();
    expect(sent.map((op) => op.kind)).toEqual(['putVersion']);
    expect(world.cloudTree().get('f')).toBe('first');
    expect(world.kept()).toContain('second');
  });

  it('[C01] [C19] [SY-36] links a copy and its original by name, on every device, until either is gone', async () => {
    const b = world.device(2);
    a.disk.write('f.txt', 'old');
    await world.meet(a, b);
    a.disk.write('f.txt', 'ours');
    world.put('f.txt', 'theirs');
    await world.meet(a, b);
    const copy = `f${COPY}.txt`;
    for (const device of [a, b]) {
      expect(conflict(device, 'f.txt')).toEqual({ original: null, copies: [copy] });
      expect(conflict(device, copy)).toEqual({ original: 'f.txt', copies: [] });
    }
    b.disk.remove(copy);
    await world.meet(b, a);
    for (const device of [a, b]) expect(conflict(device, 'f.txt')).toEqual({ original: null, copies: [] });
    expect(world.cloudTree()).toEqual(new Map([['f.txt', 'theirs']]));
    expect(world.kept()).toContain('ours');
  });

  it('[C20] keeps an edit that is made while the one of the cloud is on its way', async () => {
    a.disk.write('f.txt', 'old');
    await a.settle();
    world.put('f.txt', 'theirs');
    a.disk.onWrite = (what) => {
      if (what !== 'place f.txt') return;
      a.disk.onWrite = () => undefined;
      a.disk.write('f.txt', 'ours');
    };
    await a.settle();
    expect(a.disk.tree()).toEqual(
      new Map([
        [`f${COPY}.txt`, 'ours'],
        ['f.txt', 'theirs'],
      ]),
    );
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[M31] uploads what is moved into the root from outside', async () => {
    a.disk.write('x', '1');
    await a.settle();
    a.disk.mkdir('from outside');
    a.disk.write('from outside/f', '2');
    const sent = recordCommits(a);
    await a.settle();
    expect(sent.map((op) => op.kind)).toEqual(['createFolder', 'createFile']);
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[M32] [GU-1] takes what is moved out of the root for deleted: to the bin, and held when it is much', async () => {
    for (let i = 0; i < 60; i++) a.disk.write(`f${i}`, `${i}`);
    await a.settle();
    a.disk.remove('f0');
    await a.settle();
    expect(world.cloudTree().has('f0')).toBe(false);
    expect(world.kept()).toContain('0');
    for (let i = 10; i < 60; i++) a.disk.remove(`f${i}`);
    const report = await world.cycles(a, 3);
    expect(report.holds).toBe(1);
    expect(world.cloudTree().size).toBe(59);
  });

  it.each([
    { mode: 'bidirectional', propagateDeletes: false, then: ['x'] },
    { mode: 'upload', propagateDeletes: false, then: ['d', 'd/f', 'x'] },
    { mode: 'upload', propagateDeletes: true, then: ['x'] },
  ] as const)(
    '[M33] [SY-26] lets what is moved to a place left out leave the task: $mode, delete switch $propagateDeletes',
    async ({ mode, propagateDeletes, then }) => {
      const device = world.device(3, { mode, propagateDeletes, exclude: ['build/'] });
      device.disk.mkdir('d');
      device.disk.write('d/f', '1');
      device.disk.write('x', '2');
      device.disk.mkdir('build');
      await device.settle();
      device.disk.rename('d', 'build/d');
      await world.cycles(device, 4);
      expect([...world.cloudTree().keys()]).toEqual(then);
      expect(world.kept()).toContain('1');
      expect([...device.disk.tree().keys()]).toEqual(['build', 'build/d', 'build/d/f', 'x']);
      device.disk.rename('build/d', 'd');
      await world.cycles(device, 4);
      expect(world.cloudTree().get('d/f')).toBe('1');
      expect(device.disk.trash).toEqual([]);
    },
  );

  it('[G07] [SY-26] deletes nothing on either side when the filter leaves out what was synced', async () => {
    a.disk.mkdir('d');
    a.disk.write('d/f', '1');
    a.disk.write('x', '2');
    await a.settle();
    const before = [world.cloudTree(), a.disk.tree()];
    Object.assign(a.settings, { exclude: ['d/', '*'] });
    world.put('d/f', 'edited there');
    a.disk.remove('x');
    await world.cycles(a, 4);
    expect([...world.cloudTree().keys()]).toEqual([...(before[0]?.keys() ?? [])]);
    expect(a.disk.tree().get('d/f')).toBe('1');
    Object.assign(a.settings, { exclude: [] });
    await world.cycles(a, 4);
    expect(a.disk.tree()).toEqual(
      new Map([
        ['d', null],
        ['d/f', 'edited there'],
      ]),
    );
    expect(world.cloudTree()).toEqual(a.disk.tree());
  });

  it('[M35] uploads the merged folder when one is moved over another that was not synced yet', async () => {
    a.disk.mkdir('d');
    a.disk.write('d/f', '1');
    await a.settle();
    const id = world.cloud.find('d/f')?.id;
    a.disk.mkdir('e');
    a.disk.write('e/g', '2');
    a.disk.rename('d/f', 'e/f');
    a.disk.remove('d');
    await a.settle();
    expect(world.cloudTree()).toEqual(
      new Map([
        ['e', null],
        ['e/f', '1'],
        ['e/g', '2'],
      ]),
    );
    expect(world.cloud.find('e/f')?.id).toBe(id);
  });

  it('[M37] brings uploads to the new name of a folder that is renamed while they run', async () => {
    a.disk.mkdir('d');
    for (let i = 0; i < 5; i++) a.disk.write(`d/f${i}`, `${i}`);
    const sent = recordCommits(a);
    world.cloud.onCommit = () => {
      world.cloud.onCommit = () => undefined;
      a.disk.rename('d', 'e');
    };
    await a.settle();
    await a.settle(); // the watcher's hint
    const { disk } = a;
    expect([...disk.tree().keys()]).toEqual(['e', 'e/f0', 'e/f1', 'e/f2', 'e/f3', 'e/f4']);
    expect(world.cloudTree()).toEqual(disk.tree());
    expect(sent.filter((op) => op.kind === 'createFolder')).toHaveLength(1);
  });

  it('[M38] takes one cloud node that is told of at two places for one node that moved', async () => {
    const b = world.device(2);
    a.disk.mkdir('d');
    a.disk.write('d/f', '1');
    await world.meet(a, b);
    world.mkdir('e');
    world.move('d/f', 'e/f');
    const { cloud } = a.deps;
    const node = world.cloud.find('e/f');
    const before = { ...node, parentId: world.cloud.find('d')?.id };
    a.deps = {
      ...a.deps,
      cloud: instead(cloud, {
        changes: async (cursor, signal) => {
          const answer = await cloud.changes(cursor, signal);
          const again = answer.items.filter((item) => item.type === 'node' && item.node.id === node?.id);
          const earlier = again.map((item) => ({ ...item, node: { ...('node' in item ? item.node : {}), ...before } }));
          return { ...answer, items: [...earlier, ...answer.items] as typeof answer.items };
        },
      }),
    };
    const sent = recordCommits(a);
    await world.meet(a, b);
    expect(a.disk.tree()).toEqual(
      new Map([
        ['d', null],
        ['e', null],
        ['e/f', '1'],
      ]),
    );
    expect(a.disk.trash).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('[F10] links two equal trees without a byte, and has nothing to do the second time', async () => {
    const b = world.device(2);
    for (const { disk } of [a, b]) {
      for (let d = 0; d < 10; d++) disk.mkdir(`d${d}`);
      for (let i = 0; i < 200; i++) disk.write(`d${i % 10}/f${i}`, `${i}`);
    }
    await a.settle();
    const sent = recordCommits(b);
    const { cloud } = b.deps;
    b.deps = { ...b.deps, cloud: instead(cloud, { bundle: () => Promise.reject(new AppError('INTERNAL')) }) };
    await b.settle();
    await b.settle();
    expect(sent).toEqual([]);
    expect(b.disk.trash).toEqual([]);
    expect((await b.cycle()).verified).toBe(true);
  });
});

function conflict({ journal }: TestDevice, name: string): { original: string | null; copies: string[] } {
  const row = journal.base.childByLocalName(ROOT_ID, name);
  if (!row) throw new Error(`nothing called ${name}`);
  const { original, copies } = conflictsOf(row, journal.base);
  return { original: original && original.localName, copies: copies.map((each) => each.localName) };
}

describe('scenarios of time and of restored machines', () => {
  it.each([false, true])(
    '[D02] merges what a device did in 60 days offline (its place in the feed lost: %s)',
    async (expired) => {
      const b = world.device(2);
      for (const name of ['edited here', 'edited there', 'gone here', 'gone there', 'edited here, gone there', 'calm'])
        a.disk.write(name, 'old');
      for (let i = 0; i < 20; i++) a.disk.write(`filler ${i}`, `${i}`);
      await world.meet(a, b);
      b.disk.write('edited here', 'b');
      b.disk.write('edited here, gone there', 'b');
      b.disk.remove('gone here');
      b.disk.write('new here', 'b');
      a.disk.write('edited there', 'a');
      a.disk.remove('gone there');
      a.disk.remove('edited here, gone there');
      a.disk.write('new there', 'a');
      await a.settle();
      world.clock.advance(60 * DAY_MS);
      if (expired) expireOnce(b);
      await world.meet(b, a);
      const tree = new Map([...b.disk.tree()].filter(([name]) => !name.startsWith('filler')));
      expect(tree).toEqual(
        new Map([
          ['calm', 'old'],
          ['edited here', 'b'],
          ['edited here, gone there', 'b'],
          ['edited there', 'a'],
          ['new here', 'b'],
          ['new there', 'a'],
        ]),
      );
      expect(a.disk.tree()).toEqual(b.disk.tree());
      expect(world.cloudTree()).toEqual(b.disk.tree());
    },
  );

  it('[D03] pushes nothing old when a machine comes back as it was a week ago, files and state alike', async () => {
    const restored = world.device(3);
    a.disk.mkdir('d');
    for (let i = 0; i < 25; i++) a.disk.write(`d/f${i}`, 'week 1');
    // What a backup of the machine holds is what a machine that slept since then has.
    await world.meet(a, restored);
    for (let i = 0; i < 5; i++) a.disk.write(`d/f${i}`, 'week 2');
    a.disk.rename('d/f5', 'd/renamed');
    a.disk.remove('d/f6');
    await a.settle();
    const sent = recordCommits(restored);
    world.clock.advance(7 * DAY_MS);
    await restored.settle();
    expect(sent).toEqual([]);
    expect(restored.disk.tree()).toEqual(a.disk.tree());
  });

  it('[D04] makes versions of old bytes when files alone came back, and keeps the newer ones in history', async () => {
    for (let i = 0; i < 30; i++) a.disk.write(`f${i}`, `old ${i}`);
    await a.settle();
    for (let i = 0; i < 3; i++) a.disk.write(`f${i}`, `new ${i}`);
    a.disk.write('made since', 'x');
    await a.settle();
    for (let i = 0; i < 3; i++) a.disk.write(`f${i}`, `old ${i}`);
    a.disk.remove('made since');
    await a.settle();
    expect(world.cloudTree()).toEqual(a.disk.tree());
    expect([0, 1, 2].map((i) => world.cloudTree().get(`f${i}`))).toEqual(['old 0', 'old 1', 'old 2']);
    expect([...world.kept()]).toEqual(expect.arrayContaining(['new 0', 'new 1', 'new 2', 'x']));
  });
});

/** The server forgot the place in the feed: everything is listed once. */
function expireOnce(device: TestDevice): void {
  const { cloud } = device.deps;
  let isExpired = true;
  device.deps = {
    ...device.deps,
    cloud: instead(cloud, {
      changes: async (cursor, signal) => {
        if (isExpired) {
          isExpired = false;
          throw new AppError('CURSOR_EXPIRED');
        }
        return cloud.changes(cursor, signal);
      },
    }),
  };
}
