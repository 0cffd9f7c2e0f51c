import type { SyncMode, SyncRight } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { findTaskRightRefusal } from './task-right.ts';

describe('findTaskRightRefusal', () => {
  it.each<[SyncRight, SyncMode, string | undefined]>([
    ['synchronizer', 'bidirectional', undefined],
    ['synchronizer', 'upload', undefined],
    ['backer', 'upload', undefined],
    ['backer', 'bidirectional', 'RIGHT_UPLOAD_ONLY'],
    ['none', 'upload', 'RIGHT_MISSING'],
    ['none', 'bidirectional', 'RIGHT_MISSING'],
  ])('[PE-1] %s and %s: %s', (right, mode, code) => {
    expect(findTaskRightRefusal(right, mode)?.code).toBe(code);
  });
});
