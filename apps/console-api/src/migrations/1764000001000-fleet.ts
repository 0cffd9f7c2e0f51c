import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Registered sync tasks and what devices last reported: the newest snapshot only. */
export class Fleet1764000001000 implements MigrationInterface {
  readonly name = 'Fleet1764000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE device_status, sync_task');
  }
}

const TABLES = [
  `CREATE TABLE sync_task (
     enterprise_id uuid NOT NULL,
     device_id uuid NOT NULL,
     id uuid NOT NULL,
     mode text NOT NULL,
     space_id uuid NOT NULL,
     space_kind text NOT NULL,
     root_node_id uuid NOT NULL,
     local_path text NOT NULL,
     cloud_path text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     report jsonb,
     status text NOT NULL DEFAULT 'queued',
     reason text,
     status_since timestamptz NOT NULL DEFAULT now(),
     reported_at timestamptz,
     PRIMARY KEY (enterprise_id, device_id, id),
     FOREIGN KEY (enterprise_id, device_id) REFERENCES device (enterprise_id, id) ON DELETE CASCADE
   )`,
  // health_*: the answer of the health rules, kept so that lists sort and filter by it; health_until: when time alone changes it.
  `CREATE TABLE device_status (
     enterprise_id uuid NOT NULL,
     device_id uuid NOT NULL,
     boot_id uuid,
     sequence bigint,
     report jsonb,
     reported_at timestamptz,
     tasks integer NOT NULL DEFAULT 0,
     files bigint NOT NULL DEFAULT 0,
     pending bigint NOT NULL DEFAULT 0,
     failed bigint NOT NULL DEFAULT 0,
     last_full_sync timestamptz,
     health_word text NOT NULL DEFAULT 'offline',
     health_rank integer NOT NULL DEFAULT 0,
     health_reason text NOT NULL DEFAULT 'never_seen',
     health_params jsonb NOT NULL DEFAULT '{}',
     health_until timestamptz,
     PRIMARY KEY (enterprise_id, device_id),
     FOREIGN KEY (enterprise_id, device_id) REFERENCES device (enterprise_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX device_status_health ON device_status (enterprise_id, health_rank)`,
  `CREATE INDEX device_status_until ON device_status (health_until)`,
];
