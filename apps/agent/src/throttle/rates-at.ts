import { WEEKDAYS, type Throttle, type ThrottleHours, type Weekday } from '@tideline/contracts';

/** Bytes per second that hold at a moment; null = no limit. `hours`: those by which they do. */
export type RatesInForce = {
  readonly uploadBytesPerSecond: number | null;
  readonly downloadBytesPerSecond: number | null;
  readonly hours: ThrottleHours | null;
};

/** A moment as the clock on the wall shows it. `minute`: of the day. */
export type LocalTime = { readonly weekday: Weekday; readonly minute: number };
export type LocalClock = (atMs: number) => LocalTime;

const MINUTES_OF_HOUR = 60;

/** In the zone of this device, unless another one is named. Summer time comes with the zone. */
export function createLocalClock(timeZone?: string): LocalClock {
  const zone = timeZone === undefined ? {} : { timeZone };
  const format = new Intl.DateTimeFormat('en-US', {
    ...zone,
    ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const weekday = WEEKDAYS.find((day) => day === parts.get('weekday')?.toLowerCase()) ?? 'mon';
    return { weekday, minute: Number(parts.get('hour')) * MINUTES_OF_HOUR + Number(parts.get('minute')) };
  };
}

export function ratesAt(throttle: Throttle, at: LocalTime): RatesInForce {
  const { uploadBytesPerSecond: up, downloadBytesPerSecond: down, throttleHours } = throttle;
  const hours = throttleHours.find((each) => holdsAt(each, at)) ?? null;
  return {
    uploadBytesPerSecond: hours?.uploadBytesPerSecond === undefined ? up : hours.uploadBytesPerSecond,
    downloadBytesPerSecond: hours?.downloadBytesPerSecond === undefined ? down : hours.downloadBytesPerSecond,
    hours,
  };
}

/** What is left where several limits hold, such as those of a device and of a task. */
export function strictestOf(...all: readonly RatesInForce[]): RatesInForce {
  const up = all.map((rates) => rates.uploadBytesPerSecond).reduce(smaller, null);
  const down = all.map((rates) => rates.downloadBytesPerSecond).reduce(smaller, null);
  const isOf = ({ uploadBytesPerSecond, downloadBytesPerSecond }: RatesInForce): boolean =>
    (up !== null && uploadBytesPerSecond === up) || (down !== null && downloadBytesPerSecond === down);
  const hours = all.find((rates) => rates.hours !== null && isOf(rates))?.hours ?? null;
  return { uploadBytesPerSecond: up, downloadBytesPerSecond: down, hours };
}

function holdsAt({ days, from, to }: ThrottleHours, { weekday, minute }: LocalTime): boolean {
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  if (begin < end) return days.includes(weekday) && minute >= begin && minute < end;
  return (days.includes(weekday) && minute >= begin) || (days.includes(dayBefore(weekday)) && minute < end);
}

function minuteOf(timeOfDay: string): number {
  return Number(timeOfDay.slice(0, 2)) * MINUTES_OF_HOUR + Number(timeOfDay.slice(3));
}

function dayBefore(weekday: Weekday): Weekday {
  return WEEKDAYS.at(WEEKDAYS.indexOf(weekday) - 1) ?? weekday;
}

function smaller(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
