import type { DeviceId, EnterpriseId, SpaceId } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { HubCall, keyOf, newerOf } from './hub-call.ts';

const enterpriseId = '0190a5d0-0000-4000-8000-000000000001' as EnterpriseId;
const spaceId = '0190a5d0-0000-4000-8000-000000000002' as SpaceId;
const nudge = (seq: number, space = spaceId): HubCall => ({ call: 'nudgeSpace', enterpriseId, spaceId: space, seq });

describe('what consoles tell each other', () => {
  it('is told once while it waits, of a space the newest seq, whichever came last', () => {
    expect(keyOf(nudge(1))).toBe(keyOf(nudge(2)));
    expect(newerOf(nudge(2), nudge(1))).toEqual(nudge(2));
    expect(newerOf(nudge(1), nudge(2))).toEqual(nudge(2));
    expect(newerOf(undefined, nudge(1))).toEqual(nudge(1));
  });

  it('is not mixed up with what names something else', () => {
    const other = '0190a5d0-0000-4000-8000-000000000003' as SpaceId;
    const deviceId = other as string as DeviceId;
    const calls: HubCall[] = [
      nudge(1),
      nudge(1, other),
      { call: 'rightsChanged', enterpriseId, spaceId },
      { call: 'roomFreed', enterpriseId, spaceId },
      { call: 'roomFreed', enterpriseId },
      { call: 'settingsChanged', enterpriseId },
      { call: 'settingsChanged', enterpriseId, deviceId },
      { call: 'deviceChanged', enterpriseId, deviceId },
      { call: 'noticesChanged', enterpriseId, to: 'admins' },
    ];
    expect(new Set(calls.map(keyOf)).size).toBe(calls.length);
    for (const call of calls) expect(HubCall.parse(JSON.parse(JSON.stringify(call)))).toEqual(call);
  });
});
