import { describe, expect, it } from 'vitest';
import { parseRate } from './rate.ts';

describe('parseRate', () => {
  it.each([
    ['500KB/s', 500_000],
    ['10MB/s', 10_000_000],
    ['1.5mb/s', 1_500_000],
    ['2048B/s', 2048],
    ['none', null],
  ])('reads %s', (text, expected) => {
    expect(parseRate(text)).toBe(expected);
  });

  it.each(['', '500', '500KB', '500 apples/s', '-1KB/s', '0KB/s', '100B/s', '1e9MB/s'])(
    'refuses %j as usage',
    (text) => {
      expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
