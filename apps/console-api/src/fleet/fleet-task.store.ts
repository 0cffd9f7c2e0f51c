import {
  TaskReport,
  type Device,
  type EnterpriseId,
  type FleetTask,
  type SpaceKind,
  type SyncMode,
  type TaskId,
} from '@tideline/contracts';
import type { DataSource } from 'typeorm';
import { maskCloudPath, maskLocalPath } from './path-mask.ts';

type Row = {
  readonly id: TaskId;
  readonly mode: SyncMode;
  readonly spaceKind: SpaceKind;
  readonly localPath: string;
  readonly cloudPath: string;
  readonly createdAt: Date;
  readonly reportedAt: Date | null;
  readonly report: unknown;
};

export async function listFleetTasks(db: DataSource, enterpriseId: EnterpriseId, device: Device): Promise<FleetTask[]> {
  const rows = await db.query<Row[]>(
    `SELECT id, mode, space_kind AS "spaceKind", local_path AS "localPath", cloud_path AS "cloudPath",
            created_at AS "createdAt", reported_at AS "reportedAt", report
       FROM sync_task WHERE enterprise_id = $1 AND device_id = $2 ORDER BY created_at, id`,
    [enterpriseId, device.id],
  );
  return rows.map((row) => toFleetTask(row, device));
}

function toFleetTask(row: Row, device: Device): FleetTask {
  return {
    ...toReport(row),
    deviceId: device.id,
    deviceName: device.name,
    userName: device.user.name,
    mode: row.mode,
    localPath: maskLocalPath(row.localPath, row.spaceKind),
    cloudPath: maskCloudPath(row.cloudPath, row.spaceKind),
    spaceKind: row.spaceKind,
    createdAt: row.createdAt.toISOString(),
    reportedAt: row.reportedAt?.toISOString() ?? null,
  };
}

/** A task nobody reported about yet waits in the queue of its device. */
function toReport(row: Row): TaskReport {
  if (row.report !== null) return TaskReport.parse(row.report);
  const counts = { files: 0, folders: 0, pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0 };
  return { id: row.id, status: 'queued', reason: null, ...counts, problems: [], lastFullSync: null, verified: null };
}
