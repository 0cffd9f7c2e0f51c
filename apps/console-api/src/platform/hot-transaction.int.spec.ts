import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { inOrder } from './hot-transaction.ts';
import { queryLast, queryRows } from './rows.ts';
import { databaseErrorCode, inTransaction } from './transaction.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.dataSource.query(
    'CREATE TABLE counter (id integer PRIMARY KEY, value integer NOT NULL CHECK (value < 100))',
  );
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('TRUNCATE counter; INSERT INTO counter VALUES (1, 0)'));

const LOCK = { name: 'lock-counter', text: 'SELECT value FROM counter WHERE id = $1 FOR UPDATE' };
const READ = { name: 'read-counter', text: 'SELECT value FROM counter WHERE id = $1' };
const RAISE = { name: 'raise-counter', text: 'UPDATE counter SET value = $2 WHERE id = $1' };
type Row = { readonly value: number };

function hot<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return inTransaction(database.dataSource, work, { isHot: true });
}

function values(): Promise<unknown> {
  return database.dataSource.query('SELECT id, value FROM counter ORDER BY id');
}

/** Reads under the lock what the other one left, and raises it by one with COMMIT. */
function raise(): Promise<void> {
  return hot(async (manager) => {
    const [, [row]] = await inOrder(manager, [
      () => queryRows<Row>(manager, LOCK, [1]),
      () => queryRows<Row>(manager, READ, [1]),
    ]);
    await queryLast(manager, RAISE, [1, (row?.value ?? 0) + 1]);
  });
}

describe('a hot transaction', () => {
  it('[D08] reads after its lock what the one before it has committed, though both were sent at once', async () => {
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('UPDATE counter SET value = 41 WHERE id = 1');
    const raised = raise();
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await database.dataSource.query<unknown[]>(waiting)).length === 0) await setImmediate();
    await holder.commitTransaction();
    await holder.release();
    await raised;
    expect(await values()).toEqual([{ id: 1, value: 42 }]);
  });

  it('loses no change of many at once', async () => {
    await Promise.all(Array.from({ length: 30 }, raise));
    expect(await values()).toEqual([{ id: 1, value: 30 }]);
  });

  it('takes everything back when one of its last statements fails, and tells that failure', async () => {
    const failed = hot(async (manager) => {
      await queryRows(manager, 'INSERT INTO counter VALUES (2, 0)');
      await queryLast(manager, RAISE, [1, 7]);
      await queryLast(manager, RAISE, [1, 100]);
      await queryLast(manager, RAISE, [1, 8]);
    });
    await expect(failed.catch((error: unknown) => databaseErrorCode(error))).resolves.toBe('23514');
    expect(await values()).toEqual([{ id: 1, value: 0 }]);
  });

  it('takes everything back when its work fails, and tells the first failure of what was sent at once', async () => {
    const failed = hot(async (manager) => {
      await queryRows(manager, RAISE, [1, 7]);
      await queryLast(manager, RAISE, [1, 9]);
      await inOrder(manager, [
        () => queryRows(manager, RAISE, [1, 100]),
        () => queryRows(manager, READ, [1]),
        () => queryRows(manager, 'SELECT 1 / 0'),
      ]);
    });
    await expect(failed.catch((error: unknown) => databaseErrorCode(error))).resolves.toBe('23514');
    expect(await values()).toEqual([{ id: 1, value: 0 }]);
  });

  it('leaves the connection to others as it was', async () => {
    await raise();
    const shown = 'enable_seqscan, enable_sort, plan_cache_mode, statement_timeout'.split(', ');
    const settings = (manager: EntityManager) =>
      Promise.all(shown.map((name) => queryRows<{ is: string }>(manager, `SELECT current_setting('${name}') AS is`)));
    const told = async (values: Promise<{ is: string }[][]>) => (await values).flat().map((row) => row.is);
    expect(await told(hot(settings))).toEqual(['off', 'off', 'force_generic_plan', '30s']);
    expect(await told(settings(database.dataSource.manager))).toEqual(['on', 'on', 'auto', '1min']);
  });

  it('gives a failed transaction another try where the database asks for it', async () => {
    let tries = 0;
    await hot(async (manager) => {
      tries += 1;
      await queryRows(manager, RAISE, [1, tries]);
      if (tries === 1) await queryRows(manager, `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    });
    expect(await values()).toEqual([{ id: 1, value: 2 }]);
  });
});
