import { describe, expect, it } from 'vitest';
import {
  NO_FILTER_RULES,
  NO_THROTTLE,
  AppError,
  TaskSettings,
  type BatchOp,
  type BatchOutcome,
  type ErrorCode,
  type RegisterTask,
  type ResolveAnswer,
  type SyncRight,
} from '@tideline/contracts';
import { createTask, type CreateTaskDeps, type NewTask } from './create-task.ts';
import type { TaskRecord } from './task-record.ts';

const uuid = (n: number) => `018f2c5e-0000-7000-8000-${String(n).padStart(12, '0')}`;
const SPACE = uuid(500);
const FOLDER = uuid(501);

type Scene = {
  right?: SyncRight;
  missing?: string[];
  refuseRegistration?: ErrorCode;
  unknown?: boolean;
  spaces?: string[];
  existing?: TaskRecord[];
};

/** A server and a store in memory that log what was asked of them, in order. */
function stage(scene: Scene = {}) {
  const log: string[] = [];
  const saved: TaskRecord[] = [];
  let missing = scene.missing ?? [];
  let counter = 0;
  const settings = async () => ({
    user: { email: 'ada@acme.test' },
    spaces: scene.spaces?.map((kind) => ({ kind })) ?? [],
    policy: { filter: { ...NO_FILTER_RULES, exclude: ['*.pst'] }, throttle: NO_THROTTLE },
  });
  const resolved = (): ResolveAnswer => {
    if (scene.unknown) throw new AppError('SPACE_UNKNOWN', { space: 'personal' });
    return {
      space: { id: SPACE, kind: 'team', name: 'Engineering', rootId: FOLDER, quotaBytes: null, usedBytes: 0 },
      node: { id: FOLDER },
      missing,
      syncRight: scene.right ?? 'synchronizer',
      atoms: [],
    } as unknown as ResolveAnswer;
  };
  const commit = async (_: string, ops: readonly BatchOp[]) => {
    log.push(`commit ${ops.map((op) => ('name' in op ? op.name : '')).join('/')}`);
    missing = [];
    const outcomes = ops.map((op) => ({ status: 'done', opId: op.opId })) as unknown as BatchOutcome[];
    return { seq: 1, epoch: 'e', outcomes };
  };
  const registerTask = async (_: string, task: RegisterTask) => {
    log.push(`register ${task.rootNodeId}`);
    if (scene.refuseRegistration) throw new AppError(scene.refuseRegistration, { max: 10 });
    return undefined as never;
  };
  const deps: CreateTaskDeps = {
    server: { resolve: async () => resolved(), settings, commit, registerTask } as unknown as CreateTaskDeps['server'],
    save: (record) => {
      log.push(`save ${record.state}`);
      saved.push(record);
    },
    existing: () => scene.existing ?? [],
    checkFolder: async (path) => ({ realPath: path, warnings: [] }),
    deviceId: uuid(900),
    newId: () => uuid(++counter),
    now: () => new Date('2026-01-01T00:00:00Z'),
  };
  return { deps, log, saved };
}

const wanted: NewTask = {
  localPath: '/data/Docs',
  cloudPath: 'team/Engineering:/Specs',
  mode: 'bidirectional',
  settings: TaskSettings.parse({}),
};

describe('createTask', () => {
  it.each([
    ['personal:/Docs', [], 'PERSONAL_SPACE_CLOSED'],
    ['personal:/Docs', ['team', 'personal'], 'SPACE_UNKNOWN'],
    ['team/Nobody:/Docs', [], 'SPACE_UNKNOWN'],
  ])('[PE-5] says of %s, with the spaces %j: %s', async (cloudPath, spaces, code) => {
    const { deps, saved } = stage({ unknown: true, spaces });
    await expect(createTask(deps, { ...wanted, cloudPath })).rejects.toMatchObject({ code });
    expect(saved).toEqual([]);
  });

  it('[TA-1] stores the chosen id before the server hears of it, and the task as active after', async () => {
    const { deps, log, saved } = stage();
    const task = await createTask(deps, wanted);
    expect(log).toEqual(['save creating', `register ${FOLDER}`, 'save active']);
    expect(task).toMatchObject({ state: 'active', rootNodeId: FOLDER, spaceKind: 'team' });
    expect(saved[0]?.id).toBe(task.id);
  });

  it('creates the missing cloud folders and binds the deepest one', async () => {
    const { deps, log, saved } = stage({ missing: ['Specs', '2026'] });
    const task = await createTask(deps, wanted);
    expect(log).toEqual(['save creating', 'commit Specs/2026', `register ${task.rootNodeId}`, 'save active']);
    expect(task.rootNodeId).not.toBe(FOLDER);
    expect(saved[0]?.rootNodeId).toBe(task.rootNodeId);
  });

  it.each<[SyncRight, NewTask['mode'], ErrorCode]>([
    ['none', 'bidirectional', 'RIGHT_MISSING'],
    ['none', 'upload', 'RIGHT_MISSING'],
    ['backer', 'bidirectional', 'RIGHT_UPLOAD_ONLY'],
  ])('[PE-1] refuses with %s and %s, and has written nothing anywhere', async (right, mode, code) => {
    const { deps, log } = stage({ right, missing: ['Specs'] });
    await expect(createTask(deps, { ...wanted, mode })).rejects.toMatchObject({ code });
    expect(log).toEqual([]);
  });

  it('[PE-1] allows upload with Backer', async () => {
    const { deps } = stage({ right: 'backer' });
    expect((await createTask(deps, { ...wanted, mode: 'upload' })).state).toBe('active');
  });

  it('[F15] [LI-1] leaves a record to be taken back when the server refuses the eleventh task', async () => {
    const { deps, log, saved } = stage({ refuseRegistration: 'LIMIT_TASKS' });
    await expect(createTask(deps, wanted)).rejects.toMatchObject({ code: 'LIMIT_TASKS' });
    expect(log).toEqual(['save creating', `register ${FOLDER}`, 'save cancelled']);
    expect(saved.at(-1)?.state).toBe('cancelled');
  });

  it('[LI-6] asks for the folder beside the folders of the other tasks, and ends with its refusal', async () => {
    const other = { id: uuid(7), localPath: '/data' } as unknown as TaskRecord;
    const { deps, log } = stage({ existing: [other] });
    const checkFolder: CreateTaskDeps['checkFolder'] = (path, { mode, others }) => {
      expect({ mode, others }).toEqual({ mode: 'bidirectional', others: [other] });
      return Promise.reject(new AppError('FOLDER_OVERLAPS', { path, task: other.id }));
    };
    await expect(createTask({ ...deps, checkFolder }, wanted)).rejects.toMatchObject({ code: 'FOLDER_OVERLAPS' });
    expect(log).toEqual([]);
  });

  it('refuses what is not a cloud path', async () => {
    const { deps } = stage();
    await expect(createTask(deps, { ...wanted, cloudPath: 'C:\\Docs' })).rejects.toMatchObject({
      code: 'CLOUD_PATH_INVALID',
    });
  });
});
