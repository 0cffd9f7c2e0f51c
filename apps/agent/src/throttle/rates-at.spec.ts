import { describe, expect, it } from 'vitest';
import { Throttle, type ThrottleHours } from '@tideline/contracts';
import { createLocalClock, ratesAt, strictestOf } from './rates-at.ts';

const MB = 1_000_000;
const WORKDAYS: ThrottleHours = {
  ...{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' },
  ...{ uploadBytesPerSecond: 2 * MB, downloadBytesPerSecond: 5 * MB },
};
const throttle = (...throttleHours: ThrottleHours[]): Throttle => Throttle.parse({ throttleHours });

/** The upload rate in MB/s in a zone, at a moment of universal time. */
function upAt(of: Throttle, zone: string, at: string): number | null {
  const { uploadBytesPerSecond } = ratesAt(of, createLocalClock(zone)(Date.parse(at)));
  return uploadBytesPerSecond === null ? null : uploadBytesPerSecond / MB;
}

describe('[TA-1] hours of a throttle', () => {
  it.each([
    ['2026-11-27T08:59:59Z', null],
    ['2026-11-27T09:00:00Z', 2], // a Friday
    ['2026-11-27T16:59:59Z', 2],
    ['2026-11-27T17:00:00Z', null],
    ['2026-11-28T10:00:00Z', null], // a Saturday
    ['2026-11-30T10:00:00Z', 2],
  ])('hold on their days from their first minute to their last: %s', (at, rate) => {
    expect(upAt(throttle(WORKDAYS), 'UTC', at)).toBe(rate);
  });

  it.each([
    ['2026-11-27T21:59:00Z', null],
    ['2026-11-27T22:00:00Z', 2],
    ['2026-11-28T05:59:00Z', 2], // Saturday morning, begun on Friday
    ['2026-11-28T06:00:00Z', null],
    ['2026-11-28T22:30:00Z', null],
    ['2026-11-27T03:00:00Z', null], // Friday morning: Thursday's night is not meant
  ])('go past midnight when they end before they begin: %s', (at, rate) => {
    const night: ThrottleHours = { ...WORKDAYS, days: ['fri'], from: '22:00', to: '06:00' };
    expect(upAt(throttle(night), 'UTC', at)).toBe(rate);
  });

  it('last a day when they end where they begin', () => {
    const day: ThrottleHours = { ...WORKDAYS, days: ['sun'], from: '00:00', to: '00:00' };
    expect(upAt(throttle(day), 'UTC', '2026-11-29T00:00:00Z')).toBe(2);
    expect(upAt(throttle(day), 'UTC', '2026-11-29T23:59:00Z')).toBe(2);
    expect(upAt(throttle(day), 'UTC', '2026-11-30T00:00:00Z')).toBe(null);
  });

  it('are those of the zone of the device, whatever day it is elsewhere', () => {
    expect(upAt(throttle(WORKDAYS), 'Pacific/Auckland', '2026-11-26T20:30:00Z')).toBe(2); // Friday 09:30 there
    expect(upAt(throttle(WORKDAYS), 'America/Los_Angeles', '2026-11-28T00:30:00Z')).toBe(2); // Friday 16:30 there
  });

  it.each([
    ['2026-10-23T07:00:00Z', 2], // Friday before the change: 09:00 is 07:00 universal
    ['2026-10-23T06:59:00Z', null],
    ['2026-10-26T08:00:00Z', 2], // Monday after it: 09:00 is 08:00 universal
    ['2026-10-26T07:59:00Z', null],
    ['2026-03-30T06:59:00Z', null], // Monday after the change in spring
    ['2026-03-30T07:00:00Z', 2],
  ])('begin by the clock on the wall over a change of summer time: %s', (at, rate) => {
    expect(upAt(throttle(WORKDAYS), 'Europe/Berlin', at)).toBe(rate);
  });

  it('hold in both hours that the clock shows twice in autumn, and not at all in one that it leaves out in spring', () => {
    const twice: ThrottleHours = { ...WORKDAYS, days: ['sun'], from: '02:15', to: '02:45' };
    expect(upAt(throttle(twice), 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe(2);
    expect(upAt(throttle(twice), 'Europe/Berlin', '2026-10-25T01:30:00Z')).toBe(2);
    for (let minute = 0; minute < 120; minute += 1) {
      const at = new Date(Date.UTC(2026, 2, 29, 0, 30 + minute)).toISOString();
      expect(upAt(throttle(twice), 'Europe/Berlin', at)).toBe(null);
    }
  });

  it('leave a rate that they do not name as it is outside of them, and the first of several counts', () => {
    const always: ThrottleHours = { ...WORKDAYS, uploadBytesPerSecond: 1 * MB };
    const { uploadBytesPerSecond: _, ...onlyDown } = WORKDAYS;
    const of = { ...throttle(onlyDown, always), uploadBytesPerSecond: 3 * MB };
    expect(ratesAt(of, { weekday: 'mon', minute: 600 })).toEqual({
      ...{ uploadBytesPerSecond: 3 * MB, downloadBytesPerSecond: 5 * MB, hours: onlyDown },
    });
  });

  it('may lift a limit that holds otherwise', () => {
    const free: ThrottleHours = { ...WORKDAYS, uploadBytesPerSecond: null };
    const of = { ...throttle(free), uploadBytesPerSecond: 1 * MB };
    expect(upAt(of, 'UTC', '2026-11-27T10:00:00Z')).toBe(null);
    expect(upAt(of, 'UTC', '2026-11-27T20:00:00Z')).toBe(1);
  });
});

it('a task has what both the device and it allow', () => {
  const rates = (up: number | null, down: number | null) => ({
    ...{ uploadBytesPerSecond: up, downloadBytesPerSecond: down, hours: null },
  });
  expect(strictestOf(rates(5, null), rates(3, null))).toEqual(rates(3, null));
  expect(strictestOf(rates(null, 4), rates(3, 9))).toEqual(rates(3, 4));
  expect(strictestOf(rates(null, 4), { ...rates(3, 9), hours: WORKDAYS })).toEqual({ ...rates(3, 4), hours: WORKDAYS });
  expect(strictestOf(rates(2, 4), { ...rates(3, 9), hours: WORKDAYS })).toEqual(rates(2, 4));
});
