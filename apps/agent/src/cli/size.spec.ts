import { describe, expect, it } from 'vitest';
import { parseSize } from './size.ts';

describe('a size', () => {
  it.each([
    ['500KB', 500_000],
    ['2 gb', 2_000_000_000],
    ['1.5MB', 1_500_000],
    ['none', null],
  ])('[TA-1] %s is %s bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', '10', '-1MB', '0B', 'MB', '5MB/s', '9999999TB'])('is not %j', (text) =>
    expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: 'USAGE' })),
  );
});
