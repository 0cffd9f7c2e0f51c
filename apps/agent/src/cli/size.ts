import { AppError, FileType } from '@tideline/contracts';

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1_000_000, GB: 1_000_000_000, TB: 1e12 };
const SHAPE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)$/i;

/** `100MB`, `2GB` → bytes; `none` lifts the limit. */
export function parseSize(text: string): number | null {
  if (/^(none|unlimited)$/i.test(text)) return null;
  const match = SHAPE.exec(text.trim());
  const bytes = Math.round(Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toUpperCase()] ?? NaN));
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new AppError('USAGE', { reason: `"${text}": expected a size such as 500KB, 2GB or none.` });
}

export function parseFileType(text: string): FileType {
  const parsed = FileType.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new AppError('USAGE', { reason: `"${text}": expected one of ${FileType.options.join(', ')}.` });
}
