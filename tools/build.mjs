#!/usr/bin/env node
/** `npm run build`: builds what is stale, in dependency order; Nx knows what is by the contents of the inputs. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { killGroup } from './lib/children.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ROOT, getProjectNode, projectEnv } from './lib/paths.mjs';
import { ToolError, say, withProgress } from './lib/output.mjs';

const NX = join(ROOT, 'node_modules/nx/dist/bin/nx.js');

export async function build(projects = []) {
  const args = [NX, 'run-many', '-t', 'build', '--outputStyle=static', ...(projects.length ? ['-p', ...projects] : [])];
  const { code, output } = await withProgress('Building what is stale', () => runQuietly(args));
  if (code === 0) return;
  say(output);
  throw new ToolError('BUILD_FAILED', 'The build failed; see above.', 'Mend what it names and start again.');
}

function runQuietly(args) {
  const env = projectEnv({ NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true', NEXT_TELEMETRY_DISABLED: '1' });
  return new Promise((resolve, reject) => {
    const child = spawn(getProjectNode(), args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const letGo = endWithUs(child);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      letGo();
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Ends the build with all its processes when this one ends: one that went on would be in the way of the next. It has a process
 * group of its own, since its first process leaves the others behind.
 */
function endWithUs(child) {
  const end = () => killGroup(child.pid, 'SIGTERM');
  // Whoever else listens to a signal ends this process in its own time.
  const onSignal = (signal) => process.listenerCount(signal) === 1 && process.exit(1);
  process.once('exit', end);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    process.off('exit', end);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

if (import.meta.filename === process.argv[1]) {
  try {
    await ensureInstalled();
    await build(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
