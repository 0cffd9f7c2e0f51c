import type { DeviceId, EnterpriseId, UserId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';

type Queries = DataSource | EntityManager;

export type DeviceLogin = {
  readonly id: DeviceId;
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly publicKey: string;
  readonly lifecycle: 'pending_approval' | 'active' | 'suspended' | 'retired';
  readonly userDisabled: boolean;
  readonly readsPersonalSpace: boolean;
};

export type NewDevice = {
  readonly id: DeviceId;
  readonly enterpriseId: EnterpriseId;
  readonly userId: UserId;
  readonly name: string;
  readonly publicKey: string;
  readonly keyStore: 'keychain' | 'file';
  readonly platform: { readonly os: string; readonly arch: string; readonly hostname: string };
  readonly agentVersion: string;
  readonly lifecycle: 'pending_approval' | 'active';
  readonly readsPersonalSpace: boolean;
};

/** The one look-up without an enterprise: a device id is all that an unknown caller names. */
export async function findDeviceLogin(db: Queries, deviceId: DeviceId): Promise<DeviceLogin | undefined> {
  const rows = await db.query<DeviceLogin[]>(
    `SELECT d.id, d.enterprise_id AS "enterpriseId", d.user_id AS "userId", d.public_key AS "publicKey", d.lifecycle,
            u.disabled_at IS NOT NULL AS "userDisabled", d.reads_personal_space AS "readsPersonalSpace"
       FROM device d JOIN app_user u ON u.enterprise_id = d.enterprise_id AND u.id = d.user_id
      WHERE d.id = $1`,
    [deviceId],
  );
  return rows[0];
}

export async function insertDevice(db: Queries, device: NewDevice): Promise<void> {
  const { platform } = device;
  await db.query(
    `INSERT INTO device (enterprise_id, id, user_id, name, public_key, key_store, os, arch, hostname, agent_version,
                         lifecycle, reads_personal_space)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      device.enterpriseId,
      device.id,
      device.userId,
      device.name,
      device.publicKey,
      device.keyStore,
      platform.os,
      platform.arch,
      platform.hostname,
      device.agentVersion,
      device.lifecycle,
      device.readsPersonalSpace,
    ],
  );
}

export async function updateAgentVersion(db: Queries, device: DeviceLogin, agentVersion: string): Promise<void> {
  await db.query(`UPDATE device SET agent_version = $3 WHERE enterprise_id = $1 AND id = $2 AND agent_version <> $3`, [
    device.enterpriseId,
    device.id,
    agentVersion,
  ]);
}

/** Answers false when the challenge bought a token before. */
export async function spendChallenge(db: Queries, id: string, expiresAt: Date, now: Date): Promise<boolean> {
  await db.query(`DELETE FROM used_challenge WHERE expires_at < $1`, [now]);
  const rows = await db.query<unknown[]>(
    `INSERT INTO used_challenge (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id`,
    [id, expiresAt],
  );
  return rows.length === 1;
}

/** The secret that signs access tokens, made by whichever console comes first. */
export async function ensureServerSecret(db: Queries, name: string, candidate: Buffer): Promise<Buffer> {
  await db.query(`INSERT INTO server_secret (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [name, candidate]);
  const [row] = await db.query<{ secret: Buffer }[]>(`SELECT secret FROM server_secret WHERE name = $1`, [name]);
  if (!row) throw new Error(`the server secret ${name} is missing`);
  return row.secret;
}
