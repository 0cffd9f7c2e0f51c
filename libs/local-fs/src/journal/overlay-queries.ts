import type { DatabaseSync } from 'node:sqlite';
import type { BaseId, BaseView, Journal, LocalKey } from '@tideline/sync-core';
import { CLOUD_COLUMNS, LOCAL_COLUMNS, toCloudSeen, toLocalSeen } from './rows.ts';
import { allRows, prepareRows } from './statement.ts';

export type OverlayQueries = Pick<Journal, 'notPresent' | 'foldersWithNews' | 'seenInside'> & {
  /** Local entries that stand in a folder. */
  readonly childKeys: (parent: LocalKey) => readonly LocalKey[];
  /** Local entries of what base has in a folder. */
  readonly keysOfBaseIn: (parent: BaseId) => readonly LocalKey[];
};

/** What is asked of the overlays' tables by anything but a key: they may hold millions of entries, so each has its index. */
export function createOverlayQueries(db: DatabaseSync, base: BaseView): OverlayQueries {
  const local = (where: string) => prepareRows(db, `SELECT ${LOCAL_COLUMNS} FROM local_delta WHERE ${where}`);
  const cloud = (where: string) => prepareRows(db, `SELECT ${CLOUD_COLUMNS} FROM cloud_delta WHERE ${where}`);
  const [goneHere, goneThere] = [local('t <> 0'), cloud('t <> 0')];
  const [here, there] = [local('parent = ?'), cloud('parent_id = ?')];
  const foldersHere = db.prepare('SELECT DISTINCT parent AS id FROM local_delta WHERE parent > 0');
  const childKeys = db.prepare('SELECT key AS id FROM local_delta WHERE parent = ?');
  const keysOfBaseIn = db.prepare(
    'SELECT key AS id FROM local_delta WHERE key IN (SELECT id FROM base WHERE base.parent = ?)',
  );
  const foldersThere = createCloudFolders(db);
  return {
    notPresent: () => ({
      local: allRows(goneHere).map(toLocalSeen),
      cloud: allRows(goneThere).map(toCloudSeen),
    }),
    foldersWithNews: (side) => {
      const found = new Set(foldersHere.all().map(toId));
      if (side === 'both') for (const cloudId of foldersThere()) found.add(base.byCloudId(cloudId)?.id ?? 0);
      return [...found].filter((id) => base.get(id) !== undefined);
    },
    seenInside: (folder) => ({
      local: allRows(here, folder).map(toLocalSeen),
      cloud: allRows(there, base.get(folder)?.cloudId ?? '').map(toCloudSeen),
    }),
    childKeys: (parent) => childKeys.all(parent).map(toId),
    keysOfBaseIn: (parent) => keysOfBaseIn.all(parent).map(toId),
  };
}

const toId = (row: Record<string, unknown>): number => Number(row['id']);

/** From one folder to the next by the index; to read all entries for it would take seconds. */
function createCloudFolders(db: DatabaseSync): () => Generator<string> {
  const next = db.prepare('SELECT min(parent_id) AS id FROM cloud_delta WHERE parent_id > ?');
  return function* () {
    for (let id = next.get('')?.['id']; typeof id === 'string'; id = next.get(id)?.['id']) yield id;
  };
}
