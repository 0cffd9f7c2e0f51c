import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Point-in-time restores: the plan is its preview, and what is left of it after a restart. */
export class Restore1764000025100 implements MigrationInterface {
  readonly name = 'Restore1764000025100';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE restore_step, restore_job');
  }
}

const TABLES = [
  // Who asked is asked about in every slice: rights lost meanwhile are lost for the restore too.
  `CREATE TABLE restore_job (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id) ON DELETE CASCADE,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     folder_id uuid NOT NULL,
     user_id uuid NOT NULL,
     device_id uuid,
     reads_personal_space boolean NOT NULL,
     at timestamptz NOT NULL,
     as_of_seq bigint NOT NULL,
     state text NOT NULL DEFAULT 'planning'
       CHECK (state IN ('planning', 'planned', 'applying', 'done', 'cancelled', 'failed')),
     failure text,
     counts jsonb NOT NULL DEFAULT '{}',
     steps integer NOT NULL DEFAULT 0,
     done_steps integer NOT NULL DEFAULT 0,
     refused_steps integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE INDEX restore_job_running ON restore_job (created_at, id) WHERE state IN ('planning', 'applying')`,
  `CREATE INDEX restore_job_age ON restore_job (created_at)`,
  // op_id: the step is carried out once, whatever happens in between. version_id: whose content comes back.
  `CREATE TABLE restore_step (
     enterprise_id uuid NOT NULL,
     job_id uuid NOT NULL,
     ordinal integer NOT NULL,
     kind text NOT NULL,
     op_id uuid NOT NULL DEFAULT gen_random_uuid(),
     node_id uuid NOT NULL,
     node_kind text NOT NULL,
     parent_id uuid,
     name text COLLATE "C",
     version_id uuid,
     size bigint,
     mtime_ms double precision,
     exec boolean NOT NULL DEFAULT false,
     from_path text,
     to_path text,
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'refused')),
     code text,
     PRIMARY KEY (enterprise_id, job_id, ordinal),
     FOREIGN KEY (enterprise_id, job_id) REFERENCES restore_job (enterprise_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX restore_step_pending ON restore_step (enterprise_id, job_id, ordinal) WHERE state = 'pending'`,
];
