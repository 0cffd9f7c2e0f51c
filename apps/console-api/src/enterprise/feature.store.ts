import { AppError, type EnterpriseCode, type EnterpriseId } from '@tideline/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { FeatureSwitches } from './feature.ts';

export type EnterpriseRow = FeatureSwitches & { readonly code: EnterpriseCode; readonly name: string };

const COLUMNS = `code, name, entitled, entitled_until AS "entitledUntil", preview, history_on AS "historyOn",
  sync_on AS "syncOn", enabled_since AS "enabledSince", min_agent_version AS "minAgentVersion"`;

export async function getEnterprise(
  db: DataSource | EntityManager,
  enterpriseId: EnterpriseId,
  lock: 'FOR UPDATE' | 'FOR SHARE' | '' = '',
): Promise<EnterpriseRow> {
  const [row] = await db.query<EnterpriseRow[]>(`SELECT ${COLUMNS} FROM enterprise WHERE id = $1 ${lock}`, [
    enterpriseId,
  ]);
  if (!row) throw new AppError('NOT_FOUND', { what: 'The enterprise' });
  return row;
}

export async function updateSync(db: EntityManager, enterpriseId: EnterpriseId, on: boolean, now: Date): Promise<void> {
  await db.query(
    `UPDATE enterprise SET sync_on = $2, enabled_since = CASE WHEN NOT $2 THEN NULL WHEN sync_on THEN enabled_since ELSE $3 END
      WHERE id = $1`,
    [enterpriseId, on, now],
  );
}

export async function updateHistory(db: EntityManager, enterpriseId: EnterpriseId, on: boolean): Promise<void> {
  await db.query(`UPDATE enterprise SET history_on = $2 WHERE id = $1`, [enterpriseId, on]);
}

export type NewEnterprise = { readonly id: EnterpriseId; readonly code: string; readonly name: string };

/** Entitled, history and sync backup on: what the first start creates. */
export async function insertEnabledEnterprise(db: EntityManager, enterprise: NewEnterprise, now: Date): Promise<void> {
  await db.query(
    `INSERT INTO enterprise (id, code, name, plan, entitled, history_on, sync_on, enabled_since)
     VALUES ($1, $2, $3, 'standard', true, true, true, $4)`,
    [enterprise.id, enterprise.code, enterprise.name, now],
  );
}

export async function countEnterprises(db: DataSource | EntityManager): Promise<number> {
  const [row] = await db.query<{ n: number }[]>(`SELECT count(*)::int AS n FROM enterprise`);
  return row?.n ?? 0;
}
