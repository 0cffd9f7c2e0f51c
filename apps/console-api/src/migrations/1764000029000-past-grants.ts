import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was given on folders that are gone from their space: whoever makes them again makes them for the same people (VE-4, ADR 0028). */
export class PastGrants1764000029000 implements MigrationInterface {
  readonly name = 'PastGrants1764000029000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** A server of before would make folders again without what closed them: plans to do so end. */
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // gone_seq: of the space, at which the folder's last state there ended. A list of actions may be gone by now.
  `CREATE TABLE past_grant (
     enterprise_id uuid NOT NULL,
     space_id uuid NOT NULL,
     node_id uuid NOT NULL,
     gone_seq bigint NOT NULL,
     identity_type text NOT NULL,
     identity_id uuid NOT NULL,
     role text,
     atoms text[],
     action_list_id uuid,
     sync_right text,
     sub_teams boolean NOT NULL,
     expires_at timestamptz,
     sync_expires_at timestamptz,
     created_by uuid,
     created_at timestamptz NOT NULL,
     PRIMARY KEY (enterprise_id, space_id, node_id, gone_seq, identity_type, identity_id),
     FOREIGN KEY (enterprise_id, space_id) REFERENCES space (enterprise_id, id) ON DELETE CASCADE
   )`,
  // grants_from_seq: of what was gone by then nobody knows what was given on it.
  `ALTER TABLE space ADD COLUMN grants_from_seq bigint NOT NULL DEFAULT 0`,
  `UPDATE space SET grants_from_seq = seq`,
  // was_id: of the folder that is made again.
  `ALTER TABLE restore_step ADD COLUMN was_id uuid`,
];

const DOWN = [
  `UPDATE restore_job j SET state = 'cancelled' WHERE state IN ('planned', 'applying') AND EXISTS (
     SELECT FROM restore_step s WHERE s.enterprise_id = j.enterprise_id AND s.job_id = j.id AND s.state = 'pending' AND s.was_id IS NOT NULL)`,
  `ALTER TABLE restore_step DROP COLUMN was_id`,
  `ALTER TABLE space DROP COLUMN grants_from_seq`,
  `DROP TABLE past_grant`,
];
