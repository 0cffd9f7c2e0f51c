import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError, PROTOCOL_VERSION } from '@tideline/contracts';
import { onAction, wantsJson, type CliContext, type Outcome } from '../cli-context.ts';
import { renderLines } from '../render-lines.ts';

export function addDeviceCommands(program: Command, context: CliContext, outcome: Outcome): void {
  addEnroll(program, context, outcome);
  addRun(program, context, outcome);
  addLogout(program, context, outcome);
  addVersion(program, context, outcome);
}

type EnrollOptions = { server: string; token?: string; tokenFile?: string; user: string; deviceName?: string };

function addEnroll(program: Command, context: CliContext, outcome: Outcome): void {
  const command = program
    .command('enroll')
    .description('Make this device known to a server with an enrollment token')
    .requiredOption('--server <url>', 'address of the console')
    .requiredOption('--user <email>', 'whose device this is')
    .option('--token <token>', 'enrollment token; better: --token-file or TIDELINE_TOKEN')
    .option('--token-file <path>', 'file that holds the enrollment token')
    .option('--device-name <name>', 'default: the name of this machine');
  onAction(command, { context, outcome }, async (options: EnrollOptions) => {
    const { server, user: email, deviceName } = options;
    const token = findToken(context, options);
    if (!token) throw new AppError('USAGE', { reason: 'No token: use --token, --token-file or TIDELINE_TOKEN.' });
    const device = await context.openDevice();
    const done = await device.enroll({ server, token, email, ...(deviceName === undefined ? {} : { deviceName }) });
    const keyStore = device.keyStore();
    const { deviceId, user, enterprise } = done;
    const json = { deviceId, deviceName: done.deviceName, server: done.server, user, enterprise, keyStore };
    const text = `Enrolled as ${done.deviceName} of ${user.name} <${user.email}> at ${done.server} (${enterprise.name}).`;
    return { json, text: `${text}\nStart the agent with \`tideline run\`.` };
  });
}

function findToken(context: CliContext, { token, tokenFile }: EnrollOptions): string | null {
  if (token !== undefined) return token.trim();
  if (tokenFile === undefined) return context.config().enrollmentToken;
  try {
    return readFileSync(resolve(context.cwd, tokenFile), 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('USAGE', { reason: `The token file cannot be read: ${why}.` }, { cause: error });
  }
}

function addRun(program: Command, context: CliContext, outcome: Outcome): void {
  const command = program
    .command('run')
    .description('Run the agent in the foreground; SIGTERM or Ctrl-C stops it cleanly');
  onAction(command, { context, outcome }, async () => {
    const ready = wantsJson(command) ? JSON.stringify({ event: 'agent ready' }) : 'agent ready';
    await context.runAgent(() => context.io.out(ready));
    return undefined;
  });
}

function addLogout(program: Command, context: CliContext, outcome: Outcome): void {
  const command = program
    .command('logout')
    .description('Stop the agent, end its tasks and forget this device; files stay on both sides');
  onAction(command, { context, outcome }, async () => {
    const { tasks } = await context.logout();
    return { json: { loggedOut: true, tasksEnded: tasks }, text: `Signed out; ${tasks} tasks ended. All files stay.` };
  });
}

function addVersion(program: Command, context: CliContext, outcome: Outcome): void {
  const command = program.command('version').description('Version of this agent');
  onAction(command, { context, outcome }, () => {
    const { version } = context;
    const node = process.versions.node;
    const json = { version, protocol: PROTOCOL_VERSION, node, platform: process.platform, arch: process.arch };
    const rows = [
      ['tideline', version],
      ['protocol', String(PROTOCOL_VERSION)],
      ['node', node],
    ] as const;
    return Promise.resolve({ json, text: renderLines(rows) });
  });
}
