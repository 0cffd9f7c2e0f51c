import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Hand-overs count their tries, as copies and restores do, so that one that fails is in nobody's way. retry_at: not before that. */
export class HandoverTries1764000028400 implements MigrationInterface {
  readonly name = 'HandoverTries1764000028400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE handover ADD COLUMN attempts integer NOT NULL DEFAULT 0, ADD COLUMN retry_at timestamptz,
         ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (CASE WHEN done_at IS NULL THEN 'open' ELSE 'done' END) STORED`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE handover DROP COLUMN attempts, DROP COLUMN retry_at, DROP COLUMN state');
  }
}
