import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deleting, inviting and handing over: users that leave, spaces that are kept, quotas by kind. */
export class People1764000024000 implements MigrationInterface {
  readonly name = 'People1764000024000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Deleted users come back as disabled ones; an address used twice since then stays with whoever has it now. */
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  // A deleted user's row stays: authors of versions and grants have names. The address is free again.
  `ALTER TABLE app_user ADD COLUMN deleted_at timestamptz, ALTER COLUMN password_hash DROP NOT NULL,
     DROP CONSTRAINT app_user_enterprise_id_email_key`,
  `CREATE UNIQUE INDEX app_user_email ON app_user (enterprise_id, email) WHERE deleted_at IS NULL`,
  `CREATE INDEX session_user_id ON session (enterprise_id, user_id)`,
  // Only a hash of the secret is kept.
  `CREATE TABLE invitation (
     enterprise_id uuid NOT NULL,
     user_id uuid NOT NULL,
     secret_hash bytea NOT NULL UNIQUE,
     expires_at timestamptz NOT NULL,
     PRIMARY KEY (enterprise_id, user_id),
     FOREIGN KEY (enterprise_id, user_id) REFERENCES app_user (enterprise_id, id) ON DELETE CASCADE
   )`,
  // own_quota: set for this very space. kept_until: its user or team is deleted; then it goes for good.
  `ALTER TABLE space ADD COLUMN own_quota boolean NOT NULL DEFAULT false, ADD COLUMN kept_until timestamptz`,
  `CREATE INDEX space_kept ON space (kept_until) WHERE kept_until IS NOT NULL`,
  `CREATE TABLE quota_default (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     kind text NOT NULL CHECK (kind IN ('enterprise', 'team', 'personal')),
     quota_bytes bigint,
     PRIMARY KEY (enterprise_id, kind)
   )`,
  // position: ordinal of the last item that is carried over.
  `CREATE TABLE handover (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     from_name text NOT NULL,
     to_user_id uuid NOT NULL,
     to_space_id uuid NOT NULL,
     created_by uuid NOT NULL,
     folder_id uuid,
     planned boolean NOT NULL DEFAULT false,
     position integer NOT NULL DEFAULT 0,
     total integer NOT NULL DEFAULT 0,
     waits_for text,
     created_at timestamptz NOT NULL,
     done_at timestamptz,
     PRIMARY KEY (enterprise_id, id),
     FOREIGN KEY (enterprise_id, space_id) REFERENCES space (enterprise_id, id) ON DELETE CASCADE
   )`,
  `CREATE UNIQUE INDEX handover_open ON handover (enterprise_id, space_id) WHERE done_at IS NULL`,
  `CREATE TABLE handover_item (
     enterprise_id uuid NOT NULL,
     handover_id uuid NOT NULL,
     ordinal integer NOT NULL,
     node_id uuid NOT NULL,
     PRIMARY KEY (enterprise_id, handover_id, ordinal),
     FOREIGN KEY (enterprise_id, handover_id) REFERENCES handover (enterprise_id, id) ON DELETE CASCADE
   )`,
];

const DOWN = [
  `DROP TABLE handover_item, handover, quota_default, invitation`,
  `ALTER TABLE space DROP COLUMN own_quota, DROP COLUMN kept_until`,
  `DROP INDEX session_user_id`,
  `UPDATE app_user SET email = id::text || '.' || email, disabled_at = coalesce(disabled_at, deleted_at) WHERE deleted_at IS NOT NULL`,
  `UPDATE app_user SET password_hash = '' WHERE password_hash IS NULL`,
  `DROP INDEX app_user_email`,
  `ALTER TABLE app_user DROP COLUMN deleted_at, ALTER COLUMN password_hash SET NOT NULL,
     ADD CONSTRAINT app_user_enterprise_id_email_key UNIQUE (enterprise_id, email)`,
];
