import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far back the feed and the history of a space reach. Two columns of the row that every commit writes anyway. */
export class FeedHorizon1764000025000 implements MigrationInterface {
  readonly name = 'FeedHorizon1764000025000';

  async up(runner: QueryRunner): Promise<void> {
    // feed_from_seq: older cursors have expired, since what they would have to be told may be gone.
    // history_from_seq: states that ended at or before it may be gone; nothing older can be listed or restored.
    await runner.query(
      `ALTER TABLE space ADD COLUMN feed_from_seq bigint NOT NULL DEFAULT 0, ADD COLUMN history_from_seq bigint NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE space DROP COLUMN feed_from_seq, DROP COLUMN history_from_seq');
  }
}
