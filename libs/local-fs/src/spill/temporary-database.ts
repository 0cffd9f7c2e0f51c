import { DatabaseSync } from 'node:sqlite';

const CACHE_KIB = 4096;

/**
 * A database of this process alone, in a file without a name: whatever happens to the process, nothing of it is left. It goes when
 * nobody refers to it any more.
 */
export function openTemporaryDatabase(): DatabaseSync {
  const db = new DatabaseSync('');
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE_KIB}`);
  return db;
}
