import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Copies and restores are listed by space, the newest first. */
export class SpaceJobs1764000028500 implements MigrationInterface {
  readonly name = 'SpaceJobs1764000028500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX tree_copy_space ON tree_copy (enterprise_id, space_id, id) WHERE state = 'running' OR ended_at IS NOT NULL`,
    );
    await runner.query('CREATE INDEX restore_job_space ON restore_job (enterprise_id, space_id, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX tree_copy_space, restore_job_space');
  }
}
