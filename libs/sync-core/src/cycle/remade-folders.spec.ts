import { expect, it } from 'vitest';
import { CycleWorld } from './cycle-world.fixture.ts';

// Whole fleet seed 890: what the folder held was in the overlay for good.
it('[SY-25] [SY-4] a folder that gets back the cloud node that it had before leaves nothing in the overlay', async () => {
  const world = new CycleWorld();
  const a = world.device(1);
  a.disk.mkdir('d');
  for (const path of ['d/f', 'd/g', 'other']) a.disk.write(path, path);
  await world.meet(a);
  const first = world.idOf('d');
  world.trash('d');
  world.mkdir('d');
  await a.cycle(); // linked with the new one; what went with the first waits for a moment, as all deletes do
  world.trash('d');
  world.cloud.apply({ kind: 'restore', opId: '00000000-0000-7000-8ffe-000000000001', nodeId: first });
  await world.meet(a);
  expect(world.idOf('d')).toBe(first);
  expect(a.disk.tree()).toEqual(world.cloudTree());
  expect([...a.disk.tree().keys()]).toEqual(['d', 'd/f', 'd/g', 'other']);
  expect([...a.journal.cloudOverlay()]).toEqual([]);
});
