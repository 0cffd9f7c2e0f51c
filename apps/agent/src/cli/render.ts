import type { FilterRules } from '@tideline/contracts';
import type {
  ExplainAnswer,
  FilesAnswer,
  FilesState,
  HoldView,
  Limits,
  Preview,
  SideState,
  StatusAnswer,
  TaskFile,
  TaskView,
} from '../local-api/messages.ts';
import { leftOutPhrase } from '../tasks/left-out-phrase.ts';
import { formatAge, formatBytes, formatCount, formatTable } from './format.ts';
import { renderLines } from './render-lines.ts';
import { isLimited, renderRates, settingLines } from './render-throttle.ts';

/** What a person reads; scripts read `--json`. */
export function renderTasks(tasks: readonly TaskView[], nowMs: number, { isFiltered = false } = {}): string {
  if (tasks.length === 0 && isFiltered) return 'No task fits this filter. See all with `tideline task list`.';
  if (tasks.length === 0) return 'No sync tasks. Create one with `tideline task create`.';
  const rows = tasks.map((task) => [
    task.id,
    renderStatus(task),
    task.type,
    task.local,
    task.cloud,
    String(task.pending),
    String(task.failed),
    task.lastFullSync === null ? 'never' : formatAge(task.lastFullSync, nowMs),
  ]);
  return formatTable(['ID', 'STATUS', 'TYPE', 'LOCAL', 'CLOUD', 'PENDING', 'FAILED', 'LAST FULL SYNC'], rows);
}

/** What a lost server makes wait, or leaves as it was last known; whatever else stands in the way is said first. */
const NEEDS_SERVER: ReadonlySet<TaskView['status']> = new Set([
  ...(['queued', 'scanning', 'syncing', 'up_to_date', 'up_to_date_with_failures'] as const),
]);

export function renderStatus({ status, reason, offline }: Pick<TaskView, 'status' | 'reason' | 'offline'>): string {
  if (reason !== undefined) return `${status} (${reason})`;
  return offline && NEEDS_SERVER.has(status) ? `${status} (offline)` : status;
}

export function renderTask(task: TaskView, nowMs: number): string {
  const lines: [string, string][] = [
    ['Task', task.id],
    ['Status', renderStatus(task)],
    ...(task.detail === undefined ? [] : [['Detail', task.detail] as [string, string]]),
    ['Local', task.local],
    ['Cloud', task.cloud],
    ['Type', task.type],
    ['Pending', `${formatCount(task.pending, 'item')}, ${formatBytes(task.pendingBytes)}`],
    ['Failed', formatCount(task.failed, 'item')],
    ['Skipped', formatCount(task.skipped, 'item')],
    ['Holds', String(task.holds)],
    ['Content', `${formatCount(task.files, 'file')}, ${formatCount(task.folders, 'folder')}`],
    ['Last full sync', task.lastFullSync === null ? 'never' : formatAge(task.lastFullSync, nowMs)],
    ['Verified', task.verified === null ? 'not checked since the last change' : task.verified ? 'yes' : 'no'],
    ['Automatic', task.settings.auto ? 'yes' : 'no, only by `tideline task sync`'],
    ...settingLines(task.settings),
    ...(isLimited(task.throttle) ? [['Throttle now', renderRates(task.throttle)] as [string, string]] : []),
    ...leftOutLine('Left out', task.settings),
    ...(task.policy ? leftOutLine('Left out by your organisation', task.policy) : []),
    ...(task.watcherTrouble === null
      ? []
      : [['Watching', `timed scans only (${task.watcherTrouble})`] as [string, string]]),
  ];
  return renderLines(lines);
}

function leftOutLine(label: string, { exclude, excludeTypes, maxFileBytes }: FilterRules): [string, string][] {
  const types = excludeTypes.map((type) => `${type} files`);
  const size = maxFileBytes === null ? [] : [`files larger than ${formatBytes(maxFileBytes)}`];
  const all = [...(exclude.length > 0 ? [exclude.join(' ')] : []), ...types, ...size];
  return all.length === 0 ? [] : [[label, all.join(', ')]];
}

export function renderAgentStatus(status: StatusAnswer, nowMs: number): string {
  const head = renderLines([
    ['Device', `${status.device.name} of ${status.user.name} <${status.user.email}>, ${status.enterprise}`],
    ['Server', `${status.server} (${status.connection})`],
    ['Device key', status.keyStore === 'keychain' ? 'in the keychain' : 'in a file only you can read'],
    ['Limits', renderLimits(status.limits)],
    ...(isLimited(status.throttle) ? [['Throttle now', renderRates(status.throttle)] as const] : []),
  ]);
  return `${head}\n\n${renderTasks(status.tasks, nowMs)}`;
}

export function renderLimits(limits: Limits): string {
  const { tasks, maxTasks, files, maxFiles } = limits;
  return `${tasks} of ${maxTasks} tasks, ${files.toLocaleString('en')} of ${maxFiles.toLocaleString('en')} files`;
}

