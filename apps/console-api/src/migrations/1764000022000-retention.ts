import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What purging, pruning of versions, reservations and copies need. New columns of nodes, history and versions are NULL for
 * everything that lives, and their indexes are partial: a commit pays for none of them.
 */
export class Retention1764000022000 implements MigrationInterface {
  readonly name = 'Retention1764000022000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...BIN, ...VERSIONS, ...QUOTA, ...COPY]) await runner.query(statement);
    for (const statement of FOUND_AGAIN) await runner.query(statement);
  }

  /** What waits to be purged stays in the bin; what was kept for the past alone becomes an ordinary version again, and counts. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE space s SET used_bytes = used_bytes + r.size FROM (
      SELECT enterprise_id, space_id, sum(size) AS size FROM version WHERE released_at IS NOT NULL GROUP BY 1, 2) r
      WHERE s.enterprise_id = r.enterprise_id AND s.id = r.space_id`);
    await runner.query('DROP TABLE tree_copy_folder, tree_copy, retention_policy');
    await runner.query('DROP INDEX node_purged, version_released, reservation_expiry');
    await runner.query('ALTER TABLE node DROP COLUMN trashed_by, DROP COLUMN purged_at, DROP COLUMN lost_path');
    await runner.query('ALTER TABLE node_history DROP COLUMN gone');
    await runner.query('ALTER TABLE version DROP COLUMN description, DROP COLUMN released_at');
    await runner.query('ALTER TABLE space DROP COLUMN reserved_bytes');
    await runner.query('ALTER TABLE reservation DROP COLUMN actor_id');
  }
}

const BIN = [
  // trashed_by: who put it into the bin. purged_at: given up; removed in slices together with what is below it, out of everybody's
  // reach meanwhile. lost_path: names of purged folders between parent_id and the place it was trashed from.
  `ALTER TABLE node ADD COLUMN trashed_by uuid, ADD COLUMN purged_at timestamptz, ADD COLUMN lost_path text[]`,
  `CREATE INDEX node_purged ON node (enterprise_id, space_id, id) WHERE purged_at IS NOT NULL`,
  // The last state of a node that is no longer in the space: 'purged', or 'left' for another space. Always with `trashed`, so
  // that readers who know trashed nodes only are right as well.
  `ALTER TABLE node_history ADD COLUMN gone text CHECK (gone IN ('left', 'purged'))`,
];

const VERSIONS = [
  // released_at: no longer in the file's history nor in its space's used bytes; stays until no row of node_history needs it.
  `ALTER TABLE version ADD COLUMN description text, ADD COLUMN released_at timestamptz`,
  `CREATE INDEX version_released ON version (enterprise_id, id) WHERE released_at IS NOT NULL`,
  `CREATE TABLE retention_policy (
     enterprise_id uuid PRIMARY KEY REFERENCES enterprise (id) ON DELETE CASCADE,
     keep_versions integer NOT NULL CHECK (keep_versions BETWEEN 1 AND 999),
     keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 999),
     merge_saves boolean NOT NULL,
     bin_days integer NOT NULL CHECK (bin_days BETWEEN 1 AND 999)
   )`,
];

const QUOTA = [
  // The sum of the space's reservations: room is found and taken by one conditional update.
  `ALTER TABLE space ADD COLUMN reserved_bytes bigint NOT NULL DEFAULT 0`,
  `ALTER TABLE reservation ADD COLUMN actor_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'`,
  `CREATE INDEX reservation_expiry ON reservation (expires_at)`,
];

const COPY = [
  // A copy of a folder under way; its author's rights are asked again in every slice. refusal: why it was given up.
  `CREATE TABLE tree_copy (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     target_id uuid NOT NULL,
     user_id uuid NOT NULL,
     device_id uuid,
     reads_personal_space boolean NOT NULL,
     copied_nodes integer NOT NULL DEFAULT 0,
     left_out integer NOT NULL DEFAULT 0,
     state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'refused')),
     refusal text,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE INDEX tree_copy_running ON tree_copy (created_at) WHERE state = 'running'`,
  // Folders whose children are still to be copied, from after_name on.
  `CREATE TABLE tree_copy_folder (
     enterprise_id uuid NOT NULL,
     copy_id uuid NOT NULL,
     ordinal bigint GENERATED ALWAYS AS IDENTITY,
     source_id uuid NOT NULL,
     target_id uuid NOT NULL,
     after_name text COLLATE "C" NOT NULL DEFAULT '',
     PRIMARY KEY (enterprise_id, copy_id, ordinal),
     FOREIGN KEY (enterprise_id, copy_id) REFERENCES tree_copy (enterprise_id, id) ON DELETE CASCADE
   )`,
];

/** Of a database that was here before and went back; without effect on any other, which has purged and promised nothing. */
const FOUND_AGAIN = [
  `WITH released AS (
     UPDATE version v SET released_at = now() WHERE NOT EXISTS (
       SELECT FROM node n WHERE n.enterprise_id = v.enterprise_id AND n.id = v.node_id)
     RETURNING enterprise_id, space_id, size
   )
   UPDATE space s SET used_bytes = used_bytes - r.size
   FROM (SELECT enterprise_id, space_id, sum(size) AS size FROM released GROUP BY 1, 2) r
   WHERE s.enterprise_id = r.enterprise_id AND s.id = r.space_id`,
  `UPDATE space s SET reserved_bytes = r.bytes
   FROM (SELECT enterprise_id, space_id, sum(bytes) AS bytes FROM reservation GROUP BY 1, 2) r
   WHERE s.enterprise_id = r.enterprise_id AND s.id = r.space_id`,
];
