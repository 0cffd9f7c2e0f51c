import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatCount, formatShare, shortContentId } from './format.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const ago = (seconds: number) => new Date(NOW_MS - seconds * 1000).toISOString();

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [1024, '1 kB'],
    [1536, '1.5 kB'],
    [150 * 1024 * 1024, '150 MB'],
    [5 * 1024 ** 4, '5 TB'],
    [Number.MAX_SAFE_INTEGER, '8 PB'],
  ])('%i reads %s', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes, 'en')).toBe(text);
  });
});

describe('formatShare', () => {
  it.each([
    [0, 10, '0%'],
    [1, 1_000_000, '< 1%'],
    [999_999, 1_000_000, '> 99%'],
    [10, 10, '100%'],
    [0, 0, '0%'],
    [11, 10, '110%'],
  ])('%i of %i is %s', (part, whole, text) => {
    expect(formatShare(part, whole, 'en')).toBe(text);
  });
});

describe('formatAge', () => {
  it.each([
    [0, 'now'],
    [9, 'now'],
    [30, '30 seconds ago'],
    [90, '1 minute ago'],
    [47 * 3600, '47 hours ago'],
    [3 * 86_400, '3 days ago'],
    [65 * 86_400, '2 months ago'],
  ])('%i seconds read %s', (seconds, text) => {
    expect(formatAge(ago(seconds), NOW_MS, 'en')).toBe(text);
  });

  it('shows a time ahead of a slow clock as now', () => {
    expect(formatAge(ago(-120), NOW_MS, 'en')).toBe('now');
  });

  it('speaks Chinese', () => {
    expect(formatAge(ago(180), NOW_MS, 'zh-CN')).toBe('3分钟前');
  });
});

describe('short forms', () => {
  it('separate thousands and cut content ids', () => {
    expect(formatCount(1_000_000, 'zh-CN')).toBe('1,000,000');
    expect(shortContentId('e3b0c44298fc1c149afbf4c8996fb924')).toBe('e3b0c44298fc');
  });
});
