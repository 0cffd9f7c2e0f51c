import { describe, expect, it } from 'vitest';
import type { DeviceSettings, SpaceKind, SyncMode, SyncRight } from '@tideline/contracts';
import { featurePause, rightAllows } from './pause-gates.ts';

describe('featurePause', () => {
  it.each<[DeviceSettings['refusal'], string | null]>([
    [null, null],
    ['SYNC_NOT_ENTITLED', 'disabled'],
    ['HISTORY_REQUIRED', 'disabled'],
    ['SYNC_DISABLED', 'disabled'],
    ['AGENT_TOO_OLD', 'agent_too_old'],
  ])('[EN-4] %s pauses with %s', (refusal, pause) => {
    expect(featurePause({ refusal })).toBe(pause);
  });
});

describe('rightAllows', () => {
  it.each<[SpaceKind, SyncMode, SyncRight, boolean]>([
    ['team', 'bidirectional', 'synchronizer', true],
    ['team', 'bidirectional', 'backer', false],
    ['team', 'bidirectional', 'none', false],
    ['team', 'upload', 'synchronizer', true],
    ['team', 'upload', 'backer', true],
    ['team', 'upload', 'none', false],
    ['enterprise', 'bidirectional', 'backer', false],
    ['enterprise', 'upload', 'backer', true],
    ['personal', 'bidirectional', 'none', true],
  ])('[PE-1] %s space, %s, %s: %s', (...row) => {
    const [spaceKind, mode, right, allowed] = row;
    expect(rightAllows({ spaceKind, mode }, right)).toBe(allowed);
  });
});
