import { describe, expect, it } from 'vitest';
import type { DeviceSettings, SyncMode, SyncRight } from '@tideline/contracts';
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
  it.each<[SyncMode, SyncRight, boolean]>([
    ['bidirectional', 'synchronizer', true],
    ['bidirectional', 'backer', false],
    ['bidirectional', 'none', false],
    ['upload', 'synchronizer', true],
    ['upload', 'backer', true],
    ['upload', 'none', false],
  ])('[PE-1] %s with %s: %s', (mode, right, allowed) => {
    expect(rightAllows(mode, right)).toBe(allowed);
  });
});
