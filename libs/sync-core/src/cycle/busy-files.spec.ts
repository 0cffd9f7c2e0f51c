import { expect, it } from 'vitest';
import type { ScanResult } from '../ports/journal.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';
import { runCycle } from './run-cycle.ts';

/** A device on whose disk `d/held` cannot be read as long as `isHeld`. */
function deviceWithHeldFile() {
  const world = new CycleWorld();
  const { cloud, clock } = world;
  const device = world.device(1);
  const { scanner } = device.deps;
  const state = { isHeld: true, asked: [] as DirtyPaths[] };
  const scan = async (dirty: DirtyPaths, signal: AbortSignal): Promise<ScanResult> => {
    state.asked.push(dirty);
    const result = await scanner.scan(dirty, signal);
    if (!state.isHeld) return result;
    const seen = new Map([...result.seen].filter(([, one]) => one.t !== 'present' || one.node.name !== 'held'));
    return { ...result, seen, unreadable: [{ path: 'd/held', code: 'BUSY' }] };
  };
  replace(device, { scanner: instead(scanner, { scan }) });
  const wake = () =>
    runCycle(device.deps, {
      ...{ dirty: null, pullFeed: false, settings: device.settings, onProgress: () => undefined },
      ...{ yieldNow: () => false, signal: new AbortController().signal },
    });
  return { cloud, clock, device, state, wake };
}

it('[R14] tries a busy file again by itself, less and less often, and uploads it once it is let go', async () => {
  const { cloud, clock, device, state, wake } = deviceWithHeldFile();
  device.disk.mkdir('d');
  device.disk.write('d/held', 'bytes');
  device.disk.write('free', 'bytes');
  const waits: number[] = [];
  let report = await device.cycle();
  expect(cloud.find('free')).toBeDefined();
  for (let round = 0; round < 8; round++) {
    waits.push((report.wakeAtMs ?? 0) - clock.nowMs());
    clock.advance(waits.at(-1) ?? 0);
    report = await wake();
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(state.asked.at(-1)).toEqual(new Set(['d']));
  state.isHeld = false;
  clock.advance(60_000);
  report = await wake();
  expect(cloud.find('d/held')).toBeDefined();
  expect(report).toMatchObject({ failed: 0, wakeAtMs: null });
});
