import { MAX_NAME_BYTES } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { numberedName } from './numbered-name.ts';

describe('a numbered name', () => {
  it.each([
    ['report.txt', 'report (2).txt'],
    ['report', 'report (2)'],
    ['.profile', '.profile (2)'],
    ['a.tar.gz', 'a.tar (2).gz'],
  ])('of %s is %s', (name, numbered) => {
    expect(numberedName(name, 2)).toBe(numbered);
  });

  it('[BI-8] is never longer than a name may be, and never cuts a character in two', () => {
    for (const name of ['é'.repeat(127), `x.${'y'.repeat(253)}`, `${'語'.repeat(80)}.txt`]) {
      const numbered = numberedName(name, 99);
      expect(Buffer.byteLength(numbered)).toBeLessThanOrEqual(MAX_NAME_BYTES);
      expect(numbered).toContain(' (99)');
      expect(numbered.isWellFormed() && !numbered.includes('\uFFFD')).toBe(true);
    }
  });
});
