import type { DeviceId, EnterpriseId } from '@tideline/contracts';
import type { DataSource } from 'typeorm';

export type SeenDevice = { readonly enterpriseId: EnterpriseId; readonly deviceId: DeviceId; readonly at: Date };

export async function saveLastSeen(db: DataSource, seen: readonly SeenDevice[]): Promise<void> {
  await db.query(
    `UPDATE device d SET last_seen = GREATEST(d.last_seen, s.at)
       FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS s(enterprise_id, id, at)
      WHERE d.enterprise_id = s.enterprise_id AND d.id = s.id`,
    [seen.map((one) => one.enterpriseId), seen.map((one) => one.deviceId), seen.map((one) => one.at)],
  );
}
