import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, files, instead, replace, ROOT } from './cycle-world.fixture.ts';

let world: CycleWorld;
let other: TestDevice;
beforeEach(() => {
  world = new CycleWorld();
  other = world.device(1);
});

const device = (...exclude: readonly string[]): TestDevice => world.device(2, { exclude });

describe('a name that something left out has in the cloud', () => {
  // Whole fleet seed 375: the name counted as free, and the upload was refused without end.
  it('[SY-26] [SY-13] is not given to a new file, which yields to the folder that nobody sees here', async () => {
    const here = device('c/');
    other.disk.mkdir('c');
    await world.meet(other);
    here.disk.write('c', 'C');
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect(world.cloudTree()).toEqual(new Map([...here.disk.tree(), ['c', null]]));
    expect([...here.disk.tree()]).toEqual([['c (file)', 'C']]);
    expect(other.disk.tree()).toEqual(new Map([...here.disk.tree(), ['c', null]]));
  });

  // Whole fleet seed 199.
  it('[SY-26] [SY-13] is not given to a file that is renamed, which is one and the same on both sides after it', async () => {
    const here = device('c/');
    other.disk.write('f', 'F');
    await world.meet(other, here);
    const id = world.idOf('f');
    other.disk.mkdir('c');
    await world.meet(other);
    here.disk.rename('f', 'c');
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect(world.idOf('c (file)')).toBe(id);
    expect([...here.disk.tree()]).toEqual([['c (file)', 'F']]);
  });

  it('[SY-26] [SY-12] is not taken from a file: a folder of that name gets another one', async () => {
    const here = device('a', '!a/');
    other.disk.write('a', 'A');
    await world.meet(other);
    here.disk.mkdir('a');
    here.disk.write('a/f', 'F');
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect(here.disk.tree().get('a (2)/f')).toBe('F');
    expect(other.disk.tree()).toEqual(new Map([...here.disk.tree(), ['a', 'A']]));
  });

  // Whole fleet seed 44: who wanted the name waited for what was frozen, without end and without a word.
  it('[SY-26] [SY-12] [SA-5] is not taken from a file that base knows from before the filter and that is gone here', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    here.disk.write('a', 'A');
    here.disk.mkdir('b');
    await world.meet(here, other);
    exclude.push('a', '!a/');
    here.disk.remove('a');
    here.disk.rename('b', 'a');
    here.disk.write('a/f', 'F');
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect([...here.disk.tree()]).toEqual([
      ['a (2)', null],
      ['a (2)/f', 'F'],
    ]);
    expect(other.disk.tree()).toEqual(new Map([...here.disk.tree(), ['a', 'A']]));
  });
});

describe('a name of base that something left out has no more', () => {
  const exclude: string[] = [];
  let here: TestDevice;
  beforeEach(async () => {
    exclude.length = 0;
    here = world.device(2, { exclude });
    here.disk.write('a', 'A');
    here.disk.mkdir('x');
    await world.meet(here, other);
    exclude.push('a', '!a/');
    await world.meet(here);
  });

  // Whole fleet seed 1333: the folder waited for what was gone on both sides, and the task said it was in sync.
  it('[SY-26] [SY-12] [SA-5] keeps nobody waiting when it is gone on both sides and another one has it in the cloud', async () => {
    world.trash('a');
    here.disk.remove('a');
    await world.meet(here);
    world.put('a', 'another');
    here.disk.mkdir('a');
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect([...here.disk.tree().keys()].sort()).toEqual(['a (2)', 'x']);
    expect(other.disk.tree()).toEqual(new Map([['a', 'another'], ...here.disk.tree()]));
  });

  it('[SY-26] [SA-5] is free in the cloud once it was deleted there, wherever it is here', async () => {
    world.trash('a');
    here.disk.rename('a', 'x/a');
    here.disk.mkdir('a');
    here.disk.write('a/f', 'F');
    await world.meet(here, other);
    expect(here.disk.tree().get('x/a')).toBe('A');
    expect([...world.cloudTree().keys()].sort()).toEqual(['a', 'a/f', 'x']);
  });

  it('[SY-26] [SA-5] is free here once it was moved away here, wherever it is in the cloud', async () => {
    world.move('a', 'x/a');
    here.disk.rename('a', 'x/a');
    world.mkdir('a');
    world.put('a/f', 'F');
    await world.meet(here, other);
    expect(Object.fromEntries(here.disk.tree())).toEqual({ a: null, 'a/f': 'F', x: null, 'x/a': 'A' });
  });

  it('[SY-26] [SA-2] [SA-5] is taken here as long as it stands here, and who cannot come is told', async () => {
    world.trash('a');
    world.mkdir('a');
    const report = await world.cycles(here, 8);
    expect(here.disk.tree().get('a')).toBe('A');
    expect(here.journal.problems()).toMatchObject([{ path: 'a', code: 'IN_THE_WAY' }]);
    expect(report.verified).not.toBe(true);
  });
});

