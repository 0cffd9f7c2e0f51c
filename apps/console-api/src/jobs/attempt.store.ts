import type { EnterpriseId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

const FIRST_WAIT_SECONDS = 10;
const LONGEST_WAIT_SECONDS = 600;

/** A row of a table that counts what was tried for it, with its `attempts` and `retry_at`. */
export type CountedRow = {
  readonly table: 'tree_copy' | 'restore_job' | 'handover';
  readonly enterpriseId: EnterpriseId;
  readonly id: string;
};

/** How many tries this one makes; `undefined`: the row is in another state by now. */
export async function beginAttempt(
  manager: EntityManager,
  row: CountedRow & { readonly state: string },
  attempt: { readonly count: 0 | 1; readonly now: Date },
): Promise<number | undefined> {
  const [begun] = await queryRows<{ attempts: number }>(
    manager,
    `UPDATE ${row.table} SET attempts = attempts + $3, retry_at = $4::timestamptz
       + least(${LONGEST_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * power(4, least(attempts, 9))) * interval '1 second'
     WHERE enterprise_id = $1 AND id = $2 AND state = $5 RETURNING attempts`,
    [row.enterpriseId, row.id, attempt.count, attempt.now, row.state],
  );
  return begun?.attempts;
}

/** Takes the count of the last try back. */
export async function forgiveAttempt(manager: EntityManager, row: CountedRow): Promise<void> {
  await queryRows(
    manager,
    `UPDATE ${row.table} SET attempts = attempts - 1 WHERE enterprise_id = $1 AND id = $2 AND attempts > 0`,
    [row.enterpriseId, row.id],
  );
}
