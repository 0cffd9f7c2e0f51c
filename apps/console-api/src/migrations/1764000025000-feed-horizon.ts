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
    // Of a database that was here before and went back, see below; of any other it is the first commit.
    await runner.query(
      `UPDATE space s SET feed_from_seq = t.seq, history_from_seq = t.seq
       FROM (SELECT enterprise_id, space_id, min(seq) AS seq FROM commit_token GROUP BY 1, 2) t
       WHERE s.enterprise_id = t.enterprise_id AND s.id = t.space_id`,
    );
  }

  /** Commits before the horizon are forgotten, so that no cursor and no moment leads to where something may be missing. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DELETE FROM commit_token t USING space s WHERE s.enterprise_id = t.enterprise_id AND s.id = t.space_id
         AND t.seq < greatest(s.feed_from_seq, s.history_from_seq)`,
    );
    await runner.query('ALTER TABLE space DROP COLUMN feed_from_seq, DROP COLUMN history_from_seq');
  }
}
