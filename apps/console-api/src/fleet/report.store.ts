import type { DeviceReport } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { DeviceKey } from './task.store.ts';

/** Keeps the newest snapshot. Answers false for one that a newer one of the same start of the agent has overtaken. */
export async function saveSnapshot(
  db: EntityManager,
  device: DeviceKey,
  report: DeviceReport,
  now: Date,
): Promise<boolean> {
  const { tasks: _, ...snapshot } = report;
  const rows = await db.query<unknown[]>(
    `INSERT INTO device_status (enterprise_id, device_id, boot_id, sequence, report, reported_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (enterprise_id, device_id) DO UPDATE
       SET boot_id = EXCLUDED.boot_id, sequence = EXCLUDED.sequence, report = EXCLUDED.report, reported_at = EXCLUDED.reported_at
       WHERE device_status.boot_id IS DISTINCT FROM EXCLUDED.boot_id OR device_status.sequence < EXCLUDED.sequence
     RETURNING device_id`,
    [device.enterpriseId, device.deviceId, report.bootId, report.sequence, JSON.stringify(snapshot), now],
  );
  return rows.length > 0;
}

/** Tasks the server does not know are left out: a device cannot report what it never registered. */
export async function saveTaskReports(
  db: EntityManager,
  device: DeviceKey,
  report: DeviceReport,
  now: Date,
): Promise<void> {
  await db.query(
    `UPDATE sync_task t
        SET report = r.report, reported_at = $4, status = r.report->>'status', reason = r.report->>'reason',
            status_since = CASE WHEN (t.status, t.reason) IS DISTINCT FROM (r.report->>'status', r.report->>'reason')
                                THEN $4 ELSE t.status_since END
       FROM jsonb_array_elements($3::jsonb) AS r(report)
      WHERE t.enterprise_id = $1 AND t.device_id = $2 AND t.id = (r.report->>'id')::uuid`,
    [device.enterpriseId, device.deviceId, JSON.stringify(report.tasks), now],
  );
}

/** The sums that lists sort by. `last_full_sync`: the oldest of the active tasks, none while one was never synced. */
export async function saveSums(db: EntityManager, device: DeviceKey): Promise<void> {
  await db.query(
    `INSERT INTO device_status AS s (enterprise_id, device_id, tasks, files, pending, failed, last_full_sync)
     SELECT $1, $2, count(*)::int, COALESCE(sum((report->>'files')::bigint), 0),
            COALESCE(sum((report->>'pending')::bigint), 0), COALESCE(sum((report->>'failed')::bigint), 0),
            CASE WHEN bool_and(report->>'lastFullSync' IS NOT NULL) FILTER (WHERE status <> 'paused')
                 THEN min((report->>'lastFullSync')::timestamptz) FILTER (WHERE status <> 'paused') END
       FROM sync_task WHERE enterprise_id = $1 AND device_id = $2
     ON CONFLICT (enterprise_id, device_id) DO UPDATE
       SET tasks = EXCLUDED.tasks, files = EXCLUDED.files, pending = EXCLUDED.pending, failed = EXCLUDED.failed,
           last_full_sync = EXCLUDED.last_full_sync`,
    [device.enterpriseId, device.deviceId],
  );
}

export async function saveKeyStore(db: EntityManager, device: DeviceKey, report: DeviceReport): Promise<void> {
  await db.query(
    `UPDATE device SET key_store = $3, agent_version = $4
      WHERE enterprise_id = $1 AND id = $2 AND (key_store, agent_version) <> ($3, $4)`,
    [device.enterpriseId, device.deviceId, report.keyStore, report.agentVersion],
  );
}
