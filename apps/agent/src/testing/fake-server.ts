import {
  type AppError,
  formatCloudPath,
  NO_FILTER_RULES,
  NO_THROTTLE,
  parseCloudPath,
  type CapsAnswer,
  type DeviceSettings,
  type RegisteredTask,
  type ResolveAnswer,
  type SyncRight,
} from '@tideline/contracts';
import type { Server } from '../tasks/server.ts';

const uuid = (n: number) => `018f2c5e-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const SPACE_ID = uuid(900);
export const FOLDER_ID = uuid(901);

/** A server in memory: one team space with one folder, and switches for what it refuses. */
export class FakeServer implements Server {
  right: SyncRight = 'synchronizer';
  refusal: DeviceSettings['refusal'] = null;
  policy: DeviceSettings['policy'] = { filter: NO_FILTER_RULES, throttle: NO_THROTTLE };
  /** Thrown by every call while set. */
  failure: AppError | null = null;
  readonly registered = new Map<string, RegisteredTask>();

  settings = async (): Promise<DeviceSettings> => {
    this.throwFailure();
    return {
      ...{ enterprise: { code: 'acme', name: 'Acme' }, user: { id: uuid(1), name: 'Ada', email: 'ada@acme.test' } },
      ...{ deviceName: "Ada's PC", refusal: this.refusal, limits: { maxTasks: 2, maxFiles: 1000 }, spaces: [] },
      policy: this.policy,
      feature: {
        ...{ entitled: true, entitledUntil: null, preview: false, historyOn: true, syncOn: true },
        ...{ enabledSince: null, minAgentVersion: '1.4.0' },
      },
    } as unknown as DeviceSettings;
  };

  resolve = async (path: string): Promise<ResolveAnswer> => {
    this.throwFailure();
    const missing = parseCloudPath(path)?.segments ?? [];
    const space = {
      id: SPACE_ID,
      kind: 'team',
      name: 'Engineering',
      rootId: FOLDER_ID,
      quotaBytes: null,
      usedBytes: 0,
    };
    return { space, node: { id: FOLDER_ID }, missing, syncRight: this.right, atoms: [] } as unknown as ResolveAnswer;
  };

  commit: Server['commit'] = async (_space, ops) => {
    this.throwFailure();
    const outcomes = ops.map(({ opId }) => ({ status: 'done' as const, opId, node: {} as never }));
    return { seq: 1, epoch: 'e', outcomes };
  };

  tasks = async (): Promise<readonly RegisteredTask[]> => [...this.registered.values()];

  registerTask: Server['registerTask'] = async (taskId, task) => {
    this.throwFailure();
    const cloudPath = formatCloudPath({ space: { kind: 'team', name: 'Engineering' }, segments: [] });
    const createdAt = '2026-01-01T00:00:00.000Z';
    const registered: RegisteredTask = { ...task, id: taskId, cloudPath, spaceKind: 'team', createdAt };
    this.registered.set(taskId, registered);
    return registered;
  };

  removeTask: Server['removeTask'] = async (taskId) => {
    this.throwFailure();
    this.registered.delete(taskId);
  };

  caps = async (_space: string, root: string): Promise<CapsAnswer> => {
    this.throwFailure();
    return { capsRev: 1, boundaries: [{ nodeId: root as never, atoms: [], syncRight: this.right }] };
  };

  private throwFailure(): void {
    if (this.failure) throw this.failure;
  }
}
