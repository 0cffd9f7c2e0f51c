import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Spaces, nodes with their history, versions, chunks and packs. Every key leads with the enterprise, so that the tables can
 * be partitioned or distributed by it. Users, teams and devices are named without foreign keys: authors outlive accounts.
 * Nodes, versions and chunks carry none either: a check per row would lengthen the time a commit holds its space. Where only
 * the sweeper looks, an index is BRIN: rows lie in the order of time anyway, and commits need not pay for it.
 */
export class Drive1764000010000 implements MigrationInterface {
  readonly name = 'Drive1764000010000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...SPACE, ...NODE, ...VERSION, ...CHUNK, ...OPERATION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE op_answer, reservation, chunk_upload, chunk, pack, content_chunk, version');
    await runner.query('DROP TABLE node_history, node, commit_token, space');
  }
}

const SPACE = [
  // seq: of the newest change; its row lock makes feed order = commit order. epoch: changes when the database was restored.
  // cursor_key: signs cursors, so that only a cursor of this server can prove that the database is older than the cursor.
  // caps_rev: grows by 2 with every change of rights, so that an expiry, which counts 1, can never hide a change.
  `CREATE TABLE space (
     enterprise_id uuid NOT NULL REFERENCES enterprise (id),
     id uuid NOT NULL,
     kind text NOT NULL CHECK (kind IN ('enterprise', 'team', 'personal')),
     name text NOT NULL,
     owner_user_id uuid,
     team_id uuid,
     root_node_id uuid NOT NULL,
     seq bigint NOT NULL,
     epoch uuid NOT NULL DEFAULT gen_random_uuid(),
     cursor_key uuid NOT NULL DEFAULT gen_random_uuid(),
     quota_bytes bigint,
     used_bytes bigint NOT NULL DEFAULT 0,
     caps_rev integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     CHECK ((kind = 'personal') = (owner_user_id IS NOT NULL)),
     CHECK ((kind = 'team') = (team_id IS NOT NULL))
   )`,
  `CREATE UNIQUE INDEX space_enterprise ON space (enterprise_id) WHERE kind = 'enterprise'`,
  `CREATE UNIQUE INDEX space_team ON space (enterprise_id, team_id) WHERE kind = 'team'`,
  `CREATE UNIQUE INDEX space_owner ON space (enterprise_id, owner_user_id) WHERE kind = 'personal'`,
  // One row per transaction, seq: the last one it took. A cursor whose token is not here came from a later, lost state.
  `CREATE TABLE commit_token (
     enterprise_id uuid NOT NULL,
     space_id uuid NOT NULL,
     seq bigint NOT NULL,
     token uuid NOT NULL DEFAULT gen_random_uuid(),
     at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, space_id, seq)
   )`,
];

const NODE = [
  // live_name is NULL while trashed: names in the bin block nobody. Names compare byte by byte (BI-8).
  `CREATE TABLE node (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     parent_id uuid,
     name text COLLATE "C" NOT NULL,
     live_name text COLLATE "C",
     kind text NOT NULL CHECK (kind IN ('file', 'folder')),
     rev integer NOT NULL,
     seq bigint NOT NULL,
     version_id uuid,
     content_id bytea,
     size bigint,
     mtime_ms double precision,
     exec boolean NOT NULL DEFAULT false,
     trashed_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id),
     CONSTRAINT node_live_name UNIQUE (enterprise_id, space_id, parent_id, live_name) DEFERRABLE INITIALLY DEFERRED,
     CHECK ((trashed_at IS NULL) = (live_name IS NOT NULL)),
     CHECK (live_name = name),
     CHECK ((kind = 'file') = (version_id IS NOT NULL AND content_id IS NOT NULL AND size IS NOT NULL))
   )`,
  `CREATE INDEX node_folder ON node (enterprise_id, space_id, parent_id) WHERE kind = 'folder'`,
  `CREATE INDEX node_trash ON node (enterprise_id, space_id, trashed_at, id) WHERE trashed_at IS NOT NULL`,
  // One row per state a node was in, from_seq to to_seq (open: the present one). Answers "as of" and carries the feed: every change has its row,
  // so that a page of the feed never depends on what happened after it.
  `CREATE TABLE node_history (
     enterprise_id uuid NOT NULL,
     node_id uuid NOT NULL,
     from_seq bigint NOT NULL,
     to_seq bigint,
     space_id uuid NOT NULL,
     at timestamptz NOT NULL DEFAULT now(),
     parent_id uuid,
     name text COLLATE "C" NOT NULL,
     kind text NOT NULL,
     rev integer NOT NULL,
     version_id uuid,
     mtime_ms double precision,
     exec boolean NOT NULL,
     trashed boolean NOT NULL,
     PRIMARY KEY (enterprise_id, node_id, space_id, from_seq)
   )`,
  `CREATE UNIQUE INDEX node_history_feed ON node_history (enterprise_id, space_id, from_seq)`,
  `CREATE INDEX node_history_past ON node_history (enterprise_id, parent_id, to_seq) WHERE to_seq IS NOT NULL`,
];

