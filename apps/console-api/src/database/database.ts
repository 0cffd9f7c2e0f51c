import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { PRODUCTION_SETTINGS } from './database-settings.ts';
import { ensureClusterRecord } from './cluster-record.ts';
import { preparePostgresBinaries } from './native-postgres.ts';
import { ensurePostgresAccount } from './postgres-account.ts';
import { startCluster, type RunningCluster } from './postgres-cluster.ts';

/** Where clusters and binaries go that PostgreSQL's account could not reach in place: root-owned, passable by all. */
const SHARED_FOLDER = '/var/lib';
const DATABASE_NAME = 'tideline';

export type RunningDatabase = { readonly url: string; readonly stop: () => Promise<void> };

/** Starts the PostgreSQL that lives with the data directory. */
export async function startEmbeddedDatabase(dataFolder: string): Promise<RunningDatabase> {
  const account = await ensurePostgresAccount();
  const record = await ensureClusterRecord(dataFolder, account, SHARED_FOLDER);
  const logFolder = path.join(dataFolder, 'logs');
  await mkdir(logFolder, { recursive: true, mode: 0o700 });
  const cluster = await startCluster({
    ...record,
    account,
    nativeFolder: await preparePostgresBinaries(account, SHARED_FOLDER),
    logFile: path.join(logFolder, 'postgres.log'),
    settings: PRODUCTION_SETTINGS,
  });
  await ensureDatabase(cluster, DATABASE_NAME);
  return { url: cluster.url(DATABASE_NAME), stop: cluster.stop };
}

export async function ensureDatabase(cluster: RunningCluster, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.url('postgres') });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
