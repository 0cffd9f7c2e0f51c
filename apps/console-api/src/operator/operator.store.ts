import type { EnterpriseId, OperatedEnterprise, SetEntitlement } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { queryRows } from '../platform/rows.ts';

type Row = Omit<OperatedEnterprise, 'entitledUntil' | 'usedBytes'> & {
  readonly entitledUntil: Date | null;
  readonly usedBytes: string;
};

/** From outside: sizes and switches, no names of people or files. */
export async function listEnterprises(manager: EntityManager, only?: EnterpriseId): Promise<OperatedEnterprise[]> {
  const rows = await queryRows<Row>(
    manager,
    `SELECT e.id, e.code, e.name, e.plan, e.entitled, e.entitled_until AS "entitledUntil", e.preview, e.history_on AS "historyOn",
            e.sync_on AS "syncOn", e.min_agent_version AS "minAgentVersion",
            (SELECT count(*)::int FROM app_user u WHERE u.enterprise_id = e.id AND u.deleted_at IS NULL) AS users,
            (SELECT coalesce(sum(s.used_bytes), 0) FROM space s WHERE s.enterprise_id = e.id) AS "usedBytes"
     FROM enterprise e WHERE $1::uuid IS NULL OR e.id = $1 ORDER BY e.code`,
    [only ?? null],
  );
  return rows.map((row) => ({
    ...row,
    entitledUntil: row.entitledUntil?.toISOString() ?? null,
    usedBytes: Number(row.usedBytes),
  }));
}

export async function updateEntitlement(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  wanted: z.output<typeof SetEntitlement>,
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE enterprise SET plan = $2, entitled = $3, preview = $4, entitled_until = $5,
                           min_agent_version = coalesce($6, min_agent_version)
     WHERE id = $1`,
    [enterpriseId, wanted.plan, wanted.entitled, wanted.preview, wanted.until, wanted.minAgentVersion ?? null],
  );
}

/** Not entitled yet: that is a step of its own (EN-1). */
export async function insertEnterprise(
  manager: EntityManager,
  enterprise: { readonly id: EnterpriseId; readonly code: string; readonly name: string },
): Promise<void> {
  await queryRows(manager, `INSERT INTO enterprise (id, code, name, plan) VALUES ($1, $2, $3, 'standard')`, [
    enterprise.id,
    enterprise.code,
    enterprise.name,
  ]);
}

export type Ending = { readonly enterpriseId: EnterpriseId; readonly until: Date };

/** Enterprises whose entitlement ends between now and then. */
export async function listEnding(manager: EntityManager, now: Date, horizon: Date): Promise<Ending[]> {
  return queryRows<Ending>(
    manager,
    `SELECT id AS "enterpriseId", entitled_until AS until FROM enterprise
     WHERE entitled AND entitled_until > $1 AND entitled_until <= $2`,
    [now, horizon],
  );
}

/** Enterprises whose entitlement ended after `since`: they act as switched off from then on (EN-6). */
export async function listEnded(manager: EntityManager, since: Date, now: Date): Promise<EnterpriseId[]> {
  const rows = await queryRows<{ id: EnterpriseId }>(
    manager,
    `SELECT id FROM enterprise WHERE entitled AND entitled_until > $1 AND entitled_until <= $2`,
    [since, now],
  );
  return rows.map((row) => row.id);
}
