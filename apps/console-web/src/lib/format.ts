const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Sizes by powers of 1024, as file managers show them. */
export function formatBytes(sizeBytes: number, locale: string): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const fractionDigits = unit === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: BYTE_UNITS[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: fractionDigits,
  }).format(value);
}

export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** Whole percents, but never 0 % of something and never 100 % before the end. */
export function formatShare(part: number, whole: number, locale: string): string {
  const share = whole === 0 ? 0 : part / whole;
  const format = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  if (part > 0 && share < 0.01) return `< ${format.format(0.01)}`;
  if (part < whole && share > 0.99) return `> ${format.format(0.99)}`;
  return format.format(share);
}

const SECOND_MS = 1000;
const STEPS = [
  { unit: 'second', sizeMs: SECOND_MS, upToMs: 60 * SECOND_MS },
  { unit: 'minute', sizeMs: 60 * SECOND_MS, upToMs: 3600 * SECOND_MS },
  { unit: 'hour', sizeMs: 3600 * SECOND_MS, upToMs: 48 * 3600 * SECOND_MS },
  { unit: 'day', sizeMs: 24 * 3600 * SECOND_MS, upToMs: 60 * 24 * 3600 * SECOND_MS },
  { unit: 'month', sizeMs: 30 * 24 * 3600 * SECOND_MS, upToMs: Infinity },
] as const;

/** "3 minutes ago", rounded down; what lies less than ten seconds off, or ahead of a slow clock, is now. */
export function formatAge(iso: string, nowMs: number, locale: string): string {
  const ageMs = nowMs - Date.parse(iso);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (ageMs < 10 * SECOND_MS) return format.format(0, 'second');
  const step = STEPS.find(({ upToMs }) => ageMs < upToMs) ?? STEPS[0];
  return format.format(-Math.floor(ageMs / step.sizeMs), step.unit);
}

export function formatDateTime(time: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));
}

export function formatDate(time: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(time));
}

export function formatClock(time: string | number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(time));
}

/** The first digits of a content id: enough for a person to compare two. */
export function shortContentId(contentId: string): string {
  return contentId.slice(0, 12);
}
