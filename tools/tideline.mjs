#!/usr/bin/env node
/** `npx tideline …`: the agent's command line under the project's own Node, whatever Node the shell has. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { startLeashed, whenNpmGone } from './lib/children.mjs';
import { AGENT_MAIN, findProjectNode } from './lib/paths.mjs';

if (!findProjectNode() || !existsSync(AGENT_MAIN)) {
  process.stderr.write(
    'NOT_BUILT: The agent is not built yet. Run `npm start` or `npm run build` in the repository.\n',
  );
  process.exit(1);
}

// The child stays in this process group, so that Ctrl-C and job control work as if it had been started directly.
const child = startLeashed(AGENT_MAIN, process.argv.slice(2), { stdio: 'inherit', detached: false, graceMs: 0 });
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// Ctrl-C reaches the child through the terminal's process group; without a terminal it must be handed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
whenNpmGone(() => child.kill('SIGKILL'));
child.once('error', (error) => {
  process.stderr.write(`NOT_BUILT: The agent could not be started: ${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
