import { isCloudName } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { findFreeName, numberedName, splitName } from './free-name.ts';

describe('a free name', () => {
  it('numbers the stem and keeps the extension of files only', () => {
    expect(numberedName(splitName('a.tar.gz', 'file'), 2)).toBe('a.tar (2).gz');
    expect(numberedName(splitName('v1.2', 'folder'), 2)).toBe('v1.2 (2)');
    expect(numberedName(splitName('.profile', 'file'), 3)).toBe('.profile (3)');
  });

  it('is the first one that nobody has', () => {
    const taken = new Set(['a (2)', 'a (3)']);
    expect(findFreeName(splitName('a', 'file'), (name) => taken.has(name))).toBe('a (4)');
  });

  it('[BI-8] stays within 255 bytes and never cuts a character in two', () => {
    for (const name of ['é'.repeat(127), `${'漢'.repeat(84)}.md`, `x.${'e'.repeat(253)}`, '😀'.repeat(63)]) {
      const numbered = numberedName(splitName(name, 'file'), 12);
      expect(isCloudName(numbered)).toBe(true);
      expect(Buffer.byteLength(numbered)).toBeLessThanOrEqual(255);
      expect(numbered).toContain(' (12)');
    }
  });
});
