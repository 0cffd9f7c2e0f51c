import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld } from './cycle-world.fixture.ts';

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
});
