import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { AppError, FileType, parseCloudPath, SyncMode } from '@tideline/contracts';
import { localRoutes, type LocalCall } from '../../local-api/local-routes.ts';
import { onAction, wantsJson, type CliContext, type Outcome } from '../cli-context.ts';
import { EXIT } from '../exit-codes.ts';
import { parseFileType, parseSize } from '../size.ts';
import { renderPreview, renderTask } from '../render.ts';
import { addThrottleOptions, toThrottleChange, type ThrottleOptions } from './throttle-command.ts';

type Options = ThrottleOptions & {
  local: string;
  cloud: string;
  type: SyncMode;
  exclude: string[];
  excludeType: FileType[];
  maxFileSize: number | null;
  propagateDeletes?: boolean;
  auto: boolean;
  yes?: boolean;
};

export function addTaskCreate(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task
    .command('create')
    .description('Bind a local folder to a cloud folder and keep them in sync')
    .requiredOption('--local <dir>', 'local folder')
    .requiredOption('--cloud <path>', 'cloud folder, such as personal:/Docs or team/Engineering:/Specs')
    .addOption(new Option('--type <type>', 'kind of task').choices(SyncMode.options).default('bidirectional'))
    .option('--exclude <glob>', 'leave out (gitignore syntax); may be repeated', collect, [])
    .addOption(
      new Option('--exclude-type <type>', `leave out a type of files (${FileType.options.join(', ')}); may be repeated`)
        .argParser((value, before: FileType[]) => [...before, parseFileType(value)])
        .default([] as FileType[]),
    )
    .option('--max-file-size <size>', 'leave out larger files, such as 500MB', parseSize, null)
    .option('--propagate-deletes', 'upload tasks: send local deletes to the recycle bin')
    .option('--no-auto', 'sync only when asked')
    .option('--yes', 'create it without the preview and its question; without a terminal nobody is asked in any case');
  addThrottleOptions(command);
  onAction(command, { context, outcome }, async (options: Options) => {
    const request = toRequest(context, options, command);
    const isWanted = options.yes || (await showPreview(context, request, wantsJson(command)));
    if (!isWanted) return { json: { created: false }, text: 'Nothing was created.', exitCode: EXIT.error };
    const view = await context.client().call(localRoutes.createTask, request);
    return { json: view, text: renderTask(view, context.nowMs()) };
  });
}

type Request = LocalCall<typeof localRoutes.createTask>;

function toRequest(context: CliContext, options: Options, command: Command): Request {
  if (!parseCloudPath(options.cloud)) throw new AppError('CLOUD_PATH_INVALID', { path: options.cloud });
  const settings = {
    exclude: options.exclude,
    excludeTypes: options.excludeType,
    maxFileBytes: options.maxFileSize,
    ...toThrottleChange(options, command),
    propagateDeletes: options.propagateDeletes ?? false,
    auto: options.auto,
  };
  const { cloud, type } = options;
  return { body: { local: resolve(context.cwd, options.local), cloud, type, settings } };
}

/** TA-5. A person at the terminal is asked; a script sees the preview and goes on. With `--json` the answer stays one value. */
async function showPreview(context: CliContext, request: Request, json: boolean): Promise<boolean> {
  const { io } = context;
  const text = renderPreview(await context.client().call(localRoutes.preview, request));
  if (json) {
    io.err(text);
    return true;
  }
  io.out(text);
  return !io.isInteractive || io.confirm('Create this task? [y/N] ');
}

export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
