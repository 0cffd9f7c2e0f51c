import { AppError } from '@tideline/contracts';
import type { z } from 'zod';

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
