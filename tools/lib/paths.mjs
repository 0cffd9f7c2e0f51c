import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the clone this file lies in, links resolved. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const CONSOLE_MAIN = join(ROOT, 'apps/console-api/dist/main.js');
export const AGENT_MAIN = join(ROOT, 'apps/agent/dist/main.js');
export const TSC = join(ROOT, 'node_modules/typescript-7/bin/tsc');
export const LEASH = join(ROOT, 'tools/lib/leash.mjs');

const BINARY = process.platform === 'win32' ? 'node.exe' : 'node';

/** The Node 24 that came with the packages, or undefined before the installation. */
export function findProjectNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packaged = join(ROOT, 'node_modules', `node-${platform}-${process.arch}`, 'bin', BINARY);
  if (existsSync(packaged)) return packaged;
  // A platform without a Node package (macOS): the bootstrap Node itself, when it is new enough.
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}

export function getProjectNode() {
  const node = findProjectNode();
  if (node) return node;
  throw new Error('Node 24 is not installed here; run `npm ci` in the repository.');
}

/** Environment for children: the project's own binaries, `node` among them, come first. */
export function projectEnv(extra = {}) {
  const separator = process.platform === 'win32' ? ';' : ':';
  return { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${separator}${process.env.PATH ?? ''}`, ...extra };
}
