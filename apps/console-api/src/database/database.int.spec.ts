import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { inTransaction } from '../platform/transaction.ts';
import { migrations } from '../migrations/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('a test database', () => {
  it('has every migration', async () => {
    const executed = await database.dataSource.query<unknown[]>(`SELECT to_regclass('migration') AS name`);
    expect(executed).toHaveLength(1);
    expect(await database.dataSource.showMigrations()).toBe(false);
    expect(migrations.length).toBeGreaterThanOrEqual(0);
  });

  it('runs a transaction again after a serialization failure', async () => {
    await database.dataSource.query('CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)');
    await database.dataSource.query('INSERT INTO counter VALUES (1, 0)');
    const increment = () =>
      inTransaction(
        database.dataSource,
        async (manager) => {
          const [row] = await manager.query<{ n: number }[]>('SELECT n FROM counter WHERE id = 1');
          await manager.query('UPDATE counter SET n = $1 WHERE id = 1', [(row?.n ?? 0) + 1]);
        },
        { isolation: 'SERIALIZABLE', maxAttempts: 20 },
      );
    await Promise.all([increment(), increment(), increment()]);
    const [row] = await database.dataSource.query<{ n: number }[]>('SELECT n FROM counter');
    expect(row?.n).toBe(3);
  });
});
