import { z } from 'zod';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const Weekday = z.enum(WEEKDAYS);
export type Weekday = z.infer<typeof Weekday>;

/** Bytes per second; null = no limit. */
export const ByteRate = z.int().min(1024).nullable();
/** `09:00`. */
export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/**
 * Other rates in some hours, by the device's own clock and zone. Hours that end before they begin go past midnight, and those
 * that end where they begin last a day; the days are those on which they begin. A rate that is left out is as outside of them.
 */
export const ThrottleHours = z.object({
  days: z.array(Weekday).min(1).max(7),
  from: TimeOfDay,
  to: TimeOfDay,
  uploadBytesPerSecond: ByteRate.optional(),
  downloadBytesPerSecond: ByteRate.optional(),
});
export type ThrottleHours = z.infer<typeof ThrottleHours>;

export const Throttle = z.object({
  uploadBytesPerSecond: ByteRate.default(null),
  downloadBytesPerSecond: ByteRate.default(null),
  /** Where several hold at once, the first one counts. */
  throttleHours: z.array(ThrottleHours).max(20).default([]),
});
export type Throttle = z.infer<typeof Throttle>;

export const NO_THROTTLE: Throttle = { uploadBytesPerSecond: null, downloadBytesPerSecond: null, throttleHours: [] };
