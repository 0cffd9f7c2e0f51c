import { beforeEach, describe, expect, it } from 'vitest';
import type { DirtyPaths, Scanner } from '../ports/scanner.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';

let world: CycleWorld;
let here: TestDevice;
/** Where the engine looked; the scanner of these tests always sees everything. */
let looked: DirtyPaths[];
beforeEach(async () => {
  world = new CycleWorld();
  here = world.device(1);
  for (const folder of ['x', 'y']) here.disk.mkdir(folder);
  here.disk.write('x/f', 'before');
  await here.settle();
  looked = [];
  const { scanner } = here.deps;
  const scan: Scanner['scan'] = (dirty, signal) => {
    looked.push(dirty === 'all' ? dirty : new Set(dirty));
    return scanner.scan(dirty, signal);
  };
  replace(here, { scanner: instead(scanner, { scan }) });
});

describe('a file that got a name of its own in a folder that is moved after it', () => {
  // Whole fleet seed 1663: it was looked for where the folder had been, and the task said it was in sync without the copy.
  it('[SY-6] [SA-5] is looked for where that folder is by then, before anything is called in sync', async () => {
    world.move('x', 'z');
    world.move('y', 'x');
    world.move('z', 'y');
    world.put('y/f', 'theirs');
    here.disk.write('x/f', 'mine');
    await here.cycle();
    expect(looked).toEqual(['all', new Set(['y'])]);
    const copy = 'y/f (conflict PC1 2026-01-02 0304)';
    expect(Object.fromEntries(here.disk.tree())).toEqual({ x: null, y: null, 'y/f': 'theirs', [copy]: 'mine' });
    expect(world.cloudTree()).toEqual(here.disk.tree());
  });
});
