import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { stopOrphan, stopProcess } from './postmaster.ts';
import type { Account } from './traversal.ts';

const run = promisify(execFile);
/** Crash recovery of a large cluster may take this long; a broken one ends by itself much earlier. */
const START_TIMEOUT_MS = 120_000;

export type ClusterOptions = {
  readonly folder: string;
  readonly nativeFolder: string;
  readonly account: Account | undefined;
  readonly user: string;
  readonly password: string;
  readonly logFile: string;
  readonly settings: Readonly<Record<string, string>>;
};

export type RunningCluster = {
  readonly port: number;
  readonly url: (database: string) => string;
  readonly stop: () => Promise<void>;
};

/** Creates the cluster when there is none, ends a left-over server of it, and runs it on a free port of loopback. */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  if (!(await isCluster(options.folder))) await createCluster(options);
  await stopOrphan(options.folder);
  const port = await findFreePort();
  const server = await spawnServer(options, port);
  await waitUntilReady(server, options, port);
  const pid = server.pid as number;
  return { port, url: (database) => clusterUrl(options, port, database), stop: () => stopProcess(pid) };
}

async function isCluster(folder: string): Promise<boolean> {
  if (await stat(path.join(folder, 'PG_VERSION')).catch(() => undefined)) return true;
  const entries = await readdir(folder).catch(() => []);
  if (entries.length > 0) throw new Error(`${folder} holds something that is not a database`);
  return false;
}

/** Appears by one rename: an initialisation that was killed leaves no half cluster behind. */
async function createCluster(options: ClusterOptions): Promise<void> {
  const { folder, account } = options;
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o711 });
  await removeLeftovers(parent, `${path.basename(folder)}.new-`);
  const staged = `${folder}.new-${randomBytes(4).toString('hex')}`;
  await mkdir(staged, { mode: 0o700 });
  if (account) await chown(staged, account.uid, account.gid);
  await initialise(options, staged);
  await rm(folder, { recursive: true, force: true }); // empty, see isCluster
  await rename(staged, folder);
}

async function initialise(options: ClusterOptions, staged: string): Promise<void> {
  const passwordFile = path.join(tmpdir(), `tideline-${randomBytes(8).toString('hex')}`);
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' });
  if (options.account) await chown(passwordFile, options.account.uid, options.account.gid);
  const initdb = path.join(options.nativeFolder, 'bin', 'initdb');
  const flags = ['--auth=scram-sha-256', `--username=${options.user}`, `--pwfile=${passwordFile}`];
  const encoding = ['--encoding=UTF8', '--locale=C', '--lc-messages=C', '--no-instructions'];
  try {
    await run(initdb, [`--pgdata=${staged}`, ...flags, ...encoding], {
      ...options.account,
      cwd: '/',
      env: serverEnv(),
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function spawnServer(options: ClusterOptions, port: number): Promise<ChildProcess> {
  const settings = { ...BASE_SETTINGS, ...options.settings, port: String(port) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(options.logFile, 'w', 0o600);
  try {
    // Its own process group: Ctrl-C ends the console, which stops the database last.
    const server = spawn(path.join(options.nativeFolder, 'bin', 'postgres'), ['-D', options.folder, ...flags], {
      ...options.account,
      cwd: '/',
      env: serverEnv(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    server.on('error', () => undefined); // told by the missing pid in waitUntilReady
    return server;
  } finally {
    await log.close();
  }
}

const BASE_SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', log_destination: 'stderr' };

async function waitUntilReady(server: ChildProcess, options: ClusterOptions, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (server.pid !== undefined && server.exitCode === null && server.signalCode === null && Date.now() < deadline) {
    if (await answers(clusterUrl(options, port, 'postgres'))) return;
    await delay(25);
  }
  if (server.pid !== undefined && server.exitCode === null) await stopProcess(server.pid);
  throw new Error(await lastComplaint(options.logFile));
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // a refused connection is an answer too: not yet
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') throw error; // wrong password: waiting does not help
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The line of the server's log that says why it ended. */
async function lastComplaint(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? 'PostgreSQL did not start';
}

function clusterUrl(options: ClusterOptions, port: number, database: string): string {
  return `postgres://${options.user}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${database}`;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function serverEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
}

async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
}
