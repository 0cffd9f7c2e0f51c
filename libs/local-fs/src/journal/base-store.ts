import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { ROOT_ID, type BaseId, type BaseNode, type BaseView } from '@tideline/sync-core/tree';
import { NamesInFolder } from './names-in-folder.ts';
import { BASE_COLUMNS, fromBaseNode, marks, toBaseNode, type SqlRow } from './rows.ts';
import { RowCache } from './row-cache.ts';
import { allRows, firstRow, prepareRows } from './statement.ts';

export type BaseStore = BaseView & {
  /** Removes `forget` and writes `rows`; rows may exchange their names among each other. */
  write(change: { rows: readonly BaseNode[]; forget: readonly BaseId[] }): void;
  highestId(): BaseId;
  /** Nothing that was read or written since the transaction began may be believed any more. */
  rolledBack(): void;
  /** Lets go of what is kept to be fast. */
  rest(): void;
};

/** Of several rows with one name (only while a cycle of renames runs), the managed one, then the newest. */
const BEST_FIRST = 'ORDER BY state, id DESC LIMIT 1';

export function createBaseStore(db: DatabaseSync): BaseStore {
  const one = (where: string) => {
    const statement = prepareRows(db, `SELECT ${BASE_COLUMNS} FROM base WHERE ${where}`);
    return (...values: SQLInputValue[]) => toNode(firstRow(statement, ...values));
  };
  let highestId = Number(db.prepare('SELECT max(id) AS n FROM base').get()?.['n'] ?? 0);
  const byId = one('id = ?');
  // Ids grow: one above all that were ever written needs no look at the table.
  const cache = new RowCache({ byId: (id) => (id > highestId ? undefined : byId(id)), byCloudId: one('cloud_id = ?') });
  const byLocalName = one(`parent = ? AND local_name = ? AND id <> ${ROOT_ID} ${BEST_FIRST}`);
  const byCloudName = one(`parent = ? AND cloud_name = ? AND id <> ${ROOT_ID} ${BEST_FIRST}`);
  const children = prepareRows(db, `SELECT ${BASE_COLUMNS} FROM base WHERE parent = ? AND id <> ${ROOT_ID}`);
  const listed = prepareRows(db, 'SELECT local_name, cloud_name FROM base WHERE parent = ? LIMIT ?');
  const names = new NamesInFolder((parent, limit) => allRows(listed, parent, limit).flat() as string[]);
  const remove = db.prepare('DELETE FROM base WHERE id = ?');
  const insert = db.prepare(`INSERT INTO base (${BASE_COLUMNS}) VALUES (${marks(BASE_COLUMNS)})`);
  const count = db.prepare('SELECT count(*) AS n FROM base WHERE kind = 0 AND state = 0');
  /** Undefined until somebody asks: counting reads the whole table. */
  let files: number | undefined;
  const rest = (): void => [cache, names].forEach((kept) => kept.clear());
  const drop = (id: BaseId): void => {
    const row = cache.byId(id);
    if (!row) return;
    remove.run(id);
    if (files !== undefined && isCounted(row)) files -= 1;
  };
  return {
    get: cache.byId,
    byCloudId: cache.byCloudId,
    children: (parent) => allRows(children, parent).map(toBaseNode),
    childByLocalName: (parent, name) => (names.mayHave(parent, name) ? byLocalName(parent, name) : undefined),
    childByCloudName: (parent, name) => (names.mayHave(parent, name) ? byCloudName(parent, name) : undefined),
    fileCount: () => (files ??= Number(count.get()?.['n'] ?? 0)),
    highestId: () => highestId,
    write: ({ rows, forget }) => {
      for (const id of new Set([...forget, ...rows.map((row) => row.id)])) drop(id);
      for (const row of rows) {
        insert.run(...fromBaseNode(row));
        highestId = Math.max(highestId, row.id);
        if (files !== undefined && isCounted(row)) files += 1;
      }
      cache.written({ rows, forget });
      names.written(rows);
    },
    rolledBack: () => {
      rest();
      files = undefined;
    },
    rest,
  };
}

const isCounted = ({ kind, state }: BaseNode): boolean => kind === 'file' && state === 'managed';

const toNode = (row: SqlRow | undefined): BaseNode | undefined => row && toBaseNode(row);
