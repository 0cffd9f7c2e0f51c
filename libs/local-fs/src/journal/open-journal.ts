import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import { createSqliteJournal, type JournalOrigin, type SqliteJournal } from './sqlite-journal.ts';

export type OpenJournalOptions = {
  /** The task has run before: a journal that is gone is lost state (K05), and the new one begins in recovery. */
  readonly isExpected?: boolean;
  readonly nowMs?: number;
  /** Overlay entries that are held in memory; of more of them none is. */
  readonly maxHeld?: number;
};

/**
 * Pages of a journal in memory. What SQLite has once taken, it frees, but the C library hardly ever gives it back: an agent keeps it for
 * as long as it lives, for each task. More makes nothing faster, as the system has the file in memory anyway.
 */
const CACHE_KIB = 4096;

/** SQLite's answers to a file that is damaged or no database at all; every other failure is passed on. */
const DAMAGED = new Set([11, 26]);

/** Opens the journal of a task. A damaged file is moved aside, never deleted, and an empty one begins in recovery. */
export function openJournal(path: string, options: OpenJournalOptions = {}): SqliteJournal {
  const { maxHeld } = options;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const existed = existsSync(path);
  const opened = openSound(path);
  if ('db' in opened) {
    const origin: JournalOrigin = existed ? { t: 'opened' } : { t: 'created' };
    const journal = createSqliteJournal(opened.db, { path, origin, maxHeld });
    if (!existed && options.isExpected) journal.advance({ meta: { recovery: true } });
    return journal;
  }
  const asidePath = moveAside(path, options.nowMs ?? Date.now());
  const origin: JournalOrigin = { t: 'damaged', asidePath, reason: opened.reason };
  const journal = createSqliteJournal(openDatabase(path), { path, origin, maxHeld });
  journal.advance({ meta: { recovery: true } });
  return journal;
}

function openSound(path: string): { db: DatabaseSync } | { reason: string } {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    const reason = findDamage(db);
    if (reason === undefined) {
      prepare(db);
      return { db };
    }
    db.close();
    return { reason };
  } catch (error) {
    db?.close();
    if (isDamage(error)) return { reason: error.message };
    throw error;
  }
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  prepare(db);
  return db;
}

function prepare(db: DatabaseSync): void {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`);
  migrate(db);
}

function findDamage(db: DatabaseSync): string | undefined {
  const answer = db.prepare('PRAGMA quick_check(1)').get();
  const text = String(Object.values(answer ?? {})[0]);
  if (text !== 'ok') return text;
  const version = schemaVersion(db);
  return version > SCHEMA_VERSION ? `written by a newer version (schema ${version})` : undefined;
}

function moveAside(path: string, nowMs: number): string {
  const asidePath = `${path}.damaged-${nowMs}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, asidePath + suffix);
  }
  return asidePath;
}

/** Extended result codes carry the plain one in their low byte. */
function isDamage(error: unknown): error is Error {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return DAMAGED.has(Number(error.errcode) & 0xff);
}
