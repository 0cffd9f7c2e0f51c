import { AppError } from '@tideline/contracts';
import type { z } from 'zod';

/**
 * Of what was found for a page by asking for one row more than it has: its rows, and the last of them where another page follows.
 * What a limit is asked for with: `limit + ONE_MORE`.
 */
export function cutPage<T>(found: readonly T[], limit: number): { rows: readonly T[]; last: T | undefined } {
  const rows = found.slice(0, limit);
  return { rows, last: found.length > limit ? rows.at(-1) : undefined };
}

export const ONE_MORE = 1;

/** Positions of pages travel as opaque text. */
export function encodePage(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

export function parsePage<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw new AppError('INVALID_INPUT', { reason: 'the position of the page is not valid' });
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined; // the schema refuses it
  }
}
