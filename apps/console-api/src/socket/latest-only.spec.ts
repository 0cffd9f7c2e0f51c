import { describe, expect, it } from 'vitest';
import { LatestOnly } from './latest-only.ts';

describe('LatestOnly', () => {
  it('runs the first and the newest, and leaves out what was overtaken', async () => {
    const ran: string[] = [];
    const latest = new LatestOnly();
    const task = (name: string) => async () => {
      ran.push(name);
      await Promise.resolve();
    };
    await Promise.all([latest.run(task('a')), latest.run(task('b')), latest.run(task('c'))]);
    expect(ran).toEqual(['a', 'c']);
  });

  it('goes on after a task that failed', async () => {
    const latest = new LatestOnly();
    await expect(latest.run(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    let isRun = false;
    await latest.run(async () => {
      isRun = true;
      await Promise.resolve();
    });
    expect(isRun).toBe(true);
  });
});
