import { describe, expect, it } from 'vitest';
import { findFeatureRefusal, findSwitchRefusal, isEntitled, type FeatureSwitches } from './feature.ts';
import { isOlderVersion } from './version.ts';

const NOW = new Date('2026-03-10T12:00:00Z');
const switches = (over: Partial<FeatureSwitches> = {}): FeatureSwitches => ({
  entitled: true,
  entitledUntil: null,
  preview: false,
  historyOn: true,
  syncOn: true,
  enabledSince: NOW,
  minAgentVersion: '1.4.0',
  ...over,
});
const later = new Date(NOW.getTime() + 1);

describe('findFeatureRefusal', () => {
  it.each([
    ['nothing is in the way', switches(), '1.4.0', null],
    ['[EN-1] not entitled', switches({ entitled: false }), '1.4.0', 'SYNC_NOT_ENTITLED'],
    ['[EN-1] switched off', switches({ syncOn: false }), '1.4.0', 'SYNC_DISABLED'],
    ['[EN-2] history is off', switches({ historyOn: false }), '1.4.0', 'HISTORY_REQUIRED'],
    ['[EN-3] an agent below the minimum', switches(), '1.3.9', 'AGENT_TOO_OLD'],
    ['[EN-6] the entitlement ends now', switches({ entitledUntil: NOW }), '1.4.0', 'SYNC_NOT_ENTITLED'],
    ['[EN-6] the entitlement ends later', switches({ entitledUntil: later }), '1.4.0', null],
    [
      'what must be mended first is named first',
      switches({ entitled: false, syncOn: false }),
      '0.1.0',
      'SYNC_NOT_ENTITLED',
    ],
  ] as const)('%s', (_, state, version, refusal) => {
    expect(findFeatureRefusal(state, version, NOW)).toBe(refusal);
  });

  it('an entitlement that ended is none', () => {
    expect(isEntitled(switches({ entitledUntil: NOW }), later)).toBe(false);
  });
});

describe('findSwitchRefusal', () => {
  it.each([
    ['[EN-1] on, with the right code', switches(), true, true, null],
    ['[EN-1] with a wrong code', switches(), true, false, 'CODE_MISMATCH'],
    ['[EN-1] without entitlement', switches({ entitled: false }), true, true, 'SYNC_NOT_ENTITLED'],
    ['[EN-2] without history', switches({ historyOn: false }), true, true, 'HISTORY_REQUIRED'],
    ['off works without entitlement', switches({ entitled: false }), false, true, null],
    ['off needs the code too', switches(), false, false, 'CODE_MISMATCH'],
  ] as const)('%s', (_, state, on, isCodeRight, refusal) => {
    expect(findSwitchRefusal(state, { on, isCodeRight }, NOW)).toBe(refusal);
  });
});

describe('isOlderVersion', () => {
  it.each([
    ['1.3.9', '1.4.0', true],
    ['1.4.0', '1.4.0', false],
    ['1.10.0', '1.9.0', false],
    ['2.0.0', '1.4.0', false],
    ['1.4.0-rc.1', '1.4.0', true],
    ['1.4.0+build.7', '1.4.0', false],
    ['nonsense', '1.4.0', true],
  ])('[EN-3] %s is older than %s: %s', (version, minimum, older) => {
    expect(isOlderVersion(version, minimum)).toBe(older);
  });
});
