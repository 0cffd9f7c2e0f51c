import type { DeviceSettings, PauseReason, SpaceKind, SyncMode, SyncRight } from '@tideline/contracts';
import { assertNever } from './assert-never.ts';

/** EN-3, EN-4: what the feature state of the enterprise pauses on this device. */
export function featurePause(settings: Pick<DeviceSettings, 'refusal'>): PauseReason | null {
  switch (settings.refusal) {
    case null:
      return null;
    case 'AGENT_TOO_OLD':
      return 'agent_too_old';
    case 'SYNC_NOT_ENTITLED':
    case 'HISTORY_REQUIRED':
    case 'SYNC_DISABLED':
      return 'disabled';
    default:
      return assertNever(settings.refusal);
  }
}

/** PE-1: whether the right at the cloud folder carries the mode. The agent explains only; the server decides on every call. */
export function rightAllows(task: { spaceKind: SpaceKind; mode: SyncMode }, right: SyncRight): boolean {
  if (task.spaceKind === 'personal') return true;
  return right === 'synchronizer' || (right === 'backer' && task.mode === 'upload');
}
