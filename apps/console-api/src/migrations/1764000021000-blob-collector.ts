import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What collecting garbage and scrubbing need. Every column is NULL for a sound chunk and a pack in use, and every index is
 * partial over what is not: a commit pays for none of it.
 */
export class BlobCollector1764000021000 implements MigrationInterface {
  readonly name = 'BlobCollector1764000021000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE scrub_finding, collector_pass, content_garbage');
    await runner.query('ALTER TABLE pack DROP COLUMN retired_at');
    await runner.query('ALTER TABLE chunk DROP COLUMN garbage_since, DROP COLUMN damaged_at');
  }
}

const UP = [
  // garbage_since: found unreferenced and unseen then; removed only when it still is so after a grace, under a lock.
  // damaged_at: its bytes are lost or wrong; it counts as missing until somebody sends them again.
  `ALTER TABLE chunk ADD COLUMN garbage_since timestamptz, ADD COLUMN damaged_at timestamptz`,
  `CREATE INDEX chunk_garbage ON chunk (garbage_since) WHERE garbage_since IS NOT NULL`,
  `CREATE INDEX chunk_damaged ON chunk (enterprise_id, hash) WHERE damaged_at IS NOT NULL`,
  // retired_at: no chunk lies in it any more, nor ever will; the object stays for readers and for restored databases.
  // live_bytes counts chunks that are not damaged.
  `ALTER TABLE pack ADD COLUMN retired_at timestamptz`,
  `CREATE INDEX pack_retired ON pack (retired_at) WHERE retired_at IS NOT NULL`,
  // Manifests that no version had when they were looked at.
  `CREATE TABLE content_garbage (
     enterprise_id uuid NOT NULL,
     content_id bytea NOT NULL,
     since timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, content_id)
   )`,
  // Walks over whole tables that go on where the last run ended. ended_at NULL: under way, done up to `after`.
  `CREATE TABLE collector_pass (
     name text PRIMARY KEY,
     started_at timestamptz NOT NULL,
     ended_at timestamptz,
     after json,
     counts json NOT NULL
   )`,
  `CREATE TABLE scrub_finding (
     enterprise_id uuid NOT NULL,
     hash bytea NOT NULL,
     pack_id uuid NOT NULL,
     damage text NOT NULL CHECK (damage IN ('missing', 'corrupt')),
     found_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, hash, pack_id)
   )`,
];
