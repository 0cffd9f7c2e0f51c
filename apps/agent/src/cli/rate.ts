import { AppError } from '@tideline/contracts';

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1_000_000, GB: 1_000_000_000 };
const SHAPE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)\/s$/i;
const MIN_BYTES_PER_SECOND = 1024;

/** `500KB/s`, `10MB/s` → bytes per second; `none` lifts the limit. */
export function parseRate(text: string): number | null {
  if (/^(none|unlimited)$/i.test(text)) return null;
  const match = SHAPE.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? '').toUpperCase()];
  if (!match || unit === undefined) throw usage(text, 'expected a rate such as 500KB/s, 10MB/s or none');
  const bytesPerSecond = Math.round(Number(match[1]) * unit);
  if (bytesPerSecond < MIN_BYTES_PER_SECOND) throw usage(text, `the smallest rate is ${MIN_BYTES_PER_SECOND}B/s`);
  if (!Number.isSafeInteger(bytesPerSecond)) throw usage(text, 'this rate is too large');
  return bytesPerSecond;
}

function usage(text: string, why: string): AppError {
  return new AppError('USAGE', { reason: `"${text}": ${why}.` });
}
