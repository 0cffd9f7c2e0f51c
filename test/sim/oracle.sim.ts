import { describe, expect, it } from 'vitest';
import { judge, strollsIn, worldsOf, type Setting, type Tier, type WorldCase } from '@tideline/sync-core/testing';
import { SEED, share } from './property.ts';

/**
 * engine.md 4.4: the tables of the design, written down a second time without a line of the engine, judge what the engine makes of
 * small worlds. `SIM_RUNS=all` goes through every world of the tiers that can be gone through; of the others there are too many.
 */
type Cases = Tier & { readonly cases: number; readonly byChance?: true };
const TIERS: readonly Cases[] = [
  { nodes: 1, deeds: 2, cases: 600 },
  { nodes: 2, deeds: 1, cases: 400 },
  { nodes: 2, deeds: 2, cases: 1200 },
  { nodes: 3, deeds: 1, cases: 600 },
  { nodes: 4, deeds: 1, cases: 800 },
  { nodes: 1, deeds: 3, cases: 800 },
  { nodes: 3, deeds: 3, cases: 1200, byChance: true },
  { nodes: 4, deeds: 3, cases: 1200, byChance: true },
];
const FIRST: readonly Cases[] = [{ nodes: 0, deeds: 3, cases: 1200 }];

function faultsIn(tier: Cases, setting: Setting): string[] {
  const faults: string[] = [];
  for (const world of pick(tier)) {
    const fault = judge(world, setting);
    if (fault !== null) faults.push(fault);
    if (faults.length === 5) break;
  }
  return faults;
}

function pick(tier: Cases): Generator<WorldCase> {
  if (tier.byChance) return strollsIn(tier, { count: share(tier.cases, tier.cases * 100), offset: SEED });
  return worldsOf(tier, { count: share(tier.cases, Infinity), offset: SEED });
}

const WHOLE = { timeout: 6 * 60 * 60 * 1000 };

describe.each(TIERS)('worlds of $nodes nodes and $deeds deeds a side', (tier) => {
  it.each<Setting>([
    { policy: { conflict: 'copy' } },
    { policy: { conflict: 'version' } },
    { policy: { conflict: 'copy' }, stage: 'restored' },
  ])('[BI-4] [BI-5] [BI-9] [SY-2] [SY-3] [SY-12] end as the table has it: %j', WHOLE, (setting) => {
    expect(faultsIn(tier, setting)).toEqual([]);
  });

  it.each([true, false])(
    '[UP-3] [UP-4] [UP-7] [SY-20] end as the table of upload mode has it (delete switch: %s)',
    WHOLE,
    (propagateDeletes) => {
      expect(faultsIn(tier, { policy: { mode: 'upload', propagateDeletes } })).toEqual([]);
    },
  );
});

describe.each(FIRST)('worlds without a past, $deeds deeds a side', (tier) => {
  it.each<Setting>([
    { policy: {}, stage: 'first' },
    { policy: { mode: 'upload' }, stage: 'first' },
    { policy: {}, stage: 'lost' },
    { policy: { mode: 'upload' }, stage: 'lost' },
  ])('[FI-1] [FI-2] [FI-3] [FI-4] end as the table has it: %j', WHOLE, (setting) => {
    expect(faultsIn(tier, setting)).toEqual([]);
  });
});

describe('state that was lost', () => {
  it.each<Setting>([
    { policy: {}, stage: 'lost' },
    { policy: { mode: 'upload' }, stage: 'lost' },
  ])('[K05] [FI-4] ends as the table has it: %j', WHOLE, (setting) => {
    expect(faultsIn({ nodes: 2, deeds: 1, cases: 300 }, setting)).toEqual([]);
    expect(faultsIn({ nodes: 2, deeds: 2, cases: 300 }, setting)).toEqual([]);
  });
});
