import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Enterprises, people, teams, sessions, enrollment tokens and devices. Every key leads with the enterprise. */
export class Identity1764000000000 implements MigrationInterface {
  readonly name = 'Identity1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...ENTERPRISE, ...SESSION, ...DEVICE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = 'used_challenge, device, enrollment_token_user, enrollment_token, session, operator, server_secret';
    await runner.query(`DROP TABLE ${tables}, team_member, team, app_user, enterprise`);
  }
}

const ENTERPRISE = [
  `CREATE TABLE enterprise (
     id uuid PRIMARY KEY,
     code text NOT NULL UNIQUE,
     name text NOT NULL,
     plan text NOT NULL,
     preview boolean NOT NULL DEFAULT false,
     entitled boolean NOT NULL DEFAULT false,
     entitled_until timestamptz,
     history_on boolean NOT NULL DEFAULT false,
     sync_on boolean NOT NULL DEFAULT false,
     enabled_since timestamptz,
     min_agent_version text NOT NULL DEFAULT '1.4.0',
     created_at timestamptz NOT NULL DEFAULT now(),
     CHECK (history_on OR NOT sync_on)
   )`,
  `CREATE TABLE app_user (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     email text NOT NULL,
     name text NOT NULL,
     role text NOT NULL,
     password_hash text NOT NULL,
     disabled_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     UNIQUE (enterprise_id, email)
   )`,
  // A team's name stands in cloud paths (team/NAME:/), so it is unique in the whole enterprise.
  `CREATE TABLE team (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     parent_id uuid,
     name text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     UNIQUE (enterprise_id, name),
     FOREIGN KEY (enterprise_id, parent_id) REFERENCES team (enterprise_id, id)
   )`,
  `CREATE INDEX team_parent ON team (enterprise_id, parent_id)`,
  `CREATE TABLE team_member (
     enterprise_id uuid NOT NULL,
     team_id uuid NOT NULL,
     user_id uuid NOT NULL,
     PRIMARY KEY (enterprise_id, team_id, user_id),
     FOREIGN KEY (enterprise_id, team_id) REFERENCES team (enterprise_id, id) ON DELETE CASCADE,
     FOREIGN KEY (enterprise_id, user_id) REFERENCES app_user (enterprise_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX team_member_user ON team_member (enterprise_id, user_id)`,
];

const SESSION = [
  `CREATE TABLE operator (
     id uuid PRIMARY KEY,
     email text NOT NULL UNIQUE,
     name text NOT NULL,
     password_hash text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  // The enterprise is absent for operators. Only a hash of the cookie's token is kept.
  `CREATE TABLE session (
     token_hash bytea PRIMARY KEY,
     id uuid NOT NULL,
     enterprise_id uuid,
     user_id uuid NOT NULL,
     csrf_token text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     FOREIGN KEY (enterprise_id, user_id) REFERENCES app_user (enterprise_id, id) ON DELETE CASCADE
   )`,
  `CREATE INDEX session_expiry ON session (expires_at)`,
  `CREATE UNIQUE INDEX session_id ON session (id)`,
  `CREATE TABLE server_secret (name text PRIMARY KEY, secret bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`,
];

const DEVICE = [
  // any_user: the first-start token, which enrolls a device for any user of the enterprise.
  `CREATE TABLE enrollment_token (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     secret_hash bytea NOT NULL UNIQUE,
     label text NOT NULL,
     team_id uuid,
     any_user boolean NOT NULL DEFAULT false,
     uses integer NOT NULL DEFAULT 0,
     max_uses integer,
     expires_at timestamptz,
     loopback_only boolean NOT NULL DEFAULT false,
     pre_approved boolean NOT NULL DEFAULT true,
     reads_personal_space boolean NOT NULL DEFAULT false,
     revoked_at timestamptz,
     created_by uuid,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     FOREIGN KEY (enterprise_id, team_id) REFERENCES team (enterprise_id, id)
   )`,
  `CREATE TABLE enrollment_token_user (
     enterprise_id uuid NOT NULL,
     token_id uuid NOT NULL,
     user_id uuid NOT NULL,
     PRIMARY KEY (enterprise_id, token_id, user_id),
     FOREIGN KEY (enterprise_id, token_id) REFERENCES enrollment_token (enterprise_id, id) ON DELETE CASCADE,
     FOREIGN KEY (enterprise_id, user_id) REFERENCES app_user (enterprise_id, id) ON DELETE CASCADE
   )`,
  // reads_personal_space: PE-5, false until the person confirms a device that a console-made token enrolled.
  `CREATE TABLE device (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL UNIQUE,
     user_id uuid NOT NULL,
     name text NOT NULL,
     public_key text NOT NULL,
     key_store text NOT NULL,
     os text NOT NULL,
     arch text NOT NULL,
     hostname text NOT NULL,
     agent_version text NOT NULL,
     lifecycle text NOT NULL,
     reads_personal_space boolean NOT NULL,
     enrolled_at timestamptz NOT NULL DEFAULT now(),
     last_seen timestamptz,
     PRIMARY KEY (enterprise_id, id),
     FOREIGN KEY (enterprise_id, user_id) REFERENCES app_user (enterprise_id, id)
   )`,
  `CREATE INDEX device_user ON device (enterprise_id, user_id)`,
  // A signed challenge buys one access token; its id stays here until it would have expired anyway.
  `CREATE TABLE used_challenge (id uuid PRIMARY KEY, expires_at timestamptz NOT NULL)`,
  `CREATE INDEX used_challenge_expiry ON used_challenge (expires_at)`,
];
