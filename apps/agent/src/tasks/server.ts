import {
  routes,
  type BatchAnswer,
  type BatchOp,
  type CapsAnswer,
  type DeviceSettings,
  type NodeId,
  type RegisteredTask,
  type RegisterTask,
  type ResolveAnswer,
  type SpaceId,
  type TaskId,
} from '@tideline/contracts';
import type { ApiClient } from '@tideline/drive-client';

/** What the agent asks the server besides moving files. Every method is safe to repeat. */
export type Server = {
  settings(): Promise<DeviceSettings>;
  resolve(cloudPath: string): Promise<ResolveAnswer>;
  commit(spaceId: SpaceId, ops: readonly BatchOp[]): Promise<BatchAnswer>;
  tasks(): Promise<readonly RegisteredTask[]>;
  registerTask(taskId: TaskId, task: RegisterTask): Promise<RegisteredTask>;
  removeTask(taskId: TaskId): Promise<void>;
  caps(spaceId: SpaceId, root: NodeId): Promise<CapsAnswer>;
};

/** A person may wait for the answer of these. */
const TIMEOUT_MS = 20_000;

export function createServer(client: ApiClient): Server {
  const options = { timeoutMs: TIMEOUT_MS };
  return {
    settings: () => client.call(routes.devices.settings, {}, options),
    resolve: (path) => client.call(routes.drive.resolve, { query: { path } }, options),
    commit: (spaceId, ops) =>
      client.sendFrame(
        routes.drive.batch,
        { params: { spaceId }, body: { atomic: false, ops: [...ops], inline: [] } },
        [],
        options,
      ),
    tasks: async () => (await client.call(routes.devices.tasks, {}, options)).tasks,
    registerTask: (taskId, body) => client.call(routes.devices.registerTask, { params: { taskId }, body }, options),
    removeTask: async (taskId) => {
      await client.call(routes.devices.removeTask, { params: { taskId } }, options);
    },
    caps: (spaceId, root) => client.call(routes.drive.caps, { params: { spaceId }, query: { root } }, options),
  };
}
