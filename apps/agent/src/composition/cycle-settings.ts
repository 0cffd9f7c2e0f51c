import type { CycleSettings } from '@tideline/sync-core';
import { rulesOf, type TaskRecord } from '../tasks/task-record.ts';

export type CycleSurroundings = {
  readonly deviceName: string;
  readonly platform: NodeJS.Platform;
  readonly now: Date;
  readonly maxFiles: number;
  readonly bootedAtMs?: number;
  readonly claimFiles?: CycleSettings['claimFiles'];
};

/** LI-3: of a full path. */
const WINDOWS_PATH_UNITS = 260;

/** What the engine is told of a task and its device for one cycle. */
export function toCycleSettings(record: TaskRecord, of: CycleSurroundings): CycleSettings {
  return {
    mode: record.mode,
    propagateDeletes: record.settings.propagateDeletes,
    conflict: 'copy',
    deviceName: toNamePart(of.deviceName),
    nowLabel: toLabel(of.now),
    names: {
      caseSensitive: of.platform === 'linux',
      windows: of.platform === 'win32',
      maxNameBytes: 255,
      ...(of.platform === 'win32' ? { maxPathUnits: WINDOWS_PATH_UNITS - record.localPath.length - 1 } : {}),
    },
    exclude: [],
    rules: rulesOf(record),
    maxFiles: of.maxFiles,
    ...(of.bootedAtMs === undefined ? {} : { bootedAtMs: of.bootedAtMs }),
    ...(of.claimFiles ? { claimFiles: of.claimFiles } : {}),
  };
}

const MAX_NAME_PART = 40;

/** A device name as part of a file name on any system. */
function toNamePart(deviceName: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must not get into a file name
  const cleaned = deviceName.replace(/[\u0000-\u001f\u007f<>:"/\\|?*()]/g, '-').trim();
  return [...cleaned].slice(0, MAX_NAME_PART).join('') || 'device';
}

/** `YYYY-MM-DD HHmm` in the device's zone. */
function toLabel(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}${two(now.getMinutes())}`;
}