export function renderPreview(preview: Preview): string {
  const amount = (of: { files: number; bytes: number }) => `${formatCount(of.files, 'file')}, ${formatBytes(of.bytes)}`;
  const { room, clashes } = preview;
  const lines: [string, string][] = [
    ['From', preview.local],
    ['To', preview.cloud],
    ['Upload', amount(preview.upload)],
    ...(preview.type === 'bidirectional' ? [['Download', amount(preview.download)] as [string, string]] : []),
    ['Compare', `${amount(preview.compare)} (same name and size; equal ones are linked)`],
    ['New versions', `${amount(preview.newVersions)} (the cloud keeps its version in history)`],
    ...(clashes.count === 0 ? [] : [['Renamed', renderClashes(preview)] as [string, string]]),
    ...(preview.createCloudFolders.length === 0
      ? []
      : [['New in cloud', preview.createCloudFolders.join('/')] as [string, string]]),
    [
      'Left out',
      `${preview.excluded} by filters, ${preview.skipped} links and devices, ${preview.unreadable} unreadable`,
    ],
    ['Never synced', preview.alwaysLeftOut.join('  ')],
    ['Room here', `${formatBytes(room.localNeededBytes)} needed, ${renderFree(room.localFreeBytes)}`],
    ['Room in cloud', `up to ${formatBytes(room.cloudNeededBytes)} needed, ${renderFree(room.cloudFreeBytes)}`],
    ...preview.warnings.map((warning): [string, string] => ['Note', warning]),
  ];
  return `${renderLines(lines)}\nNothing is deleted by a first sync.`;
}

function renderClashes({ clashes }: Preview): string {
  return `${formatCount(clashes.count, 'file')} that meet a folder of the same name: ${clashes.sample.join(', ')}`;
}

function renderFree(bytes: number | null): string {
  return bytes === null ? 'no limit' : `${formatBytes(bytes)} free`;
}

export function renderFiles({ files, next }: FilesAnswer, state: FilesState): string {
  if (files.length === 0) return 'None.';
  const [header, cells] = FILE_COLUMNS[state];
  const rows = files.map((file) => [file.path, ...cells(file)]);
  const table = formatTable(['PATH', ...header], rows);
  return next === null ? table : `${table}\nMore with --cursor ${JSON.stringify(next)}`;
}

const sizeOf = ({ size }: TaskFile): string => (typeof size === 'number' ? formatBytes(size) : '');

/** What is worth telling of a file besides its path. */
const FILE_COLUMNS: Readonly<
  Record<FilesState, readonly [header: readonly string[], cells: (file: TaskFile) => readonly string[]]>
> = {
  completed: [['SIZE'], (file) => [sizeOf(file)]],
  syncing: [['SIZE', 'DIRECTION'], (file) => [sizeOf(file), file.direction ?? '']],
  failed: [
    ['PROBLEM', 'TRIED'],
    ({ code = '', attempts }) => [code, attempts === undefined ? '' : formatCount(attempts, 'time')],
  ],
  skipped: [['WHY'], ({ leftOut }) => [leftOut ? leftOutPhrase(leftOut) : '']],
};

export function renderHolds(holds: readonly HoldView[], nowMs: number): string {
  if (holds.length === 0) return 'No holds.';
  const rows = holds.map((hold) => [
    hold.id,
    hold.task,
    hold.kind,
    formatCount(hold.files, 'file'),
    formatAge(hold.since, nowMs),
    hold.answer ?? 'waits for an answer',
  ]);
  const table = formatTable(['ID', 'TASK', 'KIND', 'FILES', 'SINCE', 'ANSWER'], rows);
  const waiting = holds.filter((hold) => hold.answer === null);
  return [table, ...waiting.map(({ message, fix }) => `${message} ${fix}`)].join('\n');
}

export function renderExplanation(answer: ExplainAnswer): string {
  const rules = answer.decisions.map(({ rule, note }): [string, string] => ['Rule', `${rule} ${note}`]);
  return renderLines([
    ['Path', answer.path],
    ['Task', `${answer.task} (${answer.taskStatus})`],
    ['Last equal', renderSide(answer.base)],
    ['This device', renderSide(answer.local)],
    ['Cloud', renderSide(answer.cloud)],
    ...(answer.problem?.code ? [['Problem', answer.problem.code] as [string, string]] : []),
    ...rules,
    ['So', answer.summary],
  ]);
}

function renderSide(side: SideState): string {
  if (side.state === 'unknown') return `not known (${side.why ?? ''})`;
  if (side.state === 'absent') return side.changed ? 'gone' : 'not there';
  const size = typeof side.size === 'number' ? `, ${formatBytes(side.size)}` : '';
  return `${side.kind ?? ''} ${side.name ?? ''}${size}${side.changed ? ', changed' : ''}`;
}
