import { AppError, WEEKDAYS, TimeOfDay, type ThrottleHours, type Weekday } from '@tideline/contracts';
import { parseRate } from './rate.ts';

const SHAPE = 'expected hours such as "mon-fri 09:00-17:00 up=2MB/s down=none"';

/** `mon-fri 09:00-17:00 up=2MB/s down=none`; days may be a list (`mon,wed`), a range or `daily`. */
export function parseHours(text: string): ThrottleHours {
  const [days = '', times = '', ...rates] = text.trim().split(/\s+/);
  const [from = '', to = ''] = times.split('-');
  if (!TimeOfDay.safeParse(from).success || !TimeOfDay.safeParse(to).success || rates.length === 0) {
    throw usage(text, SHAPE);
  }
  const found: Pick<ThrottleHours, 'uploadBytesPerSecond' | 'downloadBytesPerSecond'> = {};
  for (const rate of rates) Object.assign(found, toRate(text, rate));
  return { days: parseDays(text, days), from, to, ...found };
}

export function formatHours({ days, from, to }: ThrottleHours): string {
  return `${formatDays(days)} ${from}-${to}`;
}

function toRate(text: string, rate: string): object {
  const [way, value] = rate.split('=');
  if (value === undefined || (way !== 'up' && way !== 'down')) throw usage(text, SHAPE);
  return { [way === 'up' ? 'uploadBytesPerSecond' : 'downloadBytesPerSecond']: parseRate(value) };
}

function parseDays(text: string, days: string): Weekday[] {
  if (days === 'daily') return [...WEEKDAYS];
  const wanted = days.split(',').flatMap((each) => {
    const [first = '', last = first] = each.split('-');
    const [from, to] = [indexOf(text, first), indexOf(text, last)];
    const count = ((to - from + WEEKDAYS.length) % WEEKDAYS.length) + 1;
    return Array.from({ length: count }, (_, at) => WEEKDAYS[(from + at) % WEEKDAYS.length]);
  });
  return WEEKDAYS.filter((day) => wanted.includes(day));
}

function indexOf(text: string, day: string): number {
  const index = (WEEKDAYS as readonly string[]).indexOf(day.toLowerCase());
  if (index < 0) throw usage(text, `"${day}" is no day: ${WEEKDAYS.join(', ')} or daily`);
  return index;
}

function formatDays(days: readonly Weekday[]): string {
  if (days.length === WEEKDAYS.length) return 'daily';
  const first = WEEKDAYS.indexOf(days[0] ?? 'mon');
  const isRun = days.length > 2 && days.every((day, at) => WEEKDAYS[first + at] === day);
  return isRun ? `${days[0] ?? ''}-${days.at(-1) ?? ''}` : days.join(',');
}

function usage(text: string, why: string): AppError {
  return new AppError('USAGE', { reason: `"${text}": ${why}.` });
}
