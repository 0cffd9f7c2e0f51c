import { expect, it } from 'vitest';
import type { ScanResult } from '../ports/journal.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';

type Unreadable = ScanResult['unreadable'];

/** As long as `isHidden`, no scan sees `f` on the device's disk; what the device fetches from the drive is counted. */
function hide(device: TestDevice, unreadable: Unreadable) {
  const { scanner, cloud } = device.deps;
  const state = { isHidden: true, fetched: 0 };
  const scan: typeof scanner.scan = async (dirty, signal): Promise<ScanResult> => {
    const result = await scanner.scan(dirty, signal);
    if (!state.isHidden) return result;
    const seen = new Map([...result.seen].filter(([, one]) => one.t !== 'present' || one.node.name !== 'f'));
    return { ...result, seen, unreadable };
  };
  const bundle: typeof cloud.bundle = (...of) => {
    state.fetched += 1;
    return cloud.bundle(...of);
  };
  replace(device, { scanner: instead(scanner, { scan }), cloud: instead(cloud, { bundle }) });
  return state;
}

// Simulated fleets, seed 478 of the small ones and 26, 48 and 49 of the whole ones: fetched again and again, without end.
it.each([
  ['a new file', (world: CycleWorld) => world.put('f', 'there')],
  ['a moved file', (world: CycleWorld) => world.move('g', 'f')],
])('[SY-14] %s of the cloud waits while what has its name here cannot be read', async (_what, act) => {
  const world = new CycleWorld();
  const device = world.device(1);
  world.put('g', 'there');
  await device.settle();
  device.disk.write('f', 'here');
  const state = hide(device, [{ path: 'f', code: 'UNREADABLE' }]);
  act(world);
  for (let round = 0; round < 3; round++) {
    expect(await device.cycle()).toMatchObject({
      failed: 1,
      pending: 0,
      again: false,
      lookAgain: null,
      wakeAtMs: null,
    });
    expect(device.journal.problems()).toMatchObject([{ path: 'f', code: 'UNREADABLE' }]);
    expect(device.journal.unfinished()).toEqual([]);
    world.clock.advance(60_000);
  }
  expect(state.fetched).toBe(0);
  state.isHidden = false;
  expect(await device.settle()).toMatchObject({ failed: 0, verified: true });
  expect(device.disk.tree()).toEqual(world.cloudTree());
  expect(device.disk.tree().get('f')).toBe('there');
  expect([...device.disk.tree().values()]).toContain('here');
});

// A link or a pipe; or `F`, which cannot be read, where the disk does not tell cases apart (simulated fleets, shrunk seed 26).
it('[G26] a file that meets something unseen at its place is tried less and less often', async () => {
  const world = new CycleWorld();
  const device = world.device(1);
  device.disk.write('f', 'here');
  world.put('f', 'there');
  const state = hide(device, []);
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    await device.cycle();
    // What its own work called for is looked at again at once: the file waits all the same.
    const report = await device.cycle();
    expect(report).toMatchObject({ failed: 1, pending: 0, again: false, lookAgain: null });
    waits.push((report.wakeAtMs ?? 0) - world.clock.nowMs());
    world.clock.advance(waits.at(-1) ?? 0);
  }
  expect(waits).toEqual([5000, 15_000, 45_000, 135_000]);
  expect(device.journal.problems()).toMatchObject([{ path: 'f', code: 'IN_THE_WAY' }]);
  expect(state.fetched).toBeLessThanOrEqual(16);
  expect(device.disk.tree().get('f')).toBe('here');
});
