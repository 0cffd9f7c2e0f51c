import type {
  DeviceId,
  EnterpriseId,
  NodeId,
  RegisteredTask,
  SpaceId,
  SpaceKind,
  SyncMode,
  TaskId,
} from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';

type Queries = DataSource | EntityManager;

export type DeviceKey = { readonly enterpriseId: EnterpriseId; readonly deviceId: DeviceId };

type TaskRow = {
  readonly id: TaskId;
  readonly mode: SyncMode;
  readonly spaceId: SpaceId;
  readonly spaceKind: SpaceKind;
  readonly rootNodeId: NodeId;
  readonly localPath: string;
  readonly cloudPath: string;
  readonly createdAt: Date;
};

export async function listTasks(db: Queries, device: DeviceKey): Promise<RegisteredTask[]> {
  const rows = await db.query<TaskRow[]>(
    `SELECT id, mode, space_id AS "spaceId", space_kind AS "spaceKind", root_node_id AS "rootNodeId",
            local_path AS "localPath", cloud_path AS "cloudPath", created_at AS "createdAt"
       FROM sync_task WHERE enterprise_id = $1 AND device_id = $2 ORDER BY created_at, id`,
    [device.enterpriseId, device.deviceId],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

/** Until the end of the transaction nobody else adds a task to this device. */
export async function lockDevice(db: EntityManager, device: DeviceKey): Promise<void> {
  await db.query(`SELECT 1 FROM device WHERE enterprise_id = $1 AND id = $2 FOR NO KEY UPDATE`, [
    device.enterpriseId,
    device.deviceId,
  ]);
}

export async function insertTask(db: EntityManager, device: DeviceKey, task: RegisteredTask): Promise<void> {
  await db.query(
    `INSERT INTO sync_task (enterprise_id, device_id, id, mode, space_id, space_kind, root_node_id, local_path, cloud_path, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      device.enterpriseId,
      device.deviceId,
      task.id,
      task.mode,
      task.spaceId,
      task.spaceKind,
      task.rootNodeId,
      task.localPath,
      task.cloudPath,
      task.createdAt,
    ],
  );
}

export async function deleteTask(db: Queries, device: DeviceKey, taskId: TaskId): Promise<void> {
  await db.query(`DELETE FROM sync_task WHERE enterprise_id = $1 AND device_id = $2 AND id = $3`, [
    device.enterpriseId,
    device.deviceId,
    taskId,
  ]);
}
