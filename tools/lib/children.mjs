import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LEASH, getProjectNode, projectEnv } from './paths.mjs';

const LEASH_FD = 3;

/**
 * Starts a script under the project's Node, leashed to this process (see leash.mjs) and in a process group of its own, so
 * that Ctrl-C reaches only the starter, which then stops its children in order.
 */
export function startLeashed(script, args, { env = {}, stdio = 'pipe', detached = true, graceMs = 15_000 } = {}) {
  const leashEnv = { TIDELINE_LEASH_FD: String(LEASH_FD), TIDELINE_LEASH_GRACE_MS: String(graceMs) };
  return spawn(getProjectNode(), ['--import', LEASH, script, ...args], {
    env: projectEnv({ ...env, ...leashEnv }),
    stdio: stdio === 'inherit' ? ['inherit', 'inherit', 'inherit', 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe'],
    detached,
  });
}

export function eachLine(stream, onLine) {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}

export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/** `exit code 1`, `signal SIGKILL`. */
export function describeEnd({ exitCode, signalCode }) {
  return signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`;
}

export function whenEnded(child) {
  return hasEnded(child)
    ? Promise.resolve()
    : new Promise((resolve) => {
        child.once('exit', resolve);
        child.once('error', resolve);
      });
}

/** SIGTERM, and after `graceMs` SIGKILL to the whole group, the database included. */
export async function stopChild(child, graceMs = 15_000) {
  if (hasEnded(child) || child.pid === undefined) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs);
  await whenEnded(child);
  clearTimeout(timer);
}

export function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group ended by itself in the meantime
  }
}

/** Below npm or npx: calls back when that npm is gone, which tells nobody when it was killed by `kill -9`. */
export function whenNpmGone(callback) {
  if (!process.env.npm_execpath) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 500);
  timer.unref();
}
