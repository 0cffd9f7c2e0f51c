import type { EntityManager } from 'typeorm';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { queryRows } from '../platform/rows.ts';

/** Where a walk over a table stands: the key of the last row that is done. */
export type Position = { readonly enterpriseId: string; readonly id: string };
export type Pass = {
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly after: Position | null;
  readonly counts: JobCounts;
  /** Since the end; `null` while under way. */
  readonly restedMs: number | null;
};

export async function findPass(manager: EntityManager, name: string): Promise<Pass | undefined> {
  const [row] = await queryRows<Omit<Pass, 'restedMs'> & { restedMs: string | null }>(
    manager,
    `SELECT started_at AS "startedAt", ended_at AS "endedAt", after, counts,
            extract(epoch FROM now() - ended_at) * 1000 AS "restedMs"
     FROM collector_pass WHERE name = $1`,
    [name],
  );
  return row && { ...row, restedMs: row.restedMs === null ? null : Number(row.restedMs) };
}

export async function startPass(manager: EntityManager, name: string): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO collector_pass (name, started_at, counts) VALUES ($1, now(), '{}')
     ON CONFLICT (name) DO UPDATE SET started_at = now(), ended_at = NULL, after = NULL, counts = '{}'`,
    [name],
  );
}

export async function savePass(
  manager: EntityManager,
  name: string,
  state: { readonly after: Position | null; readonly counts: JobCounts; readonly ended: boolean },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE collector_pass SET after = $2, counts = $3, ended_at = CASE WHEN $4 THEN now() END WHERE name = $1`,
    [name, JSON.stringify(state.after), JSON.stringify(state.counts), state.ended],
  );
}
