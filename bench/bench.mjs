#!/usr/bin/env node
/** `npm run bench -- engine`, `drive` or `scale` (options: run.ts): builds, then measures under the project's Node. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from '../tools/build.mjs';
import { ensureInstalled } from '../tools/lib/install.mjs';
import { ROOT, getProjectNode, projectEnv } from '../tools/lib/paths.mjs';
import { sayError } from '../tools/lib/output.mjs';

try {
  await ensureInstalled();
  await build();
  const args = ['--conditions=tideline:source', join(ROOT, 'bench/run.ts'), ...process.argv.slice(2)];
  const child = spawn(getProjectNode(), args, { stdio: 'inherit', env: projectEnv() });
  child.once('exit', (code) => (process.exitCode = code ?? 1));
} catch (error) {
  sayError(error.code ?? 'INTERNAL', error.message, error.fix);
  process.exitCode = 1;
}
