import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { JobCounts } from './periodic-job.ts';

export type JobRun = {
  readonly name: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly counts: JobCounts;
  /** Why the last run failed, or `null`. */
  readonly error: string | null;
};

export async function listJobRuns(manager: EntityManager): Promise<JobRun[]> {
  return queryRows<JobRun>(
    manager,
    `SELECT name, started_at AS "startedAt", ended_at AS "endedAt", counts, error FROM job_run ORDER BY name`,
    [],
  );
}

/** The last run of each job is kept: it says when the next is due, also after a restart or on another console. */
export async function saveJobRun(manager: EntityManager, run: JobRun): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO job_run (name, started_at, ended_at, counts, error) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
       counts = excluded.counts, error = excluded.error`,
    [run.name, run.startedAt, run.endedAt, JSON.stringify(run.counts), run.error],
  );
}
