import { expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';

// Whole fleet seed 3357.
it('[D20] [SY-18] nothing gets a mapped name because a folder was listed after something had left it', async () => {
  const world = new CycleWorld();
  const [a, b] = [world.device(1), world.device(2)];
  a.disk.mkdir('d');
  a.disk.write('d/n', 'first');
  a.disk.write('m', 'second');
  await world.meet(a, b);
  const { cloud } = world;
  world.move('d', 'e');
  let listings = 0;
  const swapped = instead<Cloud>(cloud, {
    changes: async (cursor) => {
      const answer = await cloud.changes(cursor);
      const items = answer.items.map((item) =>
        item.type === 'node' && item.node.name === 'e' ? { ...item, entered: true } : item,
      );
      return { ...answer, items };
    },
    listing: (root) => {
      listings += 1;
      world.move('e/n', 'x');
      world.move('m', 'e/n');
      return cloud.listing(root);
    },
  });
  replace(b, { cloud: swapped });
  await world.cycles(b, 3);
  expect(listings).toBe(1);
  expect(Object.fromEntries(b.disk.tree())).toEqual({ e: null, 'e/n': 'second', x: 'first' });
});
