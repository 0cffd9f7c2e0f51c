import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As of which seq a restore was planned: what changed after that is not taken away by it. Plans made before have none. */
export class RestorePlannedAt1764000027100 implements MigrationInterface {
  readonly name = 'RestorePlannedAt1764000027100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restore_job ADD COLUMN planned_seq bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restore_job DROP COLUMN planned_seq');
  }
}
