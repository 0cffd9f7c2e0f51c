import { expect, it } from 'vitest';
import type { LocalNode, Observed } from '../model/tree.ts';
import { CycleWorld } from './cycle-world.fixture.ts';
import { createLiveTree } from './live-tree.ts';

// Whole fleet seed 7108.
it('nothing has a path that is said to be in itself', async () => {
  const device = new CycleWorld().device(1);
  device.disk.mkdir('d');
  device.disk.write('d/f', 'f');
  await device.settle();
  const { base } = device.journal;
  const d = base.childByLocalName(1, 'd');
  const f = d && base.childByLocalName(d.id, 'f');
  if (!d?.sig || !f) throw new Error('base does not know the files');
  const inItself: LocalNode = { parent: d.id, name: 'd', kind: 'folder', sig: d.sig, content: null, meta: d.meta };
  const seen: Observed<LocalNode> = { t: 'present', node: inItself, sinceMs: 0 };
  expect(createLiveTree(base, new Map()).pathOf(f.id)).toBe('d/f');
  expect(createLiveTree(base, new Map([[d.id, seen]])).pathOf(f.id)).toBeUndefined();
});
