import { describe, expect, it } from 'vitest';
import { maskCloudPath, maskLocalPath } from './path-mask.ts';

describe('[PE-5] paths an admin sees', () => {
  it.each([
    ['/home/ada/Work/Specs', 'team', '…/Specs'],
    ['C:\\Users\\Ada\\Specs\\', 'enterprise', '…/Specs'],
    ['/home/ada/Diary', 'personal', null],
  ] as const)('local %s of a task in a %s space: %s', (path, kind, seen) => {
    expect(maskLocalPath(path, kind)).toBe(seen);
  });

  it('cloud paths of personal spaces are hidden', () => {
    expect(maskCloudPath('personal:/Diary', 'personal')).toBeNull();
    expect(maskCloudPath('team/Engineering:/Specs', 'team')).toBe('team/Engineering:/Specs');
  });
});
