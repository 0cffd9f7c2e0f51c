import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The last run of each background job. */
export class Jobs1764000020000 implements MigrationInterface {
  readonly name = 'Jobs1764000020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE job_run (
         name text PRIMARY KEY,
         started_at timestamptz NOT NULL,
         ended_at timestamptz NOT NULL,
         counts jsonb NOT NULL,
         error text
       )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE job_run');
  }
}