describe('a folder that was deleted in the cloud and stays here for what is left out of it', () => {
  const exclude: string[] = [];
  let here: TestDevice;
  beforeEach(async () => {
    exclude.length = 0;
    here = world.device(2, { exclude });
    for (const folder of ['d', 'd/e']) here.disk.mkdir(folder);
    here.disk.write('d/e/x.psd', 'X');
    await world.meet(here, other);
    exclude.push('*.psd');
    await world.meet(here);
    world.trash('d');
    await world.meet(here, other);
  });

  // Whole fleet seed 2102: the file waited for a delete that never came, and nobody was told.
  it('[SY-26] [SA-2] [SA-5] keeps its name: who has a new file there is told, until it is taken away', async () => {
    world.put('d', 'D');
    const report = await world.cycles(here, 8);
    expect(here.disk.tree().get('d/e/x.psd')).toBe('X');
    expect(here.journal.problems()).toMatchObject([{ path: 'd', code: 'IN_THE_WAY' }]);
    expect(report.verified).not.toBe(true);
    here.disk.remove('d');
    await world.meet(here);
    expect(Object.fromEntries(here.disk.tree())).toEqual({ d: 'D' });
    expect(here.journal.problems()).toEqual([]);
  });

  it('[SY-26] becomes the new folder that has its name in the cloud', async () => {
    world.mkdir('d');
    world.put('d/f', 'F');
    await world.meet(here, other);
    expect(Object.fromEntries(here.disk.tree())).toEqual({ d: null, 'd/e': null, 'd/e/x.psd': 'X', 'd/f': 'F' });
    expect(Object.fromEntries(other.disk.tree())).toEqual({ d: null, 'd/f': 'F' });
    expect(here.journal.problems()).toEqual([]);
  });
});

describe('a node that is left out and gone on both sides', () => {
  // Found in the small plan of whole fleet seed 3833: the empty folder stayed for the sake of nothing.
  it('[SY-26] [SY-8] holds no folder: one that was deleted in the cloud goes here, too', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    here.disk.mkdir('d');
    here.disk.write('d/x.psd', 'X');
    await world.meet(here, other);
    exclude.push('*.psd');
    here.disk.remove('d/x.psd');
    await world.meet(here);
    expect([...world.cloudTree().keys()]).toEqual(['d', 'd/x.psd']);
    world.trash('d');
    await world.meet(here, other);
    expect([...here.disk.tree()]).toEqual([]);
    expect([...here.journal.localOverlay(), ...here.journal.cloudOverlay()]).toEqual([]);
  });

  it('[SY-26] [SA-1] is not taken for deleted when it comes back in the cloud and the filter goes', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    here.disk.write('x.psd', 'X');
    await world.meet(here, other);
    exclude.push('*.psd');
    here.disk.remove('x.psd');
    world.trash('x.psd');
    await world.meet(here);
    world.put('x.psd', 'another');
    exclude.length = 0;
    await world.meet(here, other);
    expect(Object.fromEntries(here.disk.tree())).toEqual({ 'x.psd': 'another' });
    expect(Object.fromEntries(world.cloudTree())).toEqual({ 'x.psd': 'another' });
  });
});

