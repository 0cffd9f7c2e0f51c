import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDataSource } from '../database/data-source.ts';
import { ensureDatabase } from '../database/database.ts';
import { TEST_SETTINGS } from '../database/database-settings.ts';
import { preparePostgresBinaries } from '../database/native-postgres.ts';
import { ensurePostgresAccount } from '../database/postgres-account.ts';
import { startCluster } from '../database/postgres-cluster.ts';
import { TEMPLATE_DATABASE } from './test-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
  }
}

/** Folder with `bin/postgres` of another version than the embedded one: the same tests say whether it serves. */
const OTHER_POSTGRES = process.env['TIDELINE_TEST_POSTGRES'] || undefined;

/** One PostgreSQL for the whole run, with a migrated template that every spec file's database is copied from. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-test-'));
  await chmod(folder, 0o711);
  const account = await ensurePostgresAccount();
  const cluster = await startCluster({
    folder: path.join(folder, 'pg'),
    nativeFolder: OTHER_POSTGRES ?? (await preparePostgresBinaries(account, account ? '/var/lib' : folder)),
    account,
    user: 'tideline',
    password: 'test',
    logFile: path.join(folder, 'postgres.log'),
    settings: TEST_SETTINGS,
  });
  const stop = async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ensureDatabase(cluster, TEMPLATE_DATABASE);
    const template = await createDataSource(cluster.url(TEMPLATE_DATABASE), { poolSize: 2 }).initialize();
    await template.runMigrations();
    await template.destroy();
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('databaseUrl', cluster.url('postgres'));
  return stop;
}
