import { Option, type Command } from 'commander';
import { AppError } from '@tideline/contracts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { parseRate } from '../rate.ts';
import { renderTask } from '../render.ts';

type Options = {
  exclude?: string[] | false;
  up?: string;
  down?: string;
  propagateDeletes?: boolean;
  auto?: boolean;
};

export function addTaskConfigure(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task
    .command('configure <id>')
    .description('Change settings of a task; what is not named stays')
    .addOption(
      new Option('--exclude <glob>', 'leave out instead of what was left out; may be repeated').argParser(append),
    )
    .option('--no-exclude', 'leave nothing out any more')
    .option('--up <rate>', 'upload limit, or none')
    .option('--down <rate>', 'download limit, or none')
    .option('--propagate-deletes', 'upload tasks: send local deletes to the recycle bin from now on')
    .option('--no-propagate-deletes', 'upload tasks: keep in the cloud what is deleted here')
    .option('--auto', 'sync by itself')
    .option('--no-auto', 'sync only when asked');
  onAction(command, { context, outcome }, async (taskId: string, options: Options) => {
    const body = toChange(options, command);
    const view = await context.client().call(localRoutes.configure, { params: { taskId }, body });
    return { json: view, text: renderTask(view, context.nowMs()) };
  });
}

function toChange(options: Options, command: Command) {
  const named = (name: string) => command.getOptionValueSource(name) === 'cli';
  const change = {
    ...(named('exclude') ? { exclude: options.exclude || [] } : {}),
    ...(named('up') ? { uploadBytesPerSecond: parseRate(options.up ?? 'none') } : {}),
    ...(named('down') ? { downloadBytesPerSecond: parseRate(options.down ?? 'none') } : {}),
    ...(named('propagateDeletes') ? { propagateDeletes: options.propagateDeletes === true } : {}),
    ...(named('auto') ? { auto: options.auto === true } : {}),
  };
  if (Object.keys(change).length === 0) throw new AppError('USAGE', { reason: 'Name at least one setting.' });
  return change;
}

function append(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
}
