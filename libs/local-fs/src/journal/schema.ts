import type { DatabaseSync } from 'node:sqlite';

/** Columns of a signature, the same in every table that holds one. */
export const SIG_COLUMNS = 'volume, file_id, birth_ns, sig_size, mtime_ns, ctime_ns, links';
const SIG_DDL = `volume TEXT, file_id INTEGER, birth_ns INTEGER, sig_size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, links INTEGER`;

/**
 * Step n brings a journal of version n to version n + 1; steps are never edited once released.
 * Names are indexed but not unique: in a cycle of renames a node that is staged still carries its old name in base while
 * another one has taken it already. Ids of both sides are unique.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE base (
     id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, local_name TEXT NOT NULL, cloud_name TEXT NOT NULL, kind INTEGER NOT NULL,
     cloud_id TEXT NOT NULL, rev INTEGER NOT NULL, content_id TEXT, size INTEGER, meta_ms REAL NOT NULL, exec INTEGER NOT NULL,
     state INTEGER NOT NULL, ${SIG_DDL}) STRICT;
   CREATE INDEX base_local_name ON base (parent, local_name);
   CREATE INDEX base_cloud_name ON base (parent, cloud_name);
   CREATE UNIQUE INDEX base_cloud_id ON base (cloud_id);
   CREATE INDEX base_file_id ON base (file_id) WHERE file_id IS NOT NULL;
   CREATE TABLE local_delta (
     key INTEGER PRIMARY KEY, t INTEGER NOT NULL, why TEXT, since_ms REAL NOT NULL, parent INTEGER, name TEXT, kind INTEGER,
     content_id TEXT, size INTEGER, chunks TEXT, meta_ms REAL, exec INTEGER, ${SIG_DDL}) STRICT;
   CREATE INDEX local_delta_parent ON local_delta (parent) WHERE parent IS NOT NULL;
   CREATE TABLE cloud_delta (
     id TEXT PRIMARY KEY, t INTEGER NOT NULL, why TEXT, since_ms REAL NOT NULL, parent_id TEXT, name TEXT, kind INTEGER,
     rev INTEGER, seq INTEGER, content_id TEXT, size INTEGER, meta_ms REAL, exec INTEGER) STRICT, WITHOUT ROWID;
   CREATE TABLE op (op_id TEXT PRIMARY KEY, place INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
   CREATE INDEX op_place ON op (place);
   CREATE TABLE problem (
     path TEXT PRIMARY KEY, code TEXT NOT NULL, params TEXT NOT NULL, first_ms REAL NOT NULL, last_ms REAL NOT NULL,
     attempts INTEGER NOT NULL, retry_at_ms REAL NOT NULL) STRICT;
   CREATE TABLE hold (
     hold_id TEXT PRIMARY KEY, kind TEXT NOT NULL, ids TEXT NOT NULL, files INTEGER NOT NULL, since_ms REAL NOT NULL,
     answer TEXT) STRICT;
   CREATE TABLE deletion (at_ms REAL NOT NULL, files INTEGER NOT NULL) STRICT;
   CREATE INDEX deletion_at ON deletion (at_ms);
   CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE problem ADD COLUMN source TEXT NOT NULL DEFAULT 'cycle'`,
  `CREATE TABLE deed (at_ms REAL NOT NULL, kind TEXT NOT NULL, nodes TEXT NOT NULL, files INTEGER NOT NULL) STRICT;
   CREATE INDEX deed_at ON deed (at_ms);
   INSERT INTO deed SELECT at_ms, 'trashedInCloud', '[]', files FROM deletion;
   DROP TABLE deletion;
   ALTER TABLE hold ADD COLUMN gone TEXT`,
  `CREATE INDEX cloud_delta_parent ON cloud_delta (parent_id) WHERE parent_id IS NOT NULL;
   CREATE INDEX cloud_delta_gone ON cloud_delta (t) WHERE t <> 0;
   CREATE INDEX local_delta_gone ON local_delta (t) WHERE t <> 0`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** K11: all missing steps in one transaction, so that a kill leaves the old or the new schema. */
export function migrate(db: DatabaseSync): void {
  const version = schemaVersion(db);
  if (version === SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
