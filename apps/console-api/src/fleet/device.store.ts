import type { Device, DeviceId, EnterpriseId, Health, HealthWord, Lifecycle, UserId } from '@tideline/contracts';
import { MAX_FILES, MAX_TASKS } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { z } from 'zod';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { RESPONSIBLE_FOR } from '../identity/responsible-for.ts';
import { toConnection } from './connection.ts';

type Queries = DataSource | EntityManager;

/** Whose devices: a team admin's own people, everybody's when `responsible` is null. */
export type FleetScope = { readonly enterpriseId: EnterpriseId; readonly responsible: UserId | null };

export type DeviceSort =
  'name' | 'user' | 'health' | 'lastSeen' | 'lastFullSync' | 'files' | 'tasks' | 'failed' | 'pending';

export type DeviceQuery = {
  readonly search?: string | undefined;
  readonly health?: HealthWord | undefined;
  readonly deviceId?: DeviceId;
  readonly sort: DeviceSort;
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
  readonly after?: PageKey | undefined;
};

/** The last row of a page: its sort key as text, and its id, which makes the order total. */
export type PageKey = { readonly key: string; readonly id: string };

type DeviceRow = Omit<Device, 'health' | 'connection' | 'lastSeen' | 'lastFullSync' | 'enrolledAt' | 'user'> & {
  readonly sortKey: string;
  readonly userId: UserId;
  readonly userName: string;
  readonly userEmail: string;
  readonly healthWord: HealthWord;
  readonly healthReason: Health['reason'];
  readonly healthParams: Health['params'];
  readonly lastSeen: Date | null;
  readonly lastFullSync: Date | null;
  readonly enrolledAt: Date;
};

const RANK = `COALESCE(s.health_rank, 2)`;
/** Expression and type of each sort key; none is ever NULL, so that rows compare as pairs. */
const SORT_KEYS: Record<DeviceSort, readonly [expression: string, type: string]> = {
  name: ['lower(d.name)', 'text'],
  user: ['lower(u.name)', 'text'],
  health: [RANK, 'int'],
  lastSeen: [`COALESCE(d.last_seen, '-infinity')`, 'timestamptz'],
  lastFullSync: [`COALESCE(s.last_full_sync, '-infinity')`, 'timestamptz'],
  files: ['COALESCE(s.files, 0)', 'bigint'],
  tasks: ['COALESCE(s.tasks, 0)', 'int'],
  failed: ['COALESCE(s.failed, 0)', 'bigint'],
  pending: ['COALESCE(s.pending, 0)', 'bigint'],
};

const FROM = `
  FROM device d
  JOIN app_user u ON u.enterprise_id = d.enterprise_id AND u.id = d.user_id
  LEFT JOIN device_status s ON s.enterprise_id = d.enterprise_id AND s.device_id = d.id
 WHERE d.enterprise_id = $1 AND ($2::uuid IS NULL OR d.user_id IN (SELECT id FROM own_user))
   AND ($3::text IS NULL OR d.name ILIKE $3 OR u.name ILIKE $3 OR u.email ILIKE $3)
   AND ($4::text IS NULL OR COALESCE(s.health_word, 'offline') = $4)
   AND ($5::uuid IS NULL OR d.id = $5)`;

export type DevicePage = { readonly devices: Device[]; readonly total: number; readonly last: PageKey | undefined };

export async function listDevices(db: Queries, scope: FleetScope, query: DeviceQuery, now: Date): Promise<DevicePage> {
  const filters = toFilters(scope, query);
  const [counted, found] = await Promise.all([
    db.query<{ n: number }[]>(`WITH RECURSIVE ${RESPONSIBLE_FOR} SELECT count(*)::int AS n ${FROM}`, filters),
    db.query<DeviceRow[]>(pageStatement(query), [
      ...filters,
      query.after?.key ?? null,
      query.after?.id ?? null,
      query.limit + ONE_MORE,
    ]),
  ]);
  const { rows, last } = cutPage(found, query.limit);
  return {
    devices: rows.map((row) => toDevice(row, now)),
    total: counted[0]?.n ?? 0,
    last: last && { key: last.sortKey, id: last.id },
  };
}

function toFilters(scope: FleetScope, query: DeviceQuery): unknown[] {
  const search = query.search === undefined ? null : `%${query.search.replace(/[\\%_]/g, '\\$&')}%`;
  return [scope.enterpriseId, scope.responsible, search, query.health ?? null, query.deviceId ?? null];
}

function pageStatement(query: DeviceQuery): string {
  const [expression, type] = SORT_KEYS[query.sort];
  const [comparison, order] = query.direction === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
  return `
    WITH RECURSIVE ${RESPONSIBLE_FOR}
    SELECT d.id, d.name, u.id AS "userId", u.name AS "userName", u.email AS "userEmail", d.lifecycle,
           COALESCE(s.health_word, 'offline') AS "healthWord", COALESCE(s.health_reason, 'never_seen') AS "healthReason",
           COALESCE(s.health_params, '{}') AS "healthParams", d.last_seen AS "lastSeen",
           s.last_full_sync AS "lastFullSync", COALESCE(s.tasks, 0) AS tasks, COALESCE(s.files, 0)::float8 AS files,
           COALESCE(s.pending, 0)::float8 AS pending, COALESCE(s.failed, 0)::float8 AS failed, d.os,
           d.agent_version AS "agentVersion", d.key_store AS "keyStore", d.enrolled_at AS "enrolledAt",
           (${expression})::text AS "sortKey"
    ${FROM} AND ($6::text IS NULL OR (${expression}, d.id) ${comparison} ($6::${type}, $7::uuid))
    ORDER BY ${expression} ${order}, d.id ${order} LIMIT $8`;
}

function toDevice(row: DeviceRow, now: Date): Device {
  return {
    id: row.id,
    name: row.name,
    user: { id: row.userId, name: row.userName, email: row.userEmail },
    health: { word: row.healthWord, reason: row.healthReason, params: row.healthParams },
    connection: toConnection(row.lastSeen, now),
    lifecycle: row.lifecycle,
    lastSeen: row.lastSeen?.toISOString() ?? null,
    lastFullSync: row.lastFullSync?.toISOString() ?? null,
    tasks: row.tasks,
    maxTasks: MAX_TASKS,
    files: row.files,
    maxFiles: MAX_FILES,
    pending: row.pending,
    failed: row.failed,
    os: row.os,
    agentVersion: row.agentVersion,
    keyStore: row.keyStore,
    enrolledAt: row.enrolledAt.toISOString(),
  };
}

/** Answers false when the enterprise has no such device. */
export async function updateLifecycle(
  db: Queries,
  device: { readonly enterpriseId: EnterpriseId; readonly deviceId: DeviceId },
  lifecycle: z.infer<typeof Lifecycle>,
): Promise<boolean> {
  const [rows] = await db.query<[unknown[], number]>(
    `UPDATE device SET lifecycle = $3 WHERE enterprise_id = $1 AND id = $2 AND lifecycle <> 'retired' RETURNING id`,
    [device.enterpriseId, device.deviceId, lifecycle],
  );
  return rows.length > 0;
}
