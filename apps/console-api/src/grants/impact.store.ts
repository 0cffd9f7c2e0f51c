import type { DeviceId, EnterpriseId, NodeId, SpaceId, SyncMode, TaskId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export type SpaceTask = {
  readonly taskId: TaskId;
  readonly deviceId: DeviceId;
  readonly deviceName: string;
  readonly userId: UserId;
  readonly userName: string;
  readonly mode: SyncMode;
  readonly rootId: NodeId;
  readonly readsPersonalSpace: boolean;
};

/** Sync tasks in a space, of devices that may sync. Reads what the fleet keeps of them. */
export async function listSpaceTasks(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceId: SpaceId,
): Promise<SpaceTask[]> {
  return queryRows<SpaceTask>(
    manager,
    `SELECT t.id AS "taskId", t.device_id AS "deviceId", d.name AS "deviceName", d.user_id AS "userId", u.name AS "userName",
            t.mode, t.root_node_id AS "rootId", d.reads_personal_space AS "readsPersonalSpace"
     FROM sync_task t
     JOIN device d ON d.enterprise_id = $1 AND d.id = t.device_id AND d.lifecycle = 'active'
     JOIN app_user u ON u.enterprise_id = $1 AND u.id = d.user_id AND u.disabled_at IS NULL
     WHERE t.enterprise_id = $1 AND t.space_id = $2 ORDER BY u.name, d.name, t.id`,
    [enterpriseId, spaceId],
  );
}
