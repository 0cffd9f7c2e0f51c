import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rights on folders (PE-4). One row per folder and identity; role atoms and sync right are axes of their own (PE-1). */
export class Grants1764000011000 implements MigrationInterface {
  readonly name = 'Grants1764000011000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE folder_grant');
  }
}

const TABLES = [
  // atoms and sync_right: NULL says nothing on that axis, so that a parent folder's grant goes on holding.
  `CREATE TABLE folder_grant (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     node_id uuid NOT NULL,
     identity_type text NOT NULL CHECK (identity_type IN ('user', 'team')),
     identity_id uuid NOT NULL,
     atoms text[],
     sync_right text CHECK (sync_right IN ('none', 'backer', 'synchronizer')),
     sub_teams boolean NOT NULL DEFAULT true,
     expires_at timestamptz,
     created_by uuid,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     UNIQUE (enterprise_id, node_id, identity_type, identity_id),
     FOREIGN KEY (enterprise_id, space_id) REFERENCES space (enterprise_id, id),
     FOREIGN KEY (enterprise_id, node_id) REFERENCES node (enterprise_id, id)
   )`,
  `CREATE INDEX folder_grant_space ON folder_grant (enterprise_id, space_id)`,
  `CREATE INDEX folder_grant_identity ON folder_grant (enterprise_id, identity_type, identity_id)`,
];
