import type { Command } from 'commander';
import { AppError } from '@tideline/contracts';
import type { HoldView } from '../../local-api/messages.ts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { renderHolds } from '../render.ts';

export function addHoldCommands(program: Command, context: CliContext, outcome: Outcome): void {
  const holds = program.command('holds').description('What looks wrong and waits for an answer');
  const list = holds.command('list').description('List what waits');
  onAction(list, { context, outcome }, async () => {
    const answer = await context.client().call(localRoutes.holds, {});
    return { json: answer, text: renderHolds(answer.holds, context.nowMs()) };
  });
  const answers = [
    ['approve', localRoutes.approveHold, 'Let it happen'],
    ['restore', localRoutes.restoreHold, 'Bring the files back'],
  ] as const;
  for (const [verb, route, description] of answers) {
    const command = holds.command(`${verb} [id]`).description(`${description}; the id may be left out when one waits`);
    onAction(command, { context, outcome }, async (id?: string) => {
      const holdId = id ?? (await onlyHold(context)).id;
      const hold = await context.client().call(route, { params: { holdId } });
      return { json: hold, text: renderHolds([hold], context.nowMs()) };
    });
  }
}

async function onlyHold(context: CliContext): Promise<HoldView> {
  const { holds } = await context.client().call(localRoutes.holds, {});
  const waiting = holds.filter((hold) => hold.answer === null);
  const [only] = waiting;
  if (only && waiting.length === 1) return only;
  const reason = waiting.length === 0 ? 'No hold waits for an answer.' : `${waiting.length} holds wait: name one.`;
  throw new AppError('USAGE', { reason });
}
