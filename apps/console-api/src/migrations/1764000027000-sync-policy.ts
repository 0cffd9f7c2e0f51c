import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an enterprise decides for the tasks of all its devices; parsed by its schema, which knows what is not set. */
export class SyncPolicy1764000027000 implements MigrationInterface {
  readonly name = 'SyncPolicy1764000027000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE enterprise ADD COLUMN sync_policy jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE enterprise DROP COLUMN sync_policy');
  }
}