describe('a node that is left out and gone here', () => {
  it('[SY-26] [SY-8] holds no folder here that was deleted in the cloud after the node had been moved out of it there', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    for (const path of ['d', 'e']) here.disk.mkdir(path);
    here.disk.write('d/x.psd', 'X');
    await world.meet(here, other);
    exclude.push('*.psd');
    here.disk.remove('d/x.psd');
    await world.meet(here);
    world.move('d/x.psd', 'e/x.psd');
    world.trash('d');
    await world.meet(here, other);
    expect(Object.fromEntries(here.disk.tree())).toEqual({ e: null });
    expect(Object.fromEntries(world.cloudTree())).toEqual({ e: null, 'e/x.psd': 'X' });
    exclude.length = 0;
    await world.meet(here, other);
    expect(here.disk.tree()).toEqual(world.cloudTree());
    expect([...here.disk.tree().keys()]).toEqual(['e', 'e/x.psd']);
    expect([...here.journal.localOverlay(), ...here.journal.cloudOverlay()]).toEqual([]);
  });
});

describe('a folder that is moved in the cloud to a place that is left out, and back', () => {
  // Whole fleet seed 3833: base had forgotten what was in it, and the feed tells of the folder alone.
  it.each([
    ['which goes here', []],
    ['which stays here for what is left out of it', ['d/y.psd']],
  ])('[SY-26] [SA-5] %s, has all that it holds again', async (_, more) => {
    const here = world.device(2, { exclude: ['*.psd'] });
    const inFolder = () => [...here.disk.tree().keys()].filter((path) => path.startsWith('d')).sort();
    for (const folder of ['d', 'd/e']) here.disk.mkdir(folder);
    for (const path of ['d/f', 'd/e/g', ...more]) here.disk.write(path, path);
    files(here, 9);
    await world.meet(here, other);
    world.move('d', 'd.psd');
    await world.cycles(here, 5);
    expect(inFolder()).toEqual(more.length > 0 ? ['d', ...more] : []);
    world.move('d.psd', 'd');
    await world.meet(here, other);
    expect(inFolder()).toEqual(['d', 'd/e', 'd/e/g', 'd/f', ...more]);
    expect(other.disk.tree().get('d/e/g')).toBe('d/e/g');
  });
});

describe('a node that is moved here out of a place that is left out', () => {
  const exclude: string[] = [];
  let here: TestDevice;
  beforeEach(async () => {
    exclude.length = 0;
    here = world.device(2, { exclude });
    for (const folder of ['c', 'c/B', 'x']) here.disk.mkdir(folder);
    here.disk.write('c/B/f', 'F');
    await world.meet(here, other);
    exclude.push('c/');
    await world.meet(here);
  });

  it('[SY-26] moves in the cloud as well, also when the folder it leaves was moved there', async () => {
    const id = world.idOf('c/B');
    world.move('c', 'x/c');
    here.disk.rename('c/B', 'B');
    await world.meet(here, other);
    expect(world.idOf('B')).toBe(id);
    expect(here.disk.tree()).toEqual(
      new Map([
        ['B', null],
        ['B/f', 'F'],
        ['c', null],
        ['x', null],
      ]),
    );
    expect([...other.disk.tree().keys()].sort()).toEqual(['B', 'B/f', 'x', 'x/c']);
  });

  // Whole fleet seed 1334: it was to be moved to where nobody here looks, and something stood there.
  it('[SY-26] [SY-5] comes to where it is here, also when it was moved in the cloud to another such place', async () => {
    const id = world.idOf('c/B');
    world.move('c/B', 'x/c');
    here.disk.rename('c/B', 'B');
    await world.meet(here, other);
    expect(world.idOf('B')).toBe(id);
    expect([...other.disk.tree().keys()].sort()).toEqual(['B', 'B/f', 'c', 'x']);
  });
});

describe('a node that is moved in the cloud out of a place that is left out', () => {
  // Whole fleet seed 379: base knew it from there, so it stayed frozen, and never came to where it was moved.
  it('[SY-26] [G07] comes here as a new one, with all it holds, and what is left out here stays', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    for (const path of ['x.old', 'x.old/d']) here.disk.mkdir(path);
    for (const path of ['x.old/f', 'x.old/d/g', 'x.old/h']) here.disk.write(path, path);
    await world.meet(here, other);
    exclude.push('*.old');
    await world.meet(here);
    const before = here.disk.tree();
    world.move('x.old/f', 'f');
    world.move('x.old/d', 'd');
    await world.meet(here, other);
    expect(here.disk.tree()).toEqual(new Map([...before, ['f', 'x.old/f'], ['d', null], ['d/g', 'x.old/d/g']]));
    expect([...other.disk.tree().keys()].sort()).toEqual(['d', 'd/g', 'f', 'x.old', 'x.old/h']);
    expect(other.disk.tree()).toEqual(world.cloudTree());
  });
});

