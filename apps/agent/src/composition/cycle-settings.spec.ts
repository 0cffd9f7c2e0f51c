import { expect, it } from 'vitest';
import type { TaskRecord } from '../tasks/task-record.ts';
import { toCycleSettings } from './cycle-settings.ts';

const record = {
  mode: 'upload',
  localPath: 'C:\\Users\\ada',
  settings: { propagateDeletes: true, exclude: ['*.tmp'] },
  policy: { exclude: ['*.pst'] },
} as unknown as TaskRecord;
const at = { platform: 'linux' as const, now: new Date(2026, 0, 5, 7, 9), maxFiles: 10 };

it('labels conflict copies with a clean device name and the local time', () => {
  expect(toCycleSettings(record, { ...at, deviceName: 'Ada/PC: (old)' })).toMatchObject({
    ...{
      mode: 'upload',
      propagateDeletes: true,
      rules: [{ exclude: ['*.tmp'] }, { exclude: ['*.pst'] }],
      conflict: 'copy',
      maxFiles: 10,
    },
    ...{ deviceName: 'Ada-PC- -old-', nowLabel: '2026-01-05 0709' },
  });
});

it('always has a device name, never a long one', () => {
  expect(toCycleSettings(record, { ...at, deviceName: ' \n' }).deviceName).not.toBe('');
  expect(toCycleSettings(record, { ...at, deviceName: 'é'.repeat(99) }).deviceName).toHaveLength(40);
});

it('[BI-8] tells names apart as the device does', () => {
  expect(toCycleSettings(record, { ...at, deviceName: 'd' }).names).toMatchObject({
    caseSensitive: true,
    windows: false,
  });
  expect(toCycleSettings(record, { ...at, deviceName: 'd', platform: 'win32' }).names).toMatchObject({
    ...{ caseSensitive: false, windows: true },
  });
});

it('[LI-3] leaves a path on Windows the room below its root, and no limit elsewhere', () => {
  expect(toCycleSettings(record, { ...at, deviceName: 'd' }).names.maxPathUnits).toBeUndefined();
  const windows = toCycleSettings(record, { ...at, deviceName: 'd', platform: 'win32' });
  expect(windows.names.maxPathUnits).toBe(260 - 'C:\\Users\\ada\\'.length);
});
