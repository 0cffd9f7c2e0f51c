import { expect, it } from 'vitest';
import { CycleWorld } from './cycle-world.fixture.ts';

// Whole fleet seed 1975.
it('[SY-18] a mapped node whose own name is taken where the cloud moves it is called here as it is there', async () => {
  const world = new CycleWorld();
  const device = world.device(1);
  const [composed, decomposed] = ['ä'.normalize('NFC'), 'ä'.normalize('NFD')];
  for (const folder of ['b', 'c']) device.disk.mkdir(folder);
  device.disk.write(`c/${decomposed}`, 'of c');
  device.disk.write(`b/${composed}`, 'first');
  await device.settle();
  device.disk.write(`b/${decomposed}`, 'second');
  await device.settle();
  expect(Object.fromEntries(world.cloudTree())).toMatchObject({ [`b/${composed} (2)`]: 'second' });
  world.move(`b/${composed} (2)`, `c/${composed} (2)`);
  device.disk.write(`c/${composed}`, 'third');
  await world.cycles(device, 3);
  expect(Object.fromEntries(device.disk.tree())).toEqual({
    b: null,
    c: null,
    [`b/${composed}`]: 'first',
    [`c/${composed}`]: 'third',
    [`c/${decomposed}`]: 'of c',
    [`c/${composed} (2)`]: 'second',
  });
});
