import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { JobCounts } from './periodic-job.ts';

/** The last run of a job, as every console sees it. */
export type JobRun = {
  readonly name: string;
  readonly startedAt: Date;
  /** `null`: none has ended yet. */
  readonly endedAt: Date | null;
  readonly counts: JobCounts;
  /** Why the last run failed, or `null`. */
  readonly error: string | null;
  /** Its time was over before its work was. */
  readonly isCut: boolean;
  /** Some console runs it now. */
  readonly isHeld: boolean;
};
export type RunKey = { readonly name: string; readonly runId: string };
type Ended = RunKey & Pick<JobRun, 'counts' | 'error' | 'isCut'> & { readonly endedAt: Date };

export async function listJobRuns(manager: EntityManager): Promise<JobRun[]> {
  return queryRows<JobRun>(
    manager,
    `SELECT name, started_at AS "startedAt", ended_at AS "endedAt", counts, error, is_cut AS "isCut",
            coalesce(held_until > now(), false) AS "isHeld"
     FROM job_run ORDER BY name`,
    [],
  );
}

/**
 * Whether the job is this run's until `leaseMs` from now, by the database's clock. Never two at once hold it; a console that is
 * gone holds it for that long at most. `after`: the end of the run that was seen last, or the job may have run since.
 */
export async function claimRun(
  manager: EntityManager,
  run: RunKey & { readonly startedAt: Date; readonly leaseMs: number; readonly after: Date | null | undefined },
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `INSERT INTO job_run AS r (name, run_id, started_at, held_until, counts)
     VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond', '{}')
     ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id, started_at = excluded.started_at, held_until = excluded.held_until
     WHERE (r.held_until IS NULL OR r.held_until <= now()) AND ($5 OR r.ended_at IS NOT DISTINCT FROM $6)
     RETURNING name`,
    [run.name, run.runId, run.startedAt, run.leaseMs, run.after === undefined, run.after ?? null],
  );
  return rows.length > 0;
}

/** Answers those that are still held. */
export async function renewRuns(
  manager: EntityManager,
  runIds: readonly string[],
  leaseMs: number,
): Promise<Set<string>> {
  const rows = await queryRows<{ id: string }>(
    manager,
    `UPDATE job_run SET held_until = now() + $2 * interval '1 millisecond' WHERE run_id = ANY($1::uuid[])
     RETURNING run_id AS id`,
    [runIds, leaseMs],
  );
  return new Set(rows.map((row) => row.id));
}

/** The job is free again. Without effect when the run lost it. */
export async function saveEnd(manager: EntityManager, run: Ended): Promise<void> {
  await queryRows(
    manager,
    `UPDATE job_run SET ended_at = $3, counts = $4, error = $5, is_cut = $6, run_id = NULL, held_until = NULL
     WHERE name = $1 AND run_id = $2`,
    [run.name, run.runId, run.endedAt, JSON.stringify(run.counts), run.error, run.isCut],
  );
}
