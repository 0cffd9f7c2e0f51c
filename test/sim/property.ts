import fc from 'fast-check';
import { expect } from 'vitest';
import { isCycle, type Chance, type ScriptStep, type SimDevice, type SimWorld } from '@tideline/sync-core/testing';

/**
 * `SIM_RUNS=10` runs ten times as many cases, `SIM_RUNS=all` every small world there is; `SIM_SEED` repeats a run. Every run says the
 * seed it used.
 */
const RUNS = process.env['SIM_RUNS'] ?? '1';
const FACTOR = RUNS === 'all' ? 1 : Number(RUNS);
export const SEED = process.env['SIM_SEED'] === undefined ? Date.now() & 0x7fffffff : Number(process.env['SIM_SEED']);
console.info(`SIM_SEED=${SEED}`);

export function check<T extends [unknown, ...unknown[]]>(cases: number, property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns: Math.ceil(cases * FACTOR), seed: SEED });
}

/** How many cases of something countable to go through: all of them, if they were asked for. */
export function share(cases: number, whole: number): number {
  return RUNS === 'all' ? whole : Math.ceil(cases * FACTOR);
}

export type Faults = { readonly losesState?: boolean; readonly losesAnswers?: boolean };

/** Runs a script: people act, devices run cycles that crash after some operations and start again. */
export function play(world: SimWorld, script: readonly ScriptStep[], on: Faults & { chance: Chance }): void {
  for (const step of script) {
    if (!isCycle(step)) world.act(step);
    else crashIn(deviceOf(world, step.cycle), step, on);
    expect(world.lostTokens()).toEqual([]);
  }
}

function crashIn(device: SimDevice, step: { after: number; choice: number }, on: Faults & { chance: Chance }): void {
  const after = step.choice === 0 ? Infinity : step.after;
  device.cycle(on.chance, { after, losesAnswers: on.losesAnswers === true && step.choice === 2 });
  device.restart();
  if (on.losesState && step.choice === 1) device.loseState();
}

export function deviceOf(world: SimWorld, index: number): SimDevice {
  const device = world.devices[index % world.devices.length];
  if (!device) throw new Error('a world without devices');
  return device;
}

/** SA-1, SA-2: nothing is lost, all copies are one, and nobody thinks that anything is left to do. */
export function expectEqualCopies(world: SimWorld): void {
  expect(world.lostTokens()).toEqual([]);
  for (const device of world.devices) {
    expect(sorted(device.disk.paths())).toEqual(sorted(world.cloud.paths()));
    expect([...device.journal.localOverlay()]).toEqual([]);
    expect([...device.journal.cloudOverlay()]).toEqual([]);
    expectSoundBase(device);
  }
}

/** Base is a tree, and says of every node what both sides hold. */
export function expectSoundBase(device: SimDevice): void {
  const { base } = device.journal;
  for (const row of base.rows()) {
    expect(base.get(row.parent), `parent of ${row.localName}`).toBeDefined();
    if (row.id === row.parent || row.state === 'detached') continue;
    const { node } = device.cloud.live(row.cloudId);
    expect({ name: node.name, rev: node.rev, contentId: node.contentId }).toEqual({
      ...{ name: row.cloudName, rev: row.rev, contentId: row.contentId },
    });
    expect(base.get(row.parent)?.cloudId).toBe(node.parentId);
  }
}

export function sorted(paths: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1)));
}
