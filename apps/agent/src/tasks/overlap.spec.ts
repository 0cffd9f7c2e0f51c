import { describe, expect, it } from 'vitest';
import { findOverlap } from './overlap.ts';

describe('findOverlap', () => {
  const others = [{ localPath: '/data/Docs' }, { localPath: '/data/Pictures' }];

  it.each([
    ['/data/Docs', '/data/Docs'],
    ['/data/Docs/2026/May', '/data/Docs'],
    ['/data', '/data/Docs'],
    ['/', '/data/Docs'],
  ])('[LI-6] %s overlaps %s', (path, with_) => {
    expect(findOverlap(path, others)?.localPath).toBe(with_);
  });

  it.each(['/data/Docs2', '/data/Doc', '/elsewhere'])('[LI-6] %s is apart', (path) => {
    expect(findOverlap(path, others)).toBeUndefined();
  });
});
