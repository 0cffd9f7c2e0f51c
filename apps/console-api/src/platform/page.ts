import { AppError } from '@tideline/contracts';
import { z } from 'zod';

/**
 * Of what was found for a page by asking for one row more than it has: its rows, and the last of them where another page follows.
 * What a limit is asked for with: `limit + ONE_MORE`.
 */
export function cutPage<T>(found: readonly T[], limit: number): { rows: readonly T[]; last: T | undefined } {
  const rows = found.slice(0, limit);
  return { rows, last: found.length > limit ? rows.at(-1) : undefined };
}

export const ONE_MORE = 1;

/** What a page is asked for with, and what a list answers. */
export type PageAsked = { readonly after?: string | undefined; readonly limit: number };
export type PageOf<T> = { readonly rows: T[]; readonly next: string | null };

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

/** Behind a moment, as it is answered, and an id. */
export const TimePosition = z.tuple([z.iso.datetime(), z.uuid()]);

/** One page of a list where every row that is found is shown: its position may be made of what the last row shows. */
export async function readPage<T, Position extends z.ZodType>(
  asked: PageAsked,
  list: {
    readonly position: Position;
    readonly positionOf: (row: T) => z.output<Position>;
    readonly find: (page: { after: z.output<Position> | undefined; limit: number }) => Promise<readonly T[]>;
  },
): Promise<PageOf<T>> {
  const after = asked.after === undefined ? undefined : parsePage(asked.after, list.position);
  const found = await list.find({ after, limit: asked.limit + ONE_MORE });
  const { rows, last } = cutPage(found, asked.limit);
  return { rows: [...rows], next: last ? encodePage(list.positionOf(last)) : null };
}
