import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError } from '@tideline/contracts';
import { broken, claimDataFolder, describe } from '../config/data-folder.ts';
import { requireFreePort } from '../config/free-port.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { openDataSource } from '../database/data-source.ts';
import { startEmbeddedDatabase, type RunningDatabase } from '../database/database.ts';
import { updateBootstrapUrl } from '../first-start/bootstrap-file.ts';
import { FirstStartService } from '../first-start/first-start.service.ts';
import { SystemClock } from '../platform/clock.ts';
import { NestLog, openLog } from '../platform/logging.ts';
import { WEB_FOLDER } from '../web/static-site.ts';
import { createApp } from './create-app.ts';

export type RunningConsole = { readonly url: string; readonly stop: () => Promise<void> };
type Undo = () => Promise<unknown>;
const REQUEST_GRACE_MS = 3_000;

/** Starts the whole console; what was started is stopped again when a later step fails. */
export async function startConsole(config: ServerConfig): Promise<RunningConsole> {
  const undo: Undo[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { url: await startSteps(config, undo), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSteps(config: ServerConfig, undo: Undo[]): Promise<string> {
  const claim = await claimDataFolder(config.dataFolder);
  undo.push(claim.release);
  await requireFreePort(config.host, config.port);
  const { logger, flush } = await openLog(config.dataFolder);
  undo.push(() => Promise.resolve(flush()));
  const database = await startDatabase(config);
  undo.push(database.stop);
  const dataSource = await openDatabase(database.url);
  undo.push(() => dataSource.destroy());
  const log = new NestLog(logger);
  const app = await createApp({ config, dataSource, clock: new SystemClock(), log, webFolder: WEB_FOLDER });
  undo.push(() => closeApp(app));
  await app.get(FirstStartService).run();
  const url = await listen(app, config);
  await updateBootstrapUrl(config.dataFolder, url);
  return url;
}

async function startDatabase(config: ServerConfig): Promise<RunningDatabase> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  try {
    return await startEmbeddedDatabase(config.dataFolder);
  } catch (cause) {
    throw cause instanceof AppError ? cause : broken(config.dataFolder, describe(cause), cause);
  }
}

async function openDatabase(url: string) {
  try {
    return await openDataSource(url);
  } catch (cause) {
    throw new AppError('DATABASE_UNREACHABLE', { reason: describe(cause) }, { cause });
  }
}

async function listen(app: NestFastifyApplication, config: ServerConfig): Promise<string> {
  try {
    await app.listen(config.port, config.host);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new AppError('PORT_IN_USE', { port: config.port }, { cause });
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://${toUrlHost(config.host)}:${port}`;
}

/** Open requests may end; connections that are only kept, or too slow, do not hold the stop up. */
async function closeApp(app: NestFastifyApplication): Promise<void> {
  const timer = setTimeout(() => app.getHttpServer().closeAllConnections(), REQUEST_GRACE_MS);
  await app.close();
  clearTimeout(timer);
}

/** An address that a browser on this machine can open. */
function toUrlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
