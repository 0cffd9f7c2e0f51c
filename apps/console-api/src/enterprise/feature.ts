import type { FeatureState } from '@tideline/contracts';
import { isOlderVersion } from './version.ts';

export type FeatureRefusal = 'SYNC_NOT_ENTITLED' | 'HISTORY_REQUIRED' | 'SYNC_DISABLED' | 'AGENT_TOO_OLD';

/** What the enterprise's row says; whether it is entitled depends on the time. */
export type FeatureSwitches = {
  readonly entitled: boolean;
  readonly entitledUntil: Date | null;
  readonly preview: boolean;
  readonly historyOn: boolean;
  readonly syncOn: boolean;
  readonly enabledSince: Date | null;
  readonly minAgentVersion: string;
};

/** EN-6: the end of the entitlement acts as switching off. */
export function isEntitled(switches: FeatureSwitches, now: Date): boolean {
  return switches.entitled && (switches.entitledUntil === null || switches.entitledUntil > now);
}

/** EN-1 to EN-3: the first thing in the way of syncing, in the order in which it must be mended. `null`: nothing is. */
export function findFeatureRefusal(switches: FeatureSwitches, agentVersion: string, now: Date): FeatureRefusal | null {
  if (!isEntitled(switches, now)) return 'SYNC_NOT_ENTITLED';
  if (!switches.historyOn) return 'HISTORY_REQUIRED';
  if (!switches.syncOn) return 'SYNC_DISABLED';
  if (isOlderVersion(agentVersion, switches.minAgentVersion)) return 'AGENT_TOO_OLD';
  return null;
}

export type SwitchRefusal = 'CODE_MISMATCH' | 'SYNC_NOT_ENTITLED' | 'HISTORY_REQUIRED';

/** EN-1, EN-2: why sync backup cannot be switched. Switching off needs the code only. */
export function findSwitchRefusal(
  switches: FeatureSwitches,
  wanted: { readonly on: boolean; readonly isCodeRight: boolean },
  now: Date,
): SwitchRefusal | null {
  if (!wanted.isCodeRight) return 'CODE_MISMATCH';
  if (!wanted.on) return null;
  if (!isEntitled(switches, now)) return 'SYNC_NOT_ENTITLED';
  return switches.historyOn ? null : 'HISTORY_REQUIRED';
}

export function toFeatureState(switches: FeatureSwitches, now: Date): FeatureState {
  return {
    entitled: isEntitled(switches, now),
    entitledUntil: switches.entitledUntil?.toISOString() ?? null,
    preview: switches.preview,
    historyOn: switches.historyOn,
    syncOn: switches.syncOn,
    enabledSince: switches.enabledSince?.toISOString() ?? null,
    minAgentVersion: switches.minAgentVersion,
  };
}
