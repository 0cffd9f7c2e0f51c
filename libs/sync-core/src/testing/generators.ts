import fc from 'fast-check';
import type { Chance } from './sim-device.ts';
import { VERBS, type Act, type Verb } from './verbs.ts';

/** Numbers that follow from a seed alone. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

const number = fc.nat({ max: 1000 });

/** What people do at `places` places: the devices, and the drive as the last of them. */
export function acts(places: number, verbs: readonly Verb[] = VERBS): fc.Arbitrary<Act> {
  const who = fc.nat({ max: places - 1 });
  return fc.record({ who, verb: fc.constantFrom(...verbs), x: number, y: number, z: number });
}

/** What people do to a synced tree on both sides, one device and the drive, and the chance that decides everything else. */
export type Meeting = { readonly seed: number; readonly first: readonly Act[]; readonly then: readonly Act[] };

export const meetings: fc.Arbitrary<Meeting> = fc.record({
  seed: fc.nat(),
  first: fc.array(acts(2), { maxLength: 12 }),
  then: fc.array(acts(2), { maxLength: 14 }),
});

/** Folders that are moved into each other on both sides. */
export const foldersOnTheMove: fc.Arbitrary<Meeting> = fc.record({
  seed: fc.nat(),
  first: fc.array(acts(1, ['folder', 'folder', 'file']), { minLength: 3, maxLength: 8 }),
  then: fc.array(acts(2, ['move', 'move', 'move', 'remove', 'file']), { minLength: 2, maxLength: 8 }),
});

export type CycleStep = { readonly cycle: number; readonly after: number; readonly choice: number };
export type ScriptStep = Act | CycleStep;

/** People work while devices run cycles, some of which end early. */
export function scripts(places: number, maxLength: number): fc.Arbitrary<ScriptStep[]> {
  const cycle = fc.record({ cycle: fc.nat({ max: 3 }), after: fc.nat({ max: 8 }), choice: fc.nat({ max: 3 }) });
  return fc.array(fc.oneof({ arbitrary: acts(places), weight: 5 }, { arbitrary: cycle, weight: 2 }), { maxLength });
}

export function isCycle(step: ScriptStep): step is CycleStep {
  return 'cycle' in step;
}
