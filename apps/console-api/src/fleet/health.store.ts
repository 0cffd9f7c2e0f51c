import {
  PauseReason,
  BlockReason,
  TaskStatus,
  type DeviceId,
  type EnterpriseId,
  type Health,
} from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { HEALTH_ORDER, type HealthFacts } from './health.ts';

type Queries = DataSource | EntityManager;

export type DeviceFacts = {
  readonly enterpriseId: EnterpriseId;
  readonly deviceId: DeviceId;
  readonly facts: HealthFacts;
};

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Facts = z.object({
  enterpriseId: z.string().transform((id) => id as EnterpriseId),
  deviceId: z.string().transform((id) => id as DeviceId),
  agentVersion: z.string(),
  minAgentVersion: z.string(),
  lastSeen: z.date().nullable(),
  keyProblem: z.boolean(),
  watcherFallback: z.boolean(),
  freeDiskBytes: z.number().nullable(),
  diskBytes: z.number().nullable(),
  tasks: z.array(
    z.object({
      status: TaskStatus,
      reason: z.union([PauseReason, BlockReason]).nullable(),
      statusSince: instant,
      files: z.number(),
      failed: z.number(),
      holds: z.number(),
      lastFullSync: instant.nullable(),
      createdAt: instant,
    }),
  ),
});

const SELECT_FACTS = `
  SELECT d.enterprise_id AS "enterpriseId", d.id AS "deviceId", d.agent_version AS "agentVersion", d.last_seen AS "lastSeen",
         e.min_agent_version AS "minAgentVersion",
         COALESCE((s.report->>'keyProblem')::boolean, false) AS "keyProblem",
         COALESCE((s.report->>'watcherFallback')::boolean, false) AS "watcherFallback",
         (s.report->>'freeDiskBytes')::float8 AS "freeDiskBytes", (s.report->>'diskBytes')::float8 AS "diskBytes",
         COALESCE((SELECT jsonb_agg(jsonb_build_object(
             'status', t.status, 'reason', t.reason, 'statusSince', t.status_since, 'createdAt', t.created_at,
             'files', COALESCE((t.report->>'files')::bigint, 0), 'failed', COALESCE((t.report->>'failed')::bigint, 0),
             'holds', COALESCE((t.report->>'holds')::bigint, 0), 'lastFullSync', (t.report->>'lastFullSync')::timestamptz))
           FROM sync_task t WHERE t.enterprise_id = d.enterprise_id AND t.device_id = d.id), '[]') AS tasks
    FROM device d
    JOIN enterprise e ON e.id = d.enterprise_id
    LEFT JOIN device_status s ON s.enterprise_id = d.enterprise_id AND s.device_id = d.id`;

export async function listFacts(
  db: Queries,
  enterpriseId: EnterpriseId,
  deviceIds: readonly DeviceId[],
): Promise<DeviceFacts[]> {
  const rows = await db.query<unknown[]>(`${SELECT_FACTS} WHERE d.enterprise_id = $1 AND d.id = ANY($2::uuid[])`, [
    enterpriseId,
    deviceIds,
  ]);
  return rows.map(toDeviceFacts);
}

/** Devices whose stored health may have been changed by time alone. */
export async function listDueFacts(db: Queries, now: Date, limit: number): Promise<DeviceFacts[]> {
  const rows = await db.query<unknown[]>(
    `${SELECT_FACTS} WHERE s.health_until <= $1 ORDER BY s.health_until LIMIT $2`,
    [now, limit],
  );
  return rows.map(toDeviceFacts);
}

function toDeviceFacts(row: unknown): DeviceFacts {
  const { enterpriseId, deviceId, ...facts } = Facts.parse(row);
  return { enterpriseId, deviceId, facts };
}

export type StoredHealth = {
  readonly enterpriseId: EnterpriseId;
  readonly deviceId: DeviceId;
  readonly health: Health;
  readonly until: Date | null;
};

/** Answers the devices whose word or reason is another one now. */
export async function saveHealth(db: Queries, rows: readonly StoredHealth[]): Promise<DeviceId[]> {
  const values = rows.map((row) => ({
    enterprise_id: row.enterpriseId,
    device_id: row.deviceId,
    word: row.health.word,
    rank: HEALTH_ORDER.indexOf(row.health.word),
    reason: row.health.reason,
    params: row.health.params,
    until: row.until,
  }));
  const changed = await db.query<{ deviceId: DeviceId }[]>(
    `WITH new AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS n(enterprise_id uuid, device_id uuid, word text, rank int,
                                                        reason text, params jsonb, until timestamptz)
     ), saved AS (
       INSERT INTO device_status (enterprise_id, device_id, health_word, health_rank, health_reason, health_params, health_until)
       SELECT enterprise_id, device_id, word, rank, reason, params, until FROM new
       ON CONFLICT (enterprise_id, device_id) DO UPDATE
         SET health_word = EXCLUDED.health_word, health_rank = EXCLUDED.health_rank, health_reason = EXCLUDED.health_reason,
             health_params = EXCLUDED.health_params, health_until = EXCLUDED.health_until
     )
     SELECT n.device_id AS "deviceId" FROM new n
       LEFT JOIN device_status s ON s.enterprise_id = n.enterprise_id AND s.device_id = n.device_id
      WHERE (s.health_word, s.health_reason) IS DISTINCT FROM (n.word, n.reason)`,
    [JSON.stringify(values)],
  );
  return changed.map((row) => row.deviceId);
}
