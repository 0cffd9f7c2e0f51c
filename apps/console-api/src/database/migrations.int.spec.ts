import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { createDataSource } from './data-source.ts';

const name = `test_${randomBytes(8).toString('hex')}`;
let dataSource: DataSource;
beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`);
  dataSource = await createDataSource(inject('databaseUrl').replace(/\/postgres$/, `/${name}`), {
    poolSize: 2,
  }).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
});

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Every column, index and constraint there is, but for what TypeORM keeps for itself. */
async function schema(): Promise<string[]> {
  const rows = await dataSource.query<{ line: string }[]>(
    `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') ||
            ' ' || coalesce(collation_name, '') AS line
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migration'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migration'
     UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'migration' ORDER BY 1`,
  );
  return rows.map((row) => row.line);
}

describe('migrations', () => {
  it('go up, all the way down and up again to the same schema', async () => {
    await dataSource.runMigrations();
    const first = await schema();
    expect(first.length).toBeGreaterThan(100);
    for (const _ of migrations) await dataSource.undoLastMigration();
    expect(await schema()).toEqual([]);
    await dataSource.runMigrations();
    expect(await schema()).toEqual(first);
  });

  it('can each be taken back and made again on top of those before it', async () => {
    for (const _ of migrations) await dataSource.undoLastMigration();
    for (const migration of migrations) {
      const runner = dataSource.createQueryRunner();
      const before = await schema();
      const each = new migration();
      await each.up(runner);
      const after = await schema();
      await each.down(runner);
      expect({ name: each.name, schema: await schema() }).toEqual({ name: each.name, schema: before });
      await each.up(runner);
      expect({ name: each.name, schema: await schema() }).toEqual({ name: each.name, schema: after });
      await runner.release();
    }
  });

  it('leaves every table a key that begins with the enterprise, but for what belongs to the server as a whole', async () => {
    const rows = await dataSource.query<{ table: string }[]>(
      `SELECT c.conrelid::regclass::text AS table FROM pg_constraint c
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace AND a.attname <> 'enterprise_id' ORDER BY 1`,
    );
    const ofTheServer = [
      'collector_pass',
      'enterprise',
      'job_run',
      'migration',
      'operator',
      'server_secret',
      'session',
      'used_challenge',
    ];
    expect(rows.map((row) => row.table).filter((table) => !ofTheServer.includes(table))).toEqual([]);
  });
});

describe('statements', () => {
  it('outside of transactions are ended by the database when they take too long', async () => {
    const [shown] = await dataSource.query<{ statement_timeout: string }[]>('SHOW statement_timeout');
    expect(shown?.statement_timeout).toBe('1min');
    const url = inject('databaseUrl').replace(/\/postgres$/, `/${name}`);
    const hasty = await createDataSource(url, { poolSize: 1, statementTimeoutMs: 20 }).initialize();
    await expect(hasty.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
    await hasty.destroy();
  });
});
