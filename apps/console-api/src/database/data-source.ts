import { DataSource } from 'typeorm';
import { ADVISORY_LOCKS } from '../platform/advisory-locks.ts';
import { migrations } from '../migrations/index.ts';

const POOL_SIZE = 20;
/** Stay open without work: a new connection plans its first statements anew, which a file that is saved after a while would wait for. */
const KEPT_CONNECTIONS = 4;
/** For what runs outside of `inTransaction`, reads among it: no statement holds one of the few connections for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;

export type DataSourceOptions = {
  readonly poolSize?: number;
  /** 0: none. */
  readonly statementTimeoutMs?: number;
};

/** The one way to a database: embedded, given by `DATABASE_URL`, or of a test. Never synchronizes: migrations only. */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  const { poolSize = POOL_SIZE, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: 'tideline-console',
    poolSize,
    connectTimeoutMS: 10_000,
    extra: { statement_timeout: statementTimeoutMs, min: Math.min(poolSize, KEPT_CONNECTIONS), pipeline: true },
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
  });
}

/** Brings the schema up to date and opens the connection; several consoles that start at once wait for each other. */
export async function openDataSource(url: string): Promise<DataSource> {
  await migrate(url);
  return createDataSource(url).initialize();
}

/** Without a timeout: a migration takes as long as its tables are large, and so does waiting for another console's. */
async function migrate(url: string): Promise<void> {
  const dataSource = await createDataSource(url, { poolSize: 2, statementTimeoutMs: 0 }).initialize();
  try {
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCKS.migration]);
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy(); // and with its connection the lock goes
  }
}
