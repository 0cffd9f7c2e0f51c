import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { SyncMode, TaskStatus } from '@tideline/contracts';
import { FilesState, TaskPlace } from '../../local-api/messages.ts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderFiles, renderTask, renderTasks } from '../render.ts';
import { addTaskCreate } from './task-create.ts';
import { addTaskConfigure } from './task-configure.ts';
import { waitResult } from './wait-command.ts';

export function addTaskCommands(program: Command, context: CliContext, outcome: Outcome): void {
  const task = program.command('task').description('Sync tasks of this device');
  addTaskCreate(task, context, outcome);
  addTaskList(task, context, outcome);
  addTaskShow(task, context, outcome);
  addTaskVerbs(task, context, outcome);
  addTaskSync(task, context, outcome);
  addTaskConfigure(task, context, outcome);
  addTaskFiles(task, context, outcome);
}

function addTaskList(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task
    .command('list')
    .description('List the tasks')
    .addOption(new Option('--sort <order>', 'order').choices(['cloud-name', 'created']))
    .addOption(new Option('--status <status>', 'only of this status').choices(TaskStatus.options))
    .addOption(new Option('--type <type>', 'only of this type').choices(SyncMode.options))
    .addOption(
      new Option('--space <kind>', 'only of this kind of space (share: received shares)').choices(TaskPlace.options),
    );
  type Options = { sort?: 'cloud-name' | 'created'; status?: TaskStatus; type?: SyncMode; space?: TaskPlace };
  onAction(command, { context, outcome }, async ({ sort, status, type, space }: Options) => {
    const { tasks } = await context.client().call(localRoutes.listTasks, { query: { sort, status, type, space } });
    const isFiltered = status !== undefined || type !== undefined || space !== undefined;
    return { json: { tasks }, text: renderTasks(tasks, context.nowMs(), { isFiltered }) };
  });
}

function addTaskShow(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task.command('show <id>').description('Show one task');
  onAction(command, { context, outcome }, async (taskId: string) => {
    const view = await context.client().call(localRoutes.showTask, { params: { taskId } });
    return { json: view, text: renderTask(view, context.nowMs()) };
  });
}

const VERBS = [
  ['pause', localRoutes.pause, 'Pause a task; its state is kept'],
  ['resume', localRoutes.resume, 'Let a paused task go on'],
  [
    'adopt',
    localRoutes.adopt,
    'The folder that stands in the place of a blocked task is the right one, restored; nothing is deleted',
  ],
  ['cancel', localRoutes.cancel, 'End a task; files stay on both sides'],
] as const;

function addTaskVerbs(task: Command, context: CliContext, outcome: Outcome): void {
  for (const [verb, route, description] of VERBS) {
    const command = task.command(`${verb} <id>`).description(description);
    onAction(command, { context, outcome }, async (taskId: string) => {
      const view = await context.client().call(route, { params: { taskId } });
      return { json: view, text: renderTask(view, context.nowMs()) };
    });
  }
}

function addTaskSync(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task
    .command('sync <id>')
    .description('Sync a task now, once, also when it is paused by its user or manual')
    .option('--wait', 'answer when this run is over, with the exit codes of `tideline wait`');
  onAction(command, { context, outcome }, async (taskId: string, options: { wait?: boolean }) => {
    const call = { params: { taskId } };
    if (options.wait) return waitResult(await context.client().call(localRoutes.syncAndWait, call), context.nowMs());
    const view = await context.client().call(localRoutes.sync, call);
    return { json: view, text: renderTask(view, context.nowMs()), exitCode: EXIT.ok };
  });
}

function addTaskFiles(task: Command, context: CliContext, outcome: Outcome): void {
  const command = task
    .command('files <id>')
    .description('List files of a task by state')
    .addOption(new Option('--state <state>', 'which files').choices(FilesState.options).makeOptionMandatory())
    .option('--cursor <path>', 'go on behind this path')
    .option('--limit <count>', 'files per page (1 to 1000)');
  type Options = { state: FilesState; cursor?: string; limit?: string };
  onAction(command, { context, outcome }, async (taskId: string, { state, cursor, limit }: Options) => {
    const query = { state, cursor, limit: limit ?? 100 };
    const page = await context.client().call(localRoutes.files, { params: { taskId }, query });
    return { json: page, text: renderFiles(page, state) };
  });
}

export function resolveLocal(context: CliContext, path: string): string {
  return resolve(context.cwd, path);
}
