import { afterAll, beforeAll, expect, it } from 'vitest';
import { dice } from '../testing/dice.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { toArrayLiteral } from './array-literal.ts';

const PIECES = ['a', 'é', '漢', '😀', ' ', ',', '{', '}', '"', '\\', "'", '\n', '\t', '\u0001', 'null', '%', '$1'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('PostgreSQL reads every text as it was (seed 7)', async () => {
  const roll = dice(7);
  const text = () => Array.from({ length: roll(6) }, () => PIECES[roll(PIECES.length)]).join('');
  const texts = Array.from({ length: 500 }, () => (roll(10) === 0 ? null : text()));
  const { dataSource } = database;
  const rows: { value: string | null }[] = await dataSource.query('SELECT unnest($1::text[]) AS value', [
    toArrayLiteral(texts),
  ]);
  expect(rows.map((row) => row.value)).toEqual(texts);
});

it('and numbers, booleans, times and nothing', async () => {
  const { dataSource } = database;
  const [row]: unknown[] = await dataSource.query(
    `SELECT $1::bigint[]::text AS numbers, $2::double precision[] AS fractions, $3::boolean[] AS flags, $4::timestamptz[] AS times`,
    [
      toArrayLiteral([Number.MAX_SAFE_INTEGER, 0, null]),
      toArrayLiteral([1e21, -0.1, 1_700_000_000_000.5]),
      toArrayLiteral([true, false, null]),
      toArrayLiteral(['2026-11-27T12:00:00.123Z', null]),
    ],
  );
  expect(row).toEqual({
    numbers: '{9007199254740991,0,NULL}',
    fractions: [1e21, -0.1, 1_700_000_000_000.5],
    flags: [true, false, null],
    times: [new Date('2026-11-27T12:00:00.123Z'), null],
  });
});
