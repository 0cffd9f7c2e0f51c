import type { DeviceId, OwnDevice } from '@tideline/contracts';
import type { DataSource } from 'typeorm';
import type { PersonPrincipal } from '../platform/principal.ts';

type Row = Omit<OwnDevice, 'enrolledAt' | 'lastSeen'> & { readonly enrolledAt: Date; readonly lastSeen: Date | null };

export async function listOwnDevices(db: DataSource, person: PersonPrincipal): Promise<OwnDevice[]> {
  const rows = await db.query<Row[]>(
    `SELECT id, name, os, lifecycle, enrolled_at AS "enrolledAt", last_seen AS "lastSeen",
            reads_personal_space AS "readsPersonalSpace"
       FROM device WHERE enterprise_id = $1 AND user_id = $2 ORDER BY enrolled_at DESC, id LIMIT 1000`,
    [person.enterpriseId, person.userId],
  );
  return rows.map((row) => ({
    ...row,
    enrolledAt: row.enrolledAt.toISOString(),
    lastSeen: row.lastSeen?.toISOString() ?? null,
  }));
}

/** Answers false when the person has no such device. */
export async function updatePersonalSpace(
  db: DataSource,
  person: PersonPrincipal,
  device: { readonly deviceId: DeviceId; readonly allowed: boolean },
): Promise<boolean> {
  const [rows] = await db.query<[unknown[], number]>(
    `UPDATE device SET reads_personal_space = $4 WHERE enterprise_id = $1 AND user_id = $2 AND id = $3 RETURNING id`,
    [person.enterpriseId, person.userId, device.deviceId, device.allowed],
  );
  return rows.length > 0;
}
