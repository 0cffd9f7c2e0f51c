import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { RouteDef } from './route.ts';
import { routes } from './routes.ts';
import { Text } from './text.ts';

const HALVES = [
  '\ud800',
  'a\udfffb',
  'a\ud800@b.example',
  'share/a\ud800:/',
  'personal:/a\udc00',
  'half\ud83d'.padEnd(43, 'x'),
];
const NULS = HALVES.map((text) => text.replace(/[\ud800-\udfff]/u, '\0'));
/** The cells of a table, and ids behind each other: parsed one by one. */
const PARSED_LATER = ['POST /users/import body.csv', 'GET /files/zip query.nodes'];

type Inner = Readonly<Record<string, unknown>> & { readonly type: string };
const innerOf = (schema: z.ZodType): Inner => schema._zod.def as unknown as Inner;

/** Every schema of text in a request, by where it stands. */
function* textsIn(schema: z.ZodType, place: string): Generator<[place: string, schema: z.ZodType]> {
  const inner = innerOf(schema);
  if (inner.type === 'string') yield [place, schema];
  const below = Object.entries(inner).filter(([key]) => key !== 'checks');
  for (const [key, value] of below) {
    const parts =
      key === 'shape' ? Object.entries(value as object) : [value].flat().map((each) => [key, each] as const);
    for (const [name, part] of parts)
      if (typeof part === 'object' && part !== null && '_zod' in part)
        yield* textsIn(part as z.ZodType, key === 'shape' ? `${place}.${name}` : place);
  }
}

function textsOf(route: RouteDef): [string, z.ZodType][] {
  const parts = (['params', 'query', 'body'] as const).flatMap((part) =>
    route[part] ? [...textsIn(route[part], `${route.method} ${route.path} ${part}`)] : [],
  );
  return parts.filter(([place]) => !PARSED_LATER.includes(place));
}

describe('text in requests', () => {
  const texts = Object.values(routes).flatMap((group) => Object.values<RouteDef>(group).flatMap(textsOf));

  it('never has a NUL or half of a character, which a database cannot hold', () => {
    expect(texts.length).toBeGreaterThan(100);
    const taken = texts.filter(([, schema]) => [...HALVES, ...NULS].some((text) => schema.safeParse(text).success));
    expect(taken.map(([place]) => place)).toEqual([]);
  });

  it('may have everything else', () => {
    for (const text of ['', ' ', 'naïve', '\u{1f600}', '\n\t\u0001\u007f', '\ufffd'])
      expect(Text.parse(text)).toBe(text);
  });
});
