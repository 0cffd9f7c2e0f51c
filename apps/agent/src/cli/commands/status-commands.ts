import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '@tideline/contracts';
import type { DoctorAnswer } from '../../local-api/messages.ts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatTable } from '../format.ts';
import { renderAgentStatus, renderExplanation, renderLimits } from '../render.ts';
import { renderLines } from '../render-lines.ts';

export function addStatusCommands(program: Command, context: CliContext, outcome: Outcome): void {
  const of = { context, outcome };
  onAction(program.command('status').description('How this device and its tasks stand'), of, async () => {
    const status = await context.client().call(localRoutes.status, {});
    return { json: status, text: renderAgentStatus(status, context.nowMs()) };
  });
  onAction(program.command('limits').description('What is used of the limits of this device'), of, async () => {
    const limits = await context.client().call(localRoutes.limits, {});
    return { json: limits, text: renderLimits(limits) };
  });
  onAction(program.command('explain <path>').description('Why a file is as it is'), of, async (path: string) => {
    const body = { path: resolvePlace(context.cwd, path), asGiven: resolve(context.cwd, path) };
    const answer = await context.client().call(localRoutes.explain, { body });
    return { json: answer, text: renderExplanation(answer) };
  });
  addAccountCommands(program, of);
  addDoctor(program, of);
}

function addAccountCommands(program: Command, of: { context: CliContext; outcome: Outcome }): void {
  onAction(program.command('whoami').description('Who is signed in here, and where'), of, async () => {
    const { user, enterprise, device, server } = await of.context.client().call(localRoutes.account, {});
    const rows = [
      ['User', `${user.name} <${user.email}>`],
      ['Enterprise', `${enterprise.name} (${enterprise.code})`],
      ['Device', device],
      ['Server', server],
    ] as const;
    return { json: { user, enterprise, device, server }, text: renderLines(rows) };
  });
  onAction(program.command('spaces').description('Cloud spaces this person may see'), of, async () => {
    const { spaces } = await of.context.client().call(localRoutes.account, {});
    const rows = spaces.map((space) => [
      space.kind,
      space.kind === 'team' ? `team/${space.name}:/` : `${space.kind}:/`,
    ]);
    return { json: { spaces }, text: formatTable(['KIND', 'PATH'], rows) };
  });
}

function addDoctor(program: Command, of: { context: CliContext; outcome: Outcome }): void {
  onAction(program.command('doctor').description('Check what syncing needs'), of, async () => {
    const { checks, isRunning } = await examine(of.context);
    const rows = checks.map(({ ok, name, detail }) => [ok ? 'ok' : 'FAIL', name, detail]);
    const found = checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failing;
    const exitCode = isRunning ? found : EXIT.agentNotRunning;
    return { json: { checks }, text: formatTable(['', 'CHECK', 'DETAIL'], rows), exitCode };
  });
}

/** The running agent knows most; without one, what can be looked at from outside. */
async function examine(context: CliContext): Promise<DoctorAnswer & { isRunning: boolean }> {
  try {
    return { ...(await context.client().call(localRoutes.doctor, {})), isRunning: true };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'AGENT_NOT_RUNNING') throw error;
    return { ...(await context.examineAlone()), isRunning: false };
  }
}

/** Tasks know their folders by real paths; the file itself may be gone or be a link, so only its folder is resolved. */
function resolvePlace(cwd: string, path: string): string {
  const absolute = resolve(cwd, path);
  const folder = dirname(absolute);
  return existsSync(folder) ? join(realpathSync(folder), basename(absolute)) : absolute;
}
