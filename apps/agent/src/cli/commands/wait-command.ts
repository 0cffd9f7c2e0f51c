import type { Command } from 'commander';
import { AppError } from '@tideline/contracts';
import type { WaitAnswer } from '../../local-api/messages.ts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type CommandResult, type Outcome } from '../cli-context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderTasks } from '../render.ts';

const ASK_MS = 5000;
const EXIT_OF: Readonly<Record<WaitAnswer['outcome'], number>> = {
  up_to_date: EXIT.ok,
  held: EXIT.attention,
  failing: EXIT.failing,
};

export function addWaitCommand(program: Command, context: CliContext, outcome: Outcome): void {
  const command = program
    .command('wait')
    .description('Wait until every running task is up to date (exit 0), held (4) or failing (5); 1 on timeout')
    .option('--timeout <seconds>', 'give up after this time; default: never');
  onAction(command, { context, outcome }, async ({ timeout }: { timeout?: string }) => {
    const signal = timeout === undefined ? undefined : timeoutSignal(timeout);
    try {
      return waitResult(await context.client().call(localRoutes.wait, {}, signal), context.nowMs());
    } catch (error) {
      if (signal?.aborted && error === signal.reason) await addCause(error as AppError, context);
      throw error;
    }
  });
}

/** A wait that was in vain because nobody answers says so; more time alone would not help. */
async function addCause(error: AppError, context: CliContext): Promise<void> {
  const { connection, server } = await context.client().call(localRoutes.status, {}, AbortSignal.timeout(ASK_MS));
  if (connection === 'online') return;
  error.message += ` The server ${server} cannot be reached: what was saved waits here and is not lost.`;
}

export function waitResult(answer: WaitAnswer, nowMs: number): CommandResult {
  return { json: answer, text: renderTasks(answer.tasks, nowMs), exitCode: EXIT_OF[answer.outcome] };
}

const MAX_SECONDS = 1_000_000;

function timeoutSignal(text: string): AbortSignal {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new AppError('USAGE', { reason: `--timeout "${text}" is not a number of seconds.` });
  }
  const controller = new AbortController();
  const giveUp = () => controller.abort(new AppError('TIMEOUT', { seconds }));
  setTimeout(giveUp, seconds * 1000).unref();
  return controller.signal;
}
