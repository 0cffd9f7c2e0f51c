import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ToolError } from './output.mjs';

const ORPHAN_GRACE_MS = 20_000;

/** Makes the data directory usable and this process its only starter; waits out what a killed starter left behind. */
export async function claimDataDirectory(path) {
  makeDirectory(path);
  const file = join(path, 'start.json');
  const last = readClaim(file);
  if (last && isOurs(last.pid, 'start.mjs')) {
    throw new ToolError(
      'ALREADY_RUNNING',
      `Tideline already runs on ${path} (process ${last.pid}).`,
      'Stop it first, or set TIDELINE_DATA to another directory.',
    );
  }
  await waitForOrphans(last?.children ?? []);
  const claim = { pid: process.pid, children: [] };
  writeClaim(file, claim);
  return {
    addChild(pid) {
      claim.children.push(pid);
      writeClaim(file, claim);
    },
    release: () => rmSync(file, { force: true }),
  };
}

export async function requireFreePort(host, port) {
  const failure = await tryListen(host, port);
  if (!failure) return;
  if (failure.code === 'EADDRINUSE') {
    throw new ToolError(
      'PORT_IN_USE',
      `The port ${port} is in use.`,
      'Stop the other program or set TIDELINE_PORT (0 = any free port).',
    );
  }
  throw new ToolError(
    'CONFIG_INVALID',
    `TIDELINE_HOST ${host} with TIDELINE_PORT ${port} cannot be listened on${explain(failure.code)}.`,
    'Correct the setting that is wrong; without them 127.0.0.1 and 4680 are used.',
  );
}

function explain(code) {
  if (code === 'EADDRNOTAVAIL') return ': it is not an address of this machine';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ': this name is not known here';
  return ` (${code})`;
}

export async function isFreePort(host, port) {
  return (await tryListen(host, port)) === undefined;
}

function makeDirectory(path) {
  try {
    makeFolders(path);
    writeFileSync(join(path, '.write-test'), '');
    rmSync(join(path, '.write-test'));
  } catch (error) {
    throw new ToolError(
      'DATA_DIRECTORY_BROKEN',
      `The data directory ${path} cannot be used: ${error.code ?? error.message}.`,
      'Mend it or set TIDELINE_DATA to another one.',
    );
  }
}

/** Step by step: `mkdirSync` with `recursive` never returns below a folder such as /proc that refuses with ENOENT. */
function makeFolders(path) {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path);
}

function readClaim(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // no starter before, or one that died while writing: nothing to wait for
  }
}

function writeClaim(file, claim) {
  writeFileSync(file, `${JSON.stringify(claim)}\n`);
  chmodSync(file, 0o600);
}

/** The leash ends them by itself; one that hangs is killed, so that the port and the database are free again. */
async function waitForOrphans(pids) {
  const deadline = Date.now() + ORPHAN_GRACE_MS;
  for (const pid of pids) {
    while (isOurs(pid, 'dist/main.js') && Date.now() < deadline) await delay(100);
    if (isOurs(pid, 'dist/main.js')) process.kill(pid, 'SIGKILL');
  }
}

/** Pids are used again by others: only a process whose command line names our script is ours. */
function isOurs(pid, script) {
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
  } catch {
    return false; // gone, or a system without /proc, where the port and the database tell
  }
}

function tryListen(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
