import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A finished upload is kept for whoever lost its answer, and is not open: the limit of open ones asks for those alone. */
export class FinishedUploads1764000027200 implements MigrationInterface {
  readonly name = 'FinishedUploads1764000027200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE web_upload ADD COLUMN finished boolean NOT NULL DEFAULT false');
    await runner.query('DROP INDEX web_upload_user');
    await runner.query('CREATE INDEX web_upload_open ON web_upload (enterprise_id, user_id) WHERE NOT finished');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX web_upload_open');
    await runner.query('CREATE INDEX web_upload_user ON web_upload (enterprise_id, user_id)');
    await runner.query('ALTER TABLE web_upload DROP COLUMN finished');
  }
}
