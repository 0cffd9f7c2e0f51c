import type { SpaceCopy, SpaceRestore } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { toShownCopy, toShownRestore } from './shown-job.ts';

const COPY = {
  copyId: 'c',
  state: 'running',
  node: { name: 'Plans' },
  copiedNodes: 7,
  leftOut: 1,
  refusal: null,
  waitsUntil: null,
  by: { id: 'u', name: 'Ada' },
  createdAt: '2026-01-01T00:00:00.000Z',
} as unknown as SpaceCopy;
const RESTORE = {
  id: 'r',
  state: 'applying',
  folderName: 'Plans',
  steps: 10,
  done: 3,
  refused: 2,
  failure: null,
  at: '2026-01-01T00:00:00.000Z',
  by: { id: 'u', name: 'Ada' },
  createdAt: '2026-01-02T00:00:00.000Z',
} as unknown as SpaceRestore;

describe('a copy in the list of a space', () => {
  it('tells who, what and how far, without an end that nobody knows', () => {
    expect(toShownCopy(COPY)).toMatchObject({
      kind: 'copy',
      name: 'Plans',
      by: 'Ada',
      progress: { done: 7, of: null },
    });
    expect(toShownCopy({ ...COPY, node: null }).name).toBeNull();
  });

  it('that waits for room says so, and can be cancelled like any other under way', () => {
    const waitsUntil = '2026-01-08T00:00:00.000Z';
    expect(toShownCopy({ ...COPY, waitsUntil })).toMatchObject({ state: 'waiting', canCancel: true });
    expect(toShownCopy(COPY)).toMatchObject({ state: 'running', canCancel: true });
  });

  it.each(['done', 'refused', 'failed', 'cancelled'] as const)('that is %s cannot be cancelled', (state) => {
    expect(toShownCopy({ ...COPY, state })).toMatchObject({ state, canCancel: false });
  });
});

describe('a restore in the list of a space', () => {
  it('counts a refused step as one that is over', () => {
    expect(toShownRestore(RESTORE)).toMatchObject({ progress: { done: 5, of: 10 }, leftOut: 2, canCancel: true });
  });

  it.each(['done', 'failed', 'cancelled'] as const)('that is %s cannot be cancelled', (state) => {
    expect(toShownRestore({ ...RESTORE, state }).canCancel).toBe(false);
  });
});
