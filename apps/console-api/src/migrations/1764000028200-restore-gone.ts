import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How much of what was there a restore cannot bring back; of plans from before it is not known and told as none. */
export class RestoreGone1764000028200 implements MigrationInterface {
  readonly name = 'RestoreGone1764000028200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restore_job ADD COLUMN gone_nodes integer NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE restore_job DROP COLUMN gone_nodes');
  }
}
