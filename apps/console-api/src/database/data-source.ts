import { DataSource } from 'typeorm';
import { migrations } from '../migrations/index.ts';

const POOL_SIZE = 20;

/** The one way to a database: embedded, given by `DATABASE_URL`, or of a test. Never synchronizes: migrations only. */
export function createDataSource(url: string, poolSize = POOL_SIZE): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: 'tideline-console',
    poolSize,
    connectTimeoutMS: 10_000,
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
  });
}

/** Opens the connection and brings the schema up to date; several consoles that start at once wait for each other. */
export async function openDataSource(url: string): Promise<DataSource> {
  const dataSource = await createDataSource(url).initialize();
  try {
    await migrate(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

const MIGRATION_LOCK = 8_412_660_114;

async function migrate(dataSource: DataSource): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
  }
}
