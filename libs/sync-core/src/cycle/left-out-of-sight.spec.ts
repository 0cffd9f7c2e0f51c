import { expect, it } from 'vitest';
import { CycleWorld } from './cycle-world.fixture.ts';
import { leavesOutOfSight } from './left-out-of-sight.ts';

it('[FI-4] what is lost there and what is hidden here are apart when neither holds the other, and looking for that ends', async () => {
  const device = new CycleWorld().device(1);
  for (const name of ['d', 'e']) device.disk.mkdir(name);
  device.disk.write('d/x', 'x');
  device.disk.write('e/y', 'y');
  await device.settle();
  const { base } = device.journal;
  const [d, e] = ['d', 'e'].map((name) => base.childByLocalName(1, name));
  const y = e && base.childByLocalName(e.id, 'y');
  if (!d || !e || !y) throw new Error('base does not know the files');
  const unknown = { t: 'unknown', why: 'busy', sinceMs: 0 } as const;
  device.journal.advance({
    cloud: [{ id: d.cloudId, seen: { t: 'absent', sinceMs: 0 } }],
    local: [{ key: y.id, seen: unknown }],
  });
  expect(leavesOutOfSight(device.deps)).toBe(false);
  device.journal.advance({ cloud: [{ id: e.cloudId, seen: { t: 'absent', sinceMs: 0 } }] });
  expect(leavesOutOfSight(device.deps)).toBe(true);
});
