import { Option, type Command } from 'commander';
import { AppError, type FileType, type TaskSettings } from '@tideline/contracts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { parseFileType, parseSize } from '../size.ts';
import { renderTask } from '../render.ts';
import { addThrottleOptions, toThrottleChange, type ThrottleOptions } from './throttle-command.ts';

type Options = ThrottleOptions & {
  exclude?: string[] | false;
  excludeType?: FileType[] | false;
  maxFileSize?: string;
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
    .addOption(
      new Option('--exclude-type <type>', 'leave out these types of files; may be repeated').argParser(
        (value, before: unknown) => [...(Array.isArray(before) ? (before as FileType[]) : []), parseFileType(value)],
      ),
    )
    .option('--no-exclude-type', 'leave no type of files out any more')
    .option('--max-file-size <size>', 'leave out larger files, such as 500MB, or none')
    .option('--propagate-deletes', 'upload tasks: send local deletes to the recycle bin from now on')
    .option('--no-propagate-deletes', 'upload tasks: keep in the cloud what is deleted here')
    .option('--auto', 'sync by itself')
    .option('--no-auto', 'sync only when asked');
  addThrottleOptions(command);
  onAction(command, { context, outcome }, async (taskId: string, options: Options) => {
    const body = toChange(options, command);
    const view = await context.client().call(localRoutes.configure, { params: { taskId }, body });
    return { json: view, text: renderTask(view, context.nowMs()) };
  });
}

function toChange(options: Options, command: Command): Partial<TaskSettings> {
  const values = {
    exclude: () => ({ exclude: options.exclude || [] }),
    excludeType: () => ({ excludeTypes: options.excludeType || [] }),
    maxFileSize: () => ({ maxFileBytes: parseSize(options.maxFileSize ?? 'none') }),
    propagateDeletes: () => ({ propagateDeletes: options.propagateDeletes === true }),
    auto: () => ({ auto: options.auto === true }),
  };
  const named = Object.entries(values).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  const throttle = toThrottleChange(options, command);
  if (named.length === 0 && Object.keys(throttle).length === 0) {
    throw new AppError('USAGE', { reason: 'Name at least one setting.' });
  }
  return Object.assign(throttle, ...named.map(([, value]) => value())) as Partial<TaskSettings>;
}

function append(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
}
