import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people are told although nobody asked, and who has seen it. */
export class Notices1764000026000 implements MigrationInterface {
  readonly name = 'Notices1764000026000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE notice_seen, notice');
  }
}

const TABLES = [
  // user_id: NULL is every drive admin and the super admin, whoever they are when they look. topic: told once per enterprise.
  `CREATE TABLE notice (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     user_id uuid,
     topic text COLLATE "C",
     kind text NOT NULL,
     params jsonb NOT NULL,
     created_at timestamptz NOT NULL,
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE UNIQUE INDEX notice_topic ON notice (enterprise_id, topic)`,
  `CREATE INDEX notice_of_user ON notice (enterprise_id, user_id, created_at)`,
  `CREATE INDEX notice_age ON notice (created_at)`,
  `CREATE TABLE notice_seen (
     enterprise_id uuid NOT NULL,
     notice_id uuid NOT NULL,
     user_id uuid NOT NULL,
     PRIMARY KEY (enterprise_id, notice_id, user_id),
     FOREIGN KEY (enterprise_id, notice_id) REFERENCES notice (enterprise_id, id) ON DELETE CASCADE
   )`,
];
