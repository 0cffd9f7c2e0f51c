import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who runs a job holds it in its row, so that each may run on any console, and beside the others. */
export class JobClaims1764000028000 implements MigrationInterface {
  readonly name = 'JobClaims1764000028000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE job_run ADD COLUMN run_id uuid, ADD COLUMN held_until timestamptz,
         ADD COLUMN is_cut boolean NOT NULL DEFAULT false, ALTER COLUMN ended_at DROP NOT NULL`,
    );
  }

  /** A run that never ended is one that never was: the job is due. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM job_run WHERE ended_at IS NULL');
    await runner.query(
      `ALTER TABLE job_run DROP COLUMN run_id, DROP COLUMN held_until, DROP COLUMN is_cut, ALTER COLUMN ended_at SET NOT NULL`,
    );
  }
}
