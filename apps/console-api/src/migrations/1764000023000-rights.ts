import { FOLDER_ROLE_ATOMS } from '@tideline/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Folder roles and lists of actions on grants (PE-6), and which expiries were told. A grant goes with its folder. */
export class Rights1764000023000 implements MigrationInterface {
  readonly name = 'Rights1764000023000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Roles become what they mean, action by action: without it a folder that was closed to somebody would be open again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE folder_grant DROP CONSTRAINT folder_grant_role`);
    for (const [role, atoms] of Object.entries(FOLDER_ROLE_ATOMS)) {
      await runner.query(`UPDATE folder_grant SET atoms = $2 WHERE role = $1`, [role, atoms]);
    }
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE action_list (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     name text NOT NULL,
     atoms text[] NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     UNIQUE (enterprise_id, name)
   )`,
  // The atoms of a grant are those of its list; a role's are the code's, so that one table decides what a role means.
  `ALTER TABLE folder_grant
     ADD COLUMN role text,
     ADD COLUMN action_list_id uuid,
     ADD COLUMN expiry_told boolean NOT NULL DEFAULT false,
     ADD CONSTRAINT folder_grant_action_list FOREIGN KEY (enterprise_id, action_list_id)
       REFERENCES action_list (enterprise_id, id),
     ADD CONSTRAINT folder_grant_role CHECK (role IS NULL OR (atoms IS NULL AND action_list_id IS NULL)),
     DROP CONSTRAINT folder_grant_enterprise_id_node_id_fkey,
     DROP CONSTRAINT folder_grant_enterprise_id_space_id_fkey,
     ADD CONSTRAINT folder_grant_node FOREIGN KEY (enterprise_id, node_id) REFERENCES node (enterprise_id, id) ON DELETE CASCADE,
     ADD CONSTRAINT folder_grant_of_space FOREIGN KEY (enterprise_id, space_id) REFERENCES space (enterprise_id, id) ON DELETE CASCADE`,
  `CREATE INDEX folder_grant_action_list ON folder_grant (enterprise_id, action_list_id) WHERE action_list_id IS NOT NULL`,
  `CREATE INDEX folder_grant_expiry ON folder_grant (expires_at) WHERE expires_at IS NOT NULL AND NOT expiry_told`,
];

const DOWN = [
  `ALTER TABLE folder_grant DROP CONSTRAINT folder_grant_action_list,
     DROP COLUMN role, DROP COLUMN action_list_id, DROP COLUMN expiry_told,
     DROP CONSTRAINT folder_grant_node, DROP CONSTRAINT folder_grant_of_space,
     ADD CONSTRAINT folder_grant_enterprise_id_node_id_fkey FOREIGN KEY (enterprise_id, node_id) REFERENCES node (enterprise_id, id),
     ADD CONSTRAINT folder_grant_enterprise_id_space_id_fkey FOREIGN KEY (enterprise_id, space_id) REFERENCES space (enterprise_id, id)`,
  `DROP TABLE action_list`,
];
