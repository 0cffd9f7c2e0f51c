import type { Overview } from '@tideline/contracts';
import type { DataSource } from 'typeorm';
import { RESPONSIBLE_FOR } from '../identity/responsible-for.ts';
import type { FleetScope } from './device.store.ts';

export type DeviceCounts = Overview['devices'];

/** `healthy` of `active with tasks, seen within 30 days` is what *healthy %* is made of (fleet 1.2). */
export async function countDevices(db: DataSource, scope: FleetScope): Promise<DeviceCounts> {
  const [row] = await db.query<DeviceCounts[]>(
    `WITH RECURSIVE ${RESPONSIBLE_FOR}, fleet AS (
       SELECT COALESCE(s.health_word, 'offline') AS word, COALESCE(s.tasks, 0) AS tasks,
              d.last_seen > now() - interval '30 days' AS seen
         FROM device d LEFT JOIN device_status s ON s.enterprise_id = d.enterprise_id AND s.device_id = d.id
        WHERE d.enterprise_id = $1 AND d.lifecycle = 'active'
          AND ($2::uuid IS NULL OR d.user_id IN (SELECT id FROM own_user))
     )
     SELECT count(*)::int AS active, (count(*) FILTER (WHERE word = 'healthy'))::int AS healthy,
            (count(*) FILTER (WHERE tasks > 0 AND seen))::int AS "withTasks",
            (count(*) FILTER (WHERE word = 'offline'))::int AS offline,
            (count(*) FILTER (WHERE word = 'failing'))::int AS failing,
            (count(*) FILTER (WHERE word = 'attention'))::int AS attention,
            (count(*) FILTER (WHERE word = 'no_tasks'))::int AS "noTasks"
       FROM fleet`,
    [scope.enterpriseId, scope.responsible],
  );
  return row ?? { active: 0, healthy: 0, withTasks: 0, offline: 0, failing: 0, attention: 0, noTasks: 0 };
}

/** Tasks by state, of devices that are let in. */
export async function countTasks(db: DataSource, scope: FleetScope): Promise<Record<string, number>> {
  const rows = await db.query<{ status: string; n: number }[]>(
    `WITH RECURSIVE ${RESPONSIBLE_FOR}
     SELECT t.status, count(*)::int AS n
       FROM sync_task t JOIN device d ON d.enterprise_id = t.enterprise_id AND d.id = t.device_id
      WHERE t.enterprise_id = $1 AND d.lifecycle = 'active'
        AND ($2::uuid IS NULL OR d.user_id IN (SELECT id FROM own_user))
      GROUP BY t.status`,
    [scope.enterpriseId, scope.responsible],
  );
  return Object.fromEntries(rows.map((row) => [row.status, row.n]));
}

/** Devices that need a person, worst first; a first sync that runs needs only time. */
export async function listNeedsAction(db: DataSource, scope: FleetScope): Promise<Overview['needsAction']> {
  return db.query<Overview['needsAction']>(
    `WITH RECURSIVE ${RESPONSIBLE_FOR}
     SELECT d.id AS "deviceId", d.name AS "deviceName", u.name AS "userName",
            jsonb_build_object('word', s.health_word, 'reason', s.health_reason, 'params', s.health_params) AS health
       FROM device_status s
       JOIN device d ON d.enterprise_id = s.enterprise_id AND d.id = s.device_id
       JOIN app_user u ON u.enterprise_id = d.enterprise_id AND u.id = d.user_id
      WHERE s.enterprise_id = $1 AND d.lifecycle = 'active' AND s.health_word NOT IN ('healthy', 'no_tasks')
        AND s.health_reason NOT IN ('first_sync_running', 'never_seen')
        AND ($2::uuid IS NULL OR d.user_id IN (SELECT id FROM own_user))
      ORDER BY s.health_rank, d.last_seen DESC NULLS LAST, d.id LIMIT 10`,
    [scope.enterpriseId, scope.responsible],
  );
}
