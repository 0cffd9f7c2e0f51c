import {
  SYNC_RIGHT_MODES,
  type DeviceSettings,
  type PauseReason,
  type SyncMode,
  type SyncRight,
} from '@tideline/contracts';
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

/**
 * PE-1: whether the right at the cloud folder carries the mode. The agent explains only; the server decides on every call. In the
 * own personal space the server answers Synchronizer; a folder of somebody else's needs a right like any other.
 */
export function rightAllows(mode: SyncMode, right: SyncRight): boolean {
  return SYNC_RIGHT_MODES[right].includes(mode);
}
