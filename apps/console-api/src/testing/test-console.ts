import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app/create-app.ts';
import { readServerConfig } from '../config/server-config.ts';
import type { Bootstrap } from '../first-start/bootstrap-file.ts';
import { FirstStartService } from '../first-start/first-start.service.ts';
import { ApiClient } from './api-client.ts';
import { ManualClock } from './manual-clock.ts';
import { SilentLog } from './silent-log.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export type TestConsole = {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly database: TestDatabase;
  readonly clock: ManualClock;
  readonly log: SilentLog;
  readonly bootstrap: Bootstrap;
  readonly anybody: ApiClient;
  /** The super admin, signed in. */
  readonly admin: ApiClient;
  readonly stop: () => Promise<void>;
};

/** The whole console in this process, on a database of its own, filled by the first start. */
export async function startTestConsole(firstStart: 'demo' | 'plain' = 'plain'): Promise<TestConsole> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-console-test-'));
  const config = readServerConfig({ TIDELINE_DATA: folder, TIDELINE_PORT: '0', TIDELINE_FIRST_START: firstStart });
  const clock = new ManualClock();
  const log = new SilentLog();
  const { dataSource } = database;
  const app = await createApp({ config, dataSource, clock, log, webFolder: path.join(folder, 'web') });
  await app.get(FirstStartService).run();
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const bootstrap = JSON.parse(await readFile(path.join(folder, 'bootstrap.json'), 'utf8')) as Bootstrap;
  const anybody = new ApiClient(url);
  const { enterpriseCode, adminEmail: email, adminPassword: password } = bootstrap;
  const admin = await anybody.login({ enterpriseCode, email, password });
  const stop = async () => {
    await app.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { app, url, database, clock, log, bootstrap, anybody, admin, stop };
}
