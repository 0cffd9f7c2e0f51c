import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { CliContext, CliIo } from './cli/cli-context.ts';
import { runProgram } from './cli/program.ts';
import { AGENT_VERSION, clock, monotonic } from './composition/surroundings.ts';
import { loadAgentConfig, type AgentConfig } from './config/agent-config.ts';
import type { Device } from './enrollment/device.ts';
import { createLocalClient } from './local-api/local-client.ts';

/** Adapters are constructed here and in `composition/` only; what a short command does not need is not even loaded. */
function createContext(): CliContext {
  const config = once(() => loadAgentConfig({ env: process.env, userHome: homedir(), cwd: process.cwd() }));
  const openDevice = async () => {
    const { openDevice: open } = await import('./enrollment/device.ts');
    return open(config(), { agentVersion: AGENT_VERSION, monotonic, clock });
  };
  return {
    ...{ io: terminal(), cwd: process.cwd(), version: AGENT_VERSION, nowMs: () => clock.nowMs(), config, openDevice },
    client: () => createLocalClient(config().home),
    runAgent: async (onReady) => {
      const { runAgent } = await import('./composition/run-agent.ts');
      await runAgent({ config: config(), openDevice, onReady });
    },
    examineAlone: async () => {
      const { examineAlone } = await import('./composition/doctor-alone.ts');
      const { createServer } = await import('./tasks/server.ts');
      const askSettings = (device: Device) => createServer(device.session().client).settings();
      return examineAlone({ home: config().home, openDevice, askSettings });
    },
    logout: async () => {
      const { logOut } = await import('./composition/log-out.ts');
      return logOut(config(), openDevice);
    },
  };
}

function once(load: () => AgentConfig): () => AgentConfig {
  let loaded: AgentConfig | undefined;
  return () => (loaded ??= load());
}

function terminal(): CliIo {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    isInteractive: process.stdin.isTTY && process.stdout.isTTY,
    confirm: async (question) => {
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return /^y(es)?$/i.test((await terminal.question(question)).trim());
      } finally {
        terminal.close();
      }
    },
  };
}

/** Who reads a pipe may have read enough (`tideline … | head`): that ends nothing and is no failure. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);

const exitCode = await runProgram(process.argv.slice(2), createContext());
// Both streams may be pipes: what was said leaves before the process does.
process.stderr.write('', () => process.stdout.write('', () => process.exit(exitCode)));
