import { mkdtempSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_THROTTLE, type Throttle } from '@tideline/contracts';
import { DeviceThrottle } from './device-throttle.ts';
import { createLocalClock } from './rates-at.ts';

const MB = 1_000_000;
const OFFICE: Throttle = {
  ...NO_THROTTLE,
  throttleHours: [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00', uploadBytesPerSecond: 2 * MB },
  ],
};

let home: string;
let nowMs: number;
let logged: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tideline-throttle-'));
  nowMs = Date.parse('2026-11-27T08:59:59Z'); // a Friday
  logged = [];
});
afterEach(() => rmSync(home, { recursive: true }));

const open = (): DeviceThrottle =>
  new DeviceThrottle({
    ...{ home, nowMs: () => nowMs, localTime: createLocalClock('UTC'), log: (event) => void logged.push(event) },
  });
const upNow = (throttle: DeviceThrottle): number | null => throttle.inForce().uploadBytesPerSecond;

describe('the throttle of a device', () => {
  it('[TA-1] begins and ends with its hours, without being asked to', () => {
    const throttle = open();
    throttle.change(OFFICE);
    expect(upNow(throttle)).toBe(null);
    nowMs += 1000;
    expect(upNow(throttle)).toBe(2 * MB);
    nowMs = Date.parse('2026-11-27T17:00:00Z');
    expect(upNow(throttle)).toBe(null);
  });

  it('holds after a restart, what the enterprise said last included', () => {
    const before = open();
    before.change({ downloadBytesPerSecond: 9 * MB });
    before.setPolicy({ ...NO_THROTTLE, uploadBytesPerSecond: 5 * MB });
    expect(open().inForce()).toEqual({ uploadBytesPerSecond: 5 * MB, downloadBytesPerSecond: 9 * MB, hours: null });
    before.setPolicy(NO_THROTTLE);
    expect(upNow(open())).toBe(null);
    expect(open().settings).toMatchObject({ downloadBytesPerSecond: 9 * MB });
  });

  it('is the stricter one of what the person and the enterprise say', () => {
    const throttle = open();
    throttle.setPolicy(OFFICE);
    throttle.change({ uploadBytesPerSecond: 3 * MB });
    expect(throttle.inForce()).toMatchObject({ uploadBytesPerSecond: 3 * MB, hours: null });
    nowMs += 1000;
    expect(throttle.inForce()).toMatchObject({ uploadBytesPerSecond: 2 * MB, hours: OFFICE.throttleHours[0] });
    throttle.change({ uploadBytesPerSecond: 1 * MB });
    expect(throttle.inForce()).toMatchObject({ uploadBytesPerSecond: 1 * MB, hours: null });
  });

  it('is none when its file cannot be understood, which is kept and logged', () => {
    writeFileSync(join(home, 'throttle.json'), '{"uploadBytesPerSecond":"fast"}');
    expect(open().inForce()).toEqual({ uploadBytesPerSecond: null, downloadBytesPerSecond: null, hours: null });
    expect(logged).toEqual(['throttle_damaged']);
    expect(readdirSync(home)).toEqual(['throttle.json.damaged-1']);
  });
});
