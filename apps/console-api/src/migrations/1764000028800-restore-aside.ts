import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The seq to which a step brought its node: what a restore moved aside itself is no change that somebody made since its plan. */
export class RestoreAside1764000028800 implements MigrationInterface {
  readonly name = 'RestoreAside1764000028800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restore_step ADD COLUMN done_seq bigint');
    await runner.query(
      `CREATE INDEX restore_step_aside ON restore_step (enterprise_id, job_id, node_id) WHERE kind = 'aside'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX restore_step_aside');
    await runner.query('ALTER TABLE restore_step DROP COLUMN done_seq');
  }
}
