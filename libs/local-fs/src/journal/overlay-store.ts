import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { CloudId, CloudNode, LocalKey, LocalNode, Observed } from '@tideline/sync-core';
import {
  CLOUD_COLUMNS,
  fromCloudSeen,
  fromLocalSeen,
  LOCAL_COLUMNS,
  marks,
  toCloudSeen,
  toLocalSeen,
  type SqlRow,
} from './rows.ts';
import { allRows, prepareRows } from './statement.ts';

/** One overlay: in memory for reading, in its table for the next start and for the scanner. */
export type OverlayStore<K, T> = {
  readonly entries: ReadonlyMap<K, Observed<T>>;
  set(key: K, seen: Observed<T>): void;
  remove(key: K): void;
  clear(): void;
  /** Reads the table again, after a write that did not happen. */
  reload(): void;
};

type Codec<K, T> = {
  readonly table: string;
  readonly columns: string;
  readonly keyColumn: string;
  readonly toRow: (key: K, seen: Observed<T>) => SQLInputValue[];
  readonly fromRow: (row: SqlRow) => [K, Observed<T>];
};

export const createLocalOverlayStore = (db: DatabaseSync): OverlayStore<LocalKey, LocalNode> =>
  createOverlayStore(db, {
    table: 'local_delta',
    columns: LOCAL_COLUMNS,
    keyColumn: 'key',
    toRow: fromLocalSeen,
    fromRow: toLocalSeen,
  });

export const createCloudOverlayStore = (db: DatabaseSync): OverlayStore<CloudId, CloudNode> =>
  createOverlayStore(db, {
    table: 'cloud_delta',
    columns: CLOUD_COLUMNS,
    keyColumn: 'id',
    toRow: fromCloudSeen,
    fromRow: toCloudSeen,
  });

function createOverlayStore<K extends SQLInputValue, T>(db: DatabaseSync, codec: Codec<K, T>): OverlayStore<K, T> {
  const { table, columns, keyColumn } = codec;
  const load = prepareRows(db, `SELECT ${columns} FROM ${table}`);
  const put = db.prepare(`INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${marks(columns)})`);
  const drop = db.prepare(`DELETE FROM ${table} WHERE ${keyColumn} = ?`);
  const entries = new Map<K, Observed<T>>();
  const reload = (): void => {
    entries.clear();
    for (const row of allRows(load)) {
      const [key, seen] = codec.fromRow(row);
      entries.set(key, seen);
    }
  };
  reload();
  return {
    entries,
    set: (key, seen) => {
      put.run(...codec.toRow(key, seen));
      entries.set(key, seen);
    },
    remove: (key) => {
      if (entries.delete(key)) drop.run(key);
    },
    clear: () => {
      db.exec(`DELETE FROM ${table}`);
      entries.clear();
    },
    reload,
  };
}