const VERSION = [
  // Immutable but for `pinned`. content_id is computed here from the manifest, never believed from a client.
  `CREATE TABLE version (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     space_id uuid NOT NULL,
     node_id uuid NOT NULL,
     content_id bytea NOT NULL,
     size bigint NOT NULL,
     author_user_id uuid NOT NULL,
     author_device_id uuid,
     origin text NOT NULL CHECK (origin IN ('upload', 'sync', 'web')),
     pinned boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE INDEX version_node ON version (enterprise_id, node_id, id)`,
  `CREATE INDEX version_content ON version (enterprise_id, content_id)`,
  // Manifests of contents of two chunks and more; a content of one chunk has that chunk's hash as its id.
  `CREATE TABLE content_chunk (
     enterprise_id uuid NOT NULL,
     content_id bytea NOT NULL,
     ordinal integer NOT NULL,
     hash bytea NOT NULL,
     size integer NOT NULL,
     PRIMARY KEY (enterprise_id, content_id, ordinal)
   )`,
  `CREATE INDEX content_chunk_hash ON content_chunk (enterprise_id, hash)`,
];

const CHUNK = [
  `CREATE TABLE pack (
     enterprise_id uuid NOT NULL,
     id uuid NOT NULL,
     size bigint NOT NULL,
     live_bytes bigint NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, id)
   )`,
  `CREATE TABLE chunk (
     enterprise_id uuid NOT NULL,
     hash bytea NOT NULL CHECK (octet_length(hash) = 32),
     size integer NOT NULL,
     pack_id uuid NOT NULL,
     pack_offset bigint NOT NULL,
     last_seen timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, hash)
   )`,
  `CREATE INDEX chunk_pack ON chunk USING brin (pack_id)`,
  // Who proved to hold a chunk's bytes, and when (usable-hash rule). actor: the device, or the person on the web.
  `CREATE TABLE chunk_upload (
     enterprise_id uuid NOT NULL,
     actor_id uuid NOT NULL,
     hash bytea NOT NULL,
     at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, actor_id, hash)
   )`,
  `CREATE INDEX chunk_upload_at ON chunk_upload USING brin (at)`,
];

const OPERATION = [
  `CREATE TABLE reservation (
     enterprise_id uuid NOT NULL,
     space_id uuid NOT NULL,
     op_id uuid NOT NULL,
     bytes bigint NOT NULL,
     expires_at timestamptz NOT NULL,
     PRIMARY KEY (enterprise_id, space_id, op_id)
   )`,
  // What an operation was answered, so that sending it again does nothing again. Only done ones: a refusal may be retried.
  `CREATE TABLE op_answer (
     enterprise_id uuid NOT NULL,
     actor_id uuid NOT NULL,
     op_id uuid NOT NULL,
     outcome json NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (enterprise_id, actor_id, op_id)
   )`,
  `CREATE INDEX op_answer_age ON op_answer USING brin (created_at)`,
];
