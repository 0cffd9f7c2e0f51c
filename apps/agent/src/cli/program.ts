import { Command, CommanderError } from 'commander';
import { AppError } from '@tideline/contracts';
import { tellError, type CliContext, type Outcome } from './cli-context.ts';
import { addDeviceCommands } from './commands/device-commands.ts';
import { addHoldCommands } from './commands/hold-commands.ts';
import { addStatusCommands } from './commands/status-commands.ts';
import { addTaskCommands } from './commands/task-commands.ts';
import { addThrottleCommand } from './commands/throttle-command.ts';
import { addWaitCommand } from './commands/wait-command.ts';
import { EXIT } from './exit-codes.ts';

const EXIT_HELP = `
Exit codes: 0 ok, 1 error, 2 usage, 3 not signed in, 4 attention, 5 failing, 6 agent not running.
TIDELINE_HOME is the state directory of the agent; several agents on one machine are several homes.`;

/** Runs one command line (without node and script) and answers its exit code. */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  const outcome: Outcome = { exitCode: EXIT.ok };
  const json = args.includes('--json');
  const program = buildProgram(context, outcome);
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellError(error, context, json);
    if (error.exitCode === 0) return EXIT.ok;
    return tellError(usageError(error), context, json);
  }
}

function buildProgram(context: CliContext, outcome: Outcome): Command {
  const program = new Command('tideline')
    .description('Sync backup agent: keeps local folders and cloud folders equal, or backs them up.')
    .option('--json', 'print one JSON value')
    .addHelpText('after', EXIT_HELP)
    .version(context.version);
  // Inherited by every command that is added from here on.
  program.exitOverride().configureOutput({
    writeOut: (text) => context.io.out(text.trimEnd()),
    writeErr: () => undefined, // told by `runProgram`, in the shape of every other error
  });
  addDeviceCommands(program, context, outcome);
  addTaskCommands(program, context, outcome);
  addHoldCommands(program, context, outcome);
  addStatusCommands(program, context, outcome);
  addThrottleCommand(program, context, outcome);
  addWaitCommand(program, context, outcome);
  return program;
}

function usageError(error: CommanderError): AppError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const reason = error.code === 'commander.help' ? 'Name a command.' : message;
  return new AppError('USAGE', { reason: /[.?)]$/.test(reason) ? reason : `${reason}.` }, { cause: error });
}
