import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { ROOT_ID, type BaseId, type BaseNode, type BaseView } from '@tideline/sync-core/tree';
import { BASE_COLUMNS, fromBaseNode, marks, toBaseNode, type SqlRow } from './rows.ts';
import { RowCache } from './row-cache.ts';
import { allRows, firstRow, prepareRows } from './statement.ts';

export type BaseStore = BaseView & {
  /** Removes `forget` and writes `rows`; rows may exchange their names among each other. */
  write(change: { rows: readonly BaseNode[]; forget: readonly BaseId[] }): void;
  highestId(): BaseId;
  /** Nothing that was read or written since the transaction began may be believed any more. */
  rolledBack(): void;
};

/** Of several rows with one name (only while a cycle of renames runs), the managed one, then the newest. */
const BEST_FIRST = 'ORDER BY state, id DESC LIMIT 1';

export function createBaseStore(db: DatabaseSync): BaseStore {
  const one = (where: string) => {
    const statement = prepareRows(db, `SELECT ${BASE_COLUMNS} FROM base WHERE ${where}`);
    return (...values: SQLInputValue[]) => toNode(firstRow(statement, ...values));
  };
  const cache = new RowCache({ byId: one('id = ?'), byCloudId: one('cloud_id = ?') });
  const byLocalName = one(`parent = ? AND local_name = ? AND id <> ${ROOT_ID} ${BEST_FIRST}`);
  const byCloudName = one(`parent = ? AND cloud_name = ? AND id <> ${ROOT_ID} ${BEST_FIRST}`);
  const children = prepareRows(db, `SELECT ${BASE_COLUMNS} FROM base WHERE parent = ? AND id <> ${ROOT_ID}`);
  const count = db.prepare('SELECT count(*) AS n FROM base WHERE kind = 0 AND state = 0');
  const highest = db.prepare('SELECT max(id) AS n FROM base');
  const remove = db.prepare('DELETE FROM base WHERE id = ?');
  const insert = db.prepare(`INSERT INTO base (${BASE_COLUMNS}) VALUES (${marks(BASE_COLUMNS)})`);
  return {
    get: cache.byId,
    byCloudId: cache.byCloudId,
    children: (parent) => allRows(children, parent).map(toBaseNode),
    childByLocalName: (parent, name) => byLocalName(parent, name),
    childByCloudName: (parent, name) => byCloudName(parent, name),
    fileCount: () => Number(count.get()?.['n'] ?? 0),
    highestId: () => Number(highest.get()?.['n'] ?? 0),
    write: ({ rows, forget }) => {
      for (const id of forget) remove.run(id);
      for (const row of rows) remove.run(row.id);
      for (const row of rows) insert.run(...fromBaseNode(row));
      cache.written({ rows, forget });
    },
    rolledBack: () => cache.clear(),
  };
}

const toNode = (row: SqlRow | undefined): BaseNode | undefined => row && toBaseNode(row);
