import { AppError, type EnterpriseId, type SyncPolicy } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export async function readSyncPolicy(manager: EntityManager, enterpriseId: EnterpriseId): Promise<unknown> {
  const [row] = await queryRows<{ policy: unknown }>(
    manager,
    `SELECT sync_policy AS policy FROM enterprise WHERE id = $1`,
    [enterpriseId],
  );
  if (!row) throw new AppError('NOT_FOUND', { what: 'The enterprise' });
  return row.policy;
}

export async function updateSyncPolicy(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  policy: SyncPolicy,
): Promise<void> {
  await manager.query(`UPDATE enterprise SET sync_policy = $2 WHERE id = $1`, [enterpriseId, JSON.stringify(policy)]);
}
