import {
  AppError,
  formatCloudPath,
  NodeId,
  OpId,
  parseCloudPath,
  TaskId,
  type BatchOp,
  type CloudPath,
  type FilterRules,
  type ResolveAnswer,
  type SyncMode,
  type TaskSettings,
} from '@tideline/contracts';
import { rightAllows } from '../runtime/pause-gates.ts';
import type { Server } from './server.ts';
import type { TaskRecord } from './task-record.ts';

export type NewTask = {
  readonly localPath: string;
  readonly cloudPath: string;
  readonly mode: SyncMode;
  readonly settings: TaskSettings;
};

export type CreateTaskDeps = {
  readonly server: Server;
  readonly save: (record: TaskRecord) => void;
  readonly existing: () => readonly TaskRecord[];
  /** LI-5, LI-6: answers the real path, or throws why the folder is refused. */
  readonly checkFolder: (localPath: string, of: CheckFolderFacts) => Promise<CheckedFolder>;
  /** Under which the server will know the task. */
  readonly deviceId: string;
  readonly newId: () => string;
  readonly now: () => Date;
};
export type CheckFolderFacts = { readonly mode: SyncMode; readonly others: readonly TaskRecord[] };
export type CheckedFolder = { readonly realPath: string; readonly warnings: readonly string[] };

/** Both sides of a task that may be created; nothing was changed to find out. */
export type TaskTarget = {
  readonly folder: CheckedFolder;
  readonly cloudPath: string;
  readonly cloud: ResolveAnswer;
  /** What the enterprise leaves out. */
  readonly policy: FilterRules;
};

/** Everything that can be known before anything is written: the folder, the overlap, the cloud folder, the right (PE-1). */
export async function checkNewTask(deps: CreateTaskDeps, task: NewTask): Promise<TaskTarget> {
  const parsed = parseCloudPath(task.cloudPath);
  if (!parsed) throw new AppError('CLOUD_PATH_INVALID', { path: task.cloudPath });
  const folder = await deps.checkFolder(task.localPath, { mode: task.mode, others: deps.existing() });
  const cloudPath = formatCloudPath(parsed);
  const cloud = await resolveCloud(deps.server, cloudPath, parsed.space.kind);
  refuseWithoutRight(cloudPath, cloud, task.mode);
  const { policy } = await deps.server.settings();
  return { folder, cloudPath, cloud, policy: policy.filter };
}

async function resolveCloud(server: Server, path: string, kind: CloudPath['space']['kind']): Promise<ResolveAnswer> {
  try {
    return await server.resolve(path);
  } catch (error) {
    const isUnknown = error instanceof AppError && error.code === 'SPACE_UNKNOWN';
    if (isUnknown && kind === 'personal') await refuseClosed(server);
    throw error;
  }
}

/** PE-5: everybody has a personal space; where this device is shown none, its person has not opened it to the device yet. */
async function refuseClosed(server: Server): Promise<void> {
  const { spaces, user } = await server.settings();
  if (spaces.some((space) => space.kind === 'personal')) return;
  throw new AppError('PERSONAL_SPACE_CLOSED', { email: user.email });
}

/**
 * Written in this order, so that a crash between any two steps leaves either a whole task or one that the next start removes:
 * the record with its chosen ids, the cloud folders, the registration (where the server decides), the record as active.
 */
export async function createTask(deps: CreateTaskDeps, task: NewTask): Promise<TaskRecord> {
  const target = await checkNewTask(deps, task);
  const folders = toFolderOps(target.cloud, deps.newId);
  const rootNodeId = folders.at(-1)?.nodeId ?? target.cloud.node.id;
  const record: TaskRecord = {
    format: 1,
    id: TaskId.parse(deps.newId()),
    state: 'creating',
    localPath: target.folder.realPath,
    cloudPath: target.cloudPath,
    spaceId: target.cloud.space.id,
    spaceKind: target.cloud.space.kind,
    spaceName: target.cloud.space.name,
    rootNodeId,
    mode: task.mode,
    settings: task.settings,
    policy: target.policy,
    pausedByUser: false,
    journalMade: false,
    createdAt: deps.now().toISOString(),
    registeredBy: deps.deviceId,
  };
  deps.save(record);
  const settled = await registerOrUndo(deps, record, folders);
  const active: TaskRecord = { ...settled, state: 'active' };
  deps.save(active);
  return active;
}

async function registerOrUndo(deps: CreateTaskDeps, record: TaskRecord, folders: FolderOps): Promise<TaskRecord> {
  try {
    const rootNodeId = await makeFolders(deps, record, folders);
    const { spaceId, mode, localPath } = record;
    await deps.server.registerTask(record.id, { mode, spaceId, rootNodeId, localPath });
    return { ...record, rootNodeId };
  } catch (error) {
    // The server may have registered it though its answer was lost: whoever keeps the records takes it back there.
    deps.save({ ...record, state: 'cancelled' });
    throw error;
  }
}

type FolderOps = readonly (BatchOp & { kind: 'createFolder' })[];

function toFolderOps(cloud: ResolveAnswer, newId: () => string): FolderOps {
  let parentId = cloud.node.id;
  return cloud.missing.map((name) => {
    const nodeId = NodeId.parse(newId());
    const op = { kind: 'createFolder' as const, opId: OpId.parse(newId()), nodeId, parentId, name };
    parentId = nodeId;
    return op;
  });
}

/** Answers the task's cloud folder. Another device may have made the same folders in the meantime: then theirs is taken. */
async function makeFolders(deps: CreateTaskDeps, record: TaskRecord, folders: FolderOps): Promise<NodeId> {
  if (folders.length === 0) return record.rootNodeId;
  const { outcomes } = await deps.server.commit(record.spaceId, folders);
  const refused = outcomes.find((outcome) => outcome.status === 'refused');
  if (!refused) return record.rootNodeId;
  const again = await deps.server.resolve(record.cloudPath);
  if (again.missing.length === 0) return again.node.id;
  if (refused.code === 'FORBIDDEN') throw new AppError('RIGHT_MISSING', { path: record.cloudPath, right: 'create' });
  throw new AppError(refused.code, { path: record.cloudPath, name: again.missing[0] ?? '', what: record.cloudPath });
}

function refuseWithoutRight(path: string, cloud: ResolveAnswer, mode: SyncMode): void {
  if (rightAllows(mode, cloud.syncRight)) return;
  if (cloud.syncRight === 'backer') throw new AppError('RIGHT_UPLOAD_ONLY', { path });
  throw new AppError('RIGHT_MISSING', { path, right: mode === 'upload' ? 'Backer' : 'Synchronizer' });
}
