import { expect, it } from 'vitest';
import { CycleWorld } from './cycle-world.fixture.ts';

// Whole fleet seed 7247: "in sync" was said while base still had the one folder at its old place.
it('[SY-25] [SA-5] two folders turned inside out in the cloud, the inner one moved out here: base has both before "in sync" is said', async () => {
  const world = new CycleWorld();
  const a = world.device(1);
  a.disk.mkdir('outer');
  a.disk.mkdir('outer/inner');
  a.disk.write('outer/f', 'f');
  await world.meet(a);
  world.move('outer/inner', 'inner');
  world.move('outer', 'inner/o');
  world.move('inner', 'outer');
  world.move('outer/o', 'outer/outer');
  a.disk.rename('outer/inner', 'moved out');
  const report = await a.cycle({ dirty: 'all' });
  expect([...a.disk.tree().keys()]).toEqual(['outer', 'outer/outer', 'outer/outer/f']);
  expect([...a.journal.localOverlay(), ...a.journal.cloudOverlay()]).toEqual([]);
  expect(report).toMatchObject({ pending: 0, failed: 0, verified: true });
});
