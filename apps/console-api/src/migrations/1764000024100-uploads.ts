import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Uploads by browsers that are not finished: how far they are, and the chunks so far. */
export class Uploads1764000024100 implements MigrationInterface {
  readonly name = 'Uploads1764000024100';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE web_upload_chunk, web_upload');
  }
}

const TABLES = [
  // The id is that of the operation too: finishing twice is answered, not done twice.
  `CREATE TABLE web_upload (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     user_id uuid NOT NULL,
     space_id uuid NOT NULL,
     parent_id uuid NOT NULL,
     node_id uuid NOT NULL,
     name text COLLATE "C" NOT NULL,
     size bigint NOT NULL,
     mtime_ms double precision,
     on_clash text NOT NULL CHECK (on_clash IN ('refuse', 'version', 'rename')),
     offset_bytes bigint NOT NULL DEFAULT 0,
     chunks integer NOT NULL DEFAULT 0,
     expires_at timestamptz NOT NULL,
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE INDEX web_upload_user ON web_upload (enterprise_id, user_id)`,
  `CREATE INDEX web_upload_expiry ON web_upload (expires_at)`,
  `CREATE TABLE web_upload_chunk (
     enterprise_id uuid NOT NULL,
     upload_id uuid NOT NULL,
     ordinal integer NOT NULL,
     hash bytea NOT NULL,
     size integer NOT NULL,
     PRIMARY KEY (enterprise_id, upload_id, ordinal),
     FOREIGN KEY (enterprise_id, upload_id) REFERENCES web_upload (enterprise_id, id) ON DELETE CASCADE
   )`,
];
