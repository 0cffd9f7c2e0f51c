import { DEFAULT_RETENTION, type EnterpriseId, type RetentionPolicy } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Keeping } from './superfluous-versions.ts';

const COLUMNS = `p.keep_versions AS "keepVersions", p.keep_days AS "keepDays", p.merge_saves AS "mergeSaves",
  p.bin_days AS "binDays"`;

export async function findPolicy(manager: EntityManager, enterpriseId: EnterpriseId): Promise<RetentionPolicy> {
  const [row] = await queryRows<RetentionPolicy>(
    manager,
    `SELECT ${COLUMNS} FROM retention_policy p WHERE p.enterprise_id = $1`,
    [enterpriseId],
  );
  return row ?? DEFAULT_RETENTION;
}

export async function savePolicy(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  policy: RetentionPolicy,
): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO retention_policy (enterprise_id, keep_versions, keep_days, merge_saves, bin_days) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (enterprise_id) DO UPDATE SET keep_versions = excluded.keep_versions, keep_days = excluded.keep_days,
       merge_saves = excluded.merge_saves, bin_days = excluded.bin_days`,
    [enterpriseId, policy.keepVersions, policy.keepDays, policy.mergeSaves, policy.binDays],
  );
}

/** What each enterprise keeps of its files' histories. */
export async function listKeeping(manager: EntityManager): Promise<(Keeping & { enterpriseId: EnterpriseId })[]> {
  const rows = await queryRows<RetentionPolicy & { enterpriseId: EnterpriseId; historyOn: boolean; isSet: boolean }>(
    manager,
    `SELECT e.id AS "enterpriseId", e.history_on AS "historyOn", p.enterprise_id IS NOT NULL AS "isSet", ${COLUMNS}
     FROM enterprise e LEFT JOIN retention_policy p ON p.enterprise_id = e.id ORDER BY e.id`,
  );
  return rows.map(({ isSet, ...row }) => (isSet ? row : { ...row, ...DEFAULT_RETENTION }));
}