describe('a node that is moved in the cloud to a place that is left out', () => {
  const exclude: string[] = [];
  let here: TestDevice;
  beforeEach(async () => {
    exclude.length = 0;
    here = world.device(2, { exclude });
    for (const path of ['d', 'd/e', 'x']) here.disk.mkdir(path);
    for (const path of ['d/e/f', 'g']) here.disk.write(path, path);
    await world.meet(here, other);
    exclude.push('*.old');
    await world.meet(here);
    // What the device knows has to be right: it is not to find out by a look at everything in the cloud.
    const { cloud } = here.deps;
    const listing: Cloud['listing'] = async (root, signal) => {
      if (root === ROOT) throw new AppError('UNAVAILABLE');
      return cloud.listing(root, signal);
    };
    replace(here, { cloud: instead(cloud, { listing }) });
  });

  // Whole fleet seeds 4984 and 4800: nobody knew of it any more, and a new file of its name was refused without end.
  it('[SY-26] [SY-12] [G07] has left the task, and is known there when the filter goes', async () => {
    world.move('g', 'g.old');
    await world.meet(here, other);
    expect([...here.disk.tree().keys()].sort()).toEqual(['d', 'd/e', 'd/e/f', 'x']);
    here.disk.write('g.old', 'another');
    await world.meet(here);
    exclude.length = 0;
    await world.meet(here, other);
    expect(here.journal.problems()).toEqual([]);
    expect(here.disk.tree()).toEqual(world.cloudTree());
    expect(here.disk.tree().get('g.old')).toBe('g');
    expect([...here.disk.tree().values()]).toContain('another');
  });

  it('[SY-26] [G07] comes back with all it holds when the filter goes, also where it was deleted here at the same time', async () => {
    world.move('d', 'x/d.old');
    world.move('g', 'x/g.old');
    here.disk.remove('g');
    await world.meet(here, other);
    expect([...here.disk.tree().keys()]).toEqual(['x']);
    exclude.length = 0;
    await world.meet(here, other);
    expect([...here.disk.tree().keys()].sort()).toEqual(['x', 'x/d.old', 'x/d.old/e', 'x/d.old/e/f', 'x/g.old']);
    expect(here.disk.tree()).toEqual(world.cloudTree());
  });
});

describe('a folder that is deleted here and holds in the cloud what is left out here', () => {
  it('[SY-26] [SY-10] [SA-1] comes back instead of taking that along', async () => {
    const here = device('*.psd');
    for (const path of ['d', 'd/e']) other.disk.mkdir(path);
    for (const path of ['d/e/x.psd', 'd/f']) other.disk.write(path, path);
    await world.meet(other, here);
    here.disk.remove('d');
    await world.meet(here, other);
    const left = ['d', 'd/e', 'd/e/x.psd'];
    expect([...world.cloudTree().keys()]).toEqual(left);
    expect([...other.disk.tree().keys()]).toEqual(left);
    expect([...here.disk.tree().keys()]).toEqual(['d', 'd/e']);
  });

  // Whole fleet seed 379.
  it('[SY-26] [SY-10] [G07] comes back also when base knows that from before the filter', async () => {
    const exclude: string[] = [];
    const here = world.device(2, { exclude });
    for (const path of ['d', 'd/e']) other.disk.mkdir(path);
    for (const path of ['d/e/x.psd', 'd/f']) other.disk.write(path, path);
    await world.meet(other, here);
    exclude.push('*.psd');
    here.disk.remove('d');
    await world.meet(here, other);
    const left = ['d', 'd/e', 'd/e/x.psd'];
    expect([...other.disk.tree().keys()]).toEqual(left);
    expect([...here.disk.tree().keys()]).toEqual(['d', 'd/e']);
  });
});
