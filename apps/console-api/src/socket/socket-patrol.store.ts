import type { DeviceId, EnterpriseId, UserId } from '@tideline/contracts';
import type { DataSource } from 'typeorm';

/** Of these devices, those that may no longer be connected. */
export async function listClosedDevices(db: DataSource, deviceIds: readonly DeviceId[]): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT asked.id FROM unnest($1::uuid[]) AS asked(id)
       LEFT JOIN device d ON d.id = asked.id
       LEFT JOIN app_user u ON u.enterprise_id = d.enterprise_id AND u.id = d.user_id
      WHERE d.id IS NULL OR d.lifecycle <> 'active' OR u.disabled_at IS NOT NULL`,
    [deviceIds],
  );
  return new Set(rows.map((row) => row.id));
}

/** Of these sessions, those that were signed out, expired, or belong to a disabled account. */
export async function listEndedSessions(
  db: DataSource,
  sessionIds: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT asked.id FROM unnest($1::uuid[]) AS asked(id)
       LEFT JOIN session s ON s.id = asked.id AND s.expires_at > $2
       LEFT JOIN app_user u ON u.enterprise_id = s.enterprise_id AND u.id = s.user_id AND u.disabled_at IS NULL
      WHERE u.id IS NULL`,
    [sessionIds, now],
  );
  return new Set(rows.map((row) => row.id));
}

/** Of these team admins, those whose people the device belongs to: members of their teams and of all teams below (PE-3). */
export async function listResponsible(
  db: DataSource,
  device: { readonly enterpriseId: EnterpriseId; readonly deviceId: DeviceId },
  adminIds: readonly UserId[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }[]>(
    `WITH RECURSIVE up AS (
       SELECT m.team_id AS id FROM device d JOIN team_member m ON m.enterprise_id = d.enterprise_id AND m.user_id = d.user_id
       WHERE d.enterprise_id = $1 AND d.id = $2
       UNION SELECT t.parent_id FROM up JOIN team t ON t.enterprise_id = $1 AND t.id = up.id
       WHERE t.parent_id IS NOT NULL
     )
     SELECT DISTINCT m.user_id AS id FROM up JOIN team_member m ON m.enterprise_id = $1 AND m.team_id = up.id
     WHERE m.user_id = ANY($3::uuid[])`,
    [device.enterpriseId, device.deviceId, adminIds],
  );
  return new Set(rows.map((row) => row.id));
}
