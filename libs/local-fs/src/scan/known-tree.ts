import { DatabaseSync } from 'node:sqlite';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type LocalKey,
  type LocalNode,
  type Observed,
} from '@tideline/sync-core/tree';
import { BASE_COLUMNS, LOCAL_COLUMNS, toBaseNode, toLocalSeen, type SqlRow } from '../journal/rows.ts';
import { allRows, firstRow, prepareRows } from '../journal/statement.ts';

/** Folder by folder, each once: what was read is hardly ever asked for again. */
const CACHE_KIB = 2048;

/** Since when it never rested, and before when it is not to be read again. */
export type Busy = { readonly sinceMs: number; readonly retryAtMs: number };

export type KnownPresent = { readonly key: LocalKey; readonly node: LocalNode; readonly sinceMs: number };

/**
 * Base and the local overlay of the last scan, as the journal holds them, through a connection of the scanner's own. Between
 * `begin` and `end` everything comes from one moment.
 */
export type KnownTree = {
  begin(): void;
  end(): void;
  rootIdentity(): string | null;
  root(): BaseNode | undefined;
  get(id: BaseId): BaseNode | undefined;
  children(parent: BaseId): readonly BaseNode[];
  childByName(parent: BaseId, name: string): BaseNode | undefined;
  byFileId(fileId: bigint): readonly BaseNode[];
  /** Whether the last scan left any difference; if not, the three below answer nothing. */
  hasOverlay(): boolean;
  earlier(key: LocalKey): Observed<LocalNode> | undefined;
  earlierIn(parent: LocalKey): readonly KnownPresent[];
  earlierAt(parent: LocalKey, name: string): KnownPresent | undefined;
  lowestLocalKey(): number;
  /** A file that was being written to, or held, when it was last looked at. */
  busy(path: string): Busy | undefined;
  close(): void;
};

export function openKnownTree(journalPath: string): KnownTree {
  const db = new DatabaseSync(journalPath, { readOnly: true });
  db.exec(`PRAGMA busy_timeout = 5000; PRAGMA cache_size = -${CACHE_KIB}`);
  const node = (where: string) => prepareRows(db, `SELECT ${BASE_COLUMNS} FROM base WHERE ${where}`);
  const seen = (where: string) => prepareRows(db, `SELECT ${LOCAL_COLUMNS} FROM local_delta WHERE ${where}`);
  const byId = node('id = ?');
  const children = node(`parent = ? AND id <> ${ROOT_ID}`);
  const byName = node(`parent = ? AND local_name = ? AND id <> ${ROOT_ID} ORDER BY state, id DESC LIMIT 1`);
  const byFileId = node('file_id = ?');
  const byKey = seen('key = ?');
  const inFolder = seen('parent = ?');
  const inFolderByName = seen('parent = ? AND name = ?');
  const any = db.prepare('SELECT 1 FROM local_delta LIMIT 1');
  const meta = db.prepare('SELECT value FROM meta WHERE name = ?');
  const findMeta = (name: string) => meta.get(name)?.['value'] as string | undefined;
  let hasOverlay = false;
  const toNode = (row: SqlRow | undefined) => row && toBaseNode(row);
  return {
    begin: () => {
      db.exec('BEGIN');
      hasOverlay = any.get() !== undefined;
    },
    end: () => db.exec('COMMIT'),
    rootIdentity: () => {
      const task = JSON.parse(findMeta('task') ?? '{}') as { rootIdentity?: string | null };
      return task.rootIdentity ?? null;
    },
    root: () => toNode(firstRow(byId, ROOT_ID)),
    get: (id) => toNode(firstRow(byId, id)),
    children: (parent) => allRows(children, parent).map(toBaseNode),
    childByName: (parent, name) => toNode(firstRow(byName, parent, name)),
    byFileId: (fileId) => allRows(byFileId, BigInt.asIntN(64, fileId)).map(toBaseNode),
    hasOverlay: () => hasOverlay,
    earlier: (key) => {
      const row = hasOverlay ? firstRow(byKey, key) : undefined;
      return row && toLocalSeen(row)[1];
    },
    earlierIn: (parent) => (hasOverlay ? allRows(inFolder, parent).flatMap(toPresent) : []),
    earlierAt: (parent, name) => {
      const row = hasOverlay ? firstRow(inFolderByName, parent, name) : undefined;
      return row && toPresent(row)[0];
    },
    lowestLocalKey: () => Number(findMeta('lowestLocalKey') ?? 0),
    busy: findBusy(db),
    close: () => db.close(),
  };
}

function findBusy(db: DatabaseSync): KnownTree['busy'] {
  const find = db.prepare(
    `SELECT first_ms, retry_at_ms FROM problem WHERE path = ? AND code = 'BUSY' AND source = 'scan'`,
  );
  return (path) => {
    const row = find.get(path);
    return row && { sinceMs: Number(row['first_ms']), retryAtMs: Number(row['retry_at_ms']) };
  };
}

function toPresent(row: SqlRow): KnownPresent[] {
  const [key, seen] = toLocalSeen(row);
  return seen.t === 'present' ? [{ key, node: seen.node, sinceMs: seen.sinceMs }] : [];
}
