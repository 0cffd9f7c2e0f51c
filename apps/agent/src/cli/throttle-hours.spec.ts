import { describe, expect, it } from 'vitest';
import { formatHours, parseHours } from './throttle-hours.ts';

describe('hours on the command line', () => {
  it.each([
    ['mon-fri 09:00-17:00 up=2MB/s', 'mon-fri 09:00-17:00', { uploadBytesPerSecond: 2_000_000 }],
    ['daily 22:00-06:00 up=none down=500KB/s', 'daily 22:00-06:00', { downloadBytesPerSecond: 500_000 }],
    ['fri-mon 00:00-00:00 down=none', 'mon,fri,sat,sun 00:00-00:00', { downloadBytesPerSecond: null }],
    ['wed,MON 10:30-11:00 up=1MB/s', 'mon,wed 10:30-11:00', { uploadBytesPerSecond: 1_000_000 }],
  ])('are read and told: %s', (text, told, rates) => {
    expect(parseHours(text)).toMatchObject(rates);
    expect(formatHours(parseHours(text))).toBe(told);
  });

  it.each([
    'mon-fri 09:00-17:00',
    'mon-fri 9:00-17:00 up=1MB/s',
    'mon-fri 09:00-24:00 up=1MB/s',
    'monday 09:00-17:00 up=1MB/s',
    'mon 09:00-17:00 sideways=1MB/s',
    'mon 09:00-17:00 up=fast',
    '',
  ])('are refused when they make no sense: "%s"', (text) => {
    expect(() => parseHours(text)).toThrow();
  });
});
