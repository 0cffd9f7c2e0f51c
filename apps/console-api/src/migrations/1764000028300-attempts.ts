import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Copies and restores count their tries and end: `failed` when they are for nothing, `cancelled` when somebody wants that.
 * retry_at: not before that. waiting_since: since when a copy waits for room. ended_at: of those that took more than their request.
 */
export class Attempts1764000028300 implements MigrationInterface {
  readonly name = 'Attempts1764000028300';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['tree_copy', 'restore_job']) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN attempts integer NOT NULL DEFAULT 0, ADD COLUMN retry_at timestamptz`,
      );
    }
    await runner.query(
      `ALTER TABLE tree_copy ADD COLUMN waiting_since timestamptz, ADD COLUMN ended_at timestamptz, DROP CONSTRAINT tree_copy_state_check,
         ADD CONSTRAINT tree_copy_state_check CHECK (state IN ('running', 'done', 'refused', 'failed', 'cancelled'))`,
    );
  }

  /** An end stays an end. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE tree_copy SET state = 'refused' WHERE state IN ('failed', 'cancelled')`);
    await runner.query(
      `ALTER TABLE tree_copy DROP COLUMN waiting_since, DROP COLUMN ended_at, DROP CONSTRAINT tree_copy_state_check,
         ADD CONSTRAINT tree_copy_state_check CHECK (state IN ('running', 'done', 'refused'))`,
    );
    for (const table of ['tree_copy', 'restore_job']) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN attempts, DROP COLUMN retry_at`);
    }
  }
}
