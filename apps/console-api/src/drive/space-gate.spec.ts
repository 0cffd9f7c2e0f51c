import { describe, expect, it } from 'vitest';
import { SpaceGate } from './space-gate.ts';

type Visit = { readonly name: number; readonly leave: () => void; readonly done: Promise<unknown> };

function visits(gate: SpaceGate, spaceId: string, count: number) {
  const entered: number[] = [];
  const all = Array.from({ length: count }, (_, name): Visit => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = gate.pass(spaceId, async () => {
      entered.push(name);
      await promise;
      if (name === 1) throw new Error('refused');
    });
    return { name, leave: resolve, done: done.catch((error: unknown) => error) };
  });
  return { entered, all };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate of a space', () => {
  it('lets four in at a time, the others in the order in which they came, also after one that failed', async () => {
    const { entered, all } = visits(new SpaceGate(), 'a', 7);
    await settle();
    expect(entered).toEqual([0, 1, 2, 3]);
    all[1]!.leave();
    await settle();
    expect(entered).toEqual([0, 1, 2, 3, 4]);
    for (const visit of all) visit.leave();
    await Promise.all(all.map((visit) => visit.done));
    expect(entered).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('keeps spaces apart', async () => {
    const gate = new SpaceGate();
    const [one, other] = [visits(gate, 'a', 5), visits(gate, 'b', 1)];
    await settle();
    expect([one.entered.length, other.entered.length]).toEqual([4, 1]);
    for (const visit of [...one.all, ...other.all]) visit.leave();
    await Promise.all([...one.all, ...other.all].map((visit) => visit.done));
  });

  it('is open again when everybody has gone', async () => {
    const gate = new SpaceGate();
    for (let round = 0; round < 3; round += 1) {
      const { entered, all } = visits(gate, 'a', 4);
      await settle();
      expect(entered).toHaveLength(4);
      for (const visit of all) visit.leave();
      await Promise.all(all.map((visit) => visit.done));
    }
  });
});
