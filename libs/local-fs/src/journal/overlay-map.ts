import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { marks, type SqlRow } from './rows.ts';
import { allRows, firstRow, prepareRows } from './statement.ts';

/** Entries held as objects, at some 700 bytes each; when there are more of them all are left to the table. */
const MAX_HELD = 50_000;
/** Of those that are left to the table, so many that were asked for lately. */
const MAX_CACHED = 10_000;
const ROWS_PER_PAGE = 1000;

export type OverlayCodec<K, V> = {
  readonly table: string;
  readonly columns: string;
  readonly keyColumn: string;
  readonly toRow: (key: K, seen: V) => SQLInputValue[];
  readonly fromRow: (row: SqlRow) => [K, V];
};

/**
 * A table as a map: all of it in memory while it is small, else read as it is asked for. Right only while every write goes
 * through it. What is written while somebody goes through all entries may or may not be told to them.
 */
export class OverlayMap<K extends SQLInputValue, V> implements ReadonlyMap<K, V> {
  readonly #codec: OverlayCodec<K, V>;
  readonly #sql: Record<'find' | 'first' | 'next' | 'put' | 'drop' | 'count', StatementSync>;
  readonly #clear: () => void;
  readonly #maxHeld: number;
  /** Null while the table alone has all entries. */
  #held: Map<K, V> | null = null;
  /** What the table says of some keys; null: nothing. Unused while all are held. */
  readonly #cache = new Map<K, V | null>();
  #size = 0;

  constructor(db: DatabaseSync, codec: OverlayCodec<K, V>, maxHeld = MAX_HELD) {
    const { table, columns, keyColumn: key } = codec;
    const pageOf = (where: string) => `SELECT ${columns} FROM ${table} ${where} ORDER BY ${key} LIMIT ${ROWS_PER_PAGE}`;
    this.#codec = codec;
    this.#maxHeld = maxHeld;
    this.#clear = () => db.exec(`DELETE FROM ${table}`);
    this.#sql = {
      find: prepareRows(db, `SELECT ${columns} FROM ${table} WHERE ${key} = ?`),
      first: prepareRows(db, pageOf('')),
      next: prepareRows(db, pageOf(`WHERE ${key} > ?`)),
      put: db.prepare(`INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${marks(columns)})`),
      drop: db.prepare(`DELETE FROM ${table} WHERE ${key} = ?`),
      count: db.prepare(`SELECT count(*) AS n FROM ${table}`),
    };
    this.reload();
  }

  get size(): number {
    return this.#held?.size ?? this.#size;
  }

  get(key: K): V | undefined {
    if (this.#held) return this.#held.get(key);
    const known = this.#cache.get(key);
    if (known !== undefined) return known ?? undefined;
    const row = firstRow(this.#sql.find, key);
    const seen = row && this.#codec.fromRow(row)[1];
    this.#remember(key, seen ?? null);
    return seen;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, seen: V): void {
    const isNew = !this.has(key);
    this.#sql.put.run(...this.#codec.toRow(key, seen));
    if (isNew) this.#size += 1;
    if (!this.#held) return this.#remember(key, seen);
    this.#held.set(key, seen);
    if (this.#held.size > this.#maxHeld) this.#letGo();
  }

  delete(key: K): void {
    if (!this.has(key)) return;
    this.#sql.drop.run(key);
    this.#size -= 1;
    if (this.#held) this.#held.delete(key);
    else this.#remember(key, null);
  }

  clear(): void {
    this.#clear();
    this.#hold([]);
  }

  /** Reads the table again, after a write that did not happen. */
  reload(): void {
    this.#size = Number(this.#sql.count.get()?.['n']);
    if (this.#size > this.#maxHeld) this.#letGo();
    else this.#hold(this.#pages());
  }

  /** To be called between transactions: what has become small is held again. */
  tidy(): void {
    if (!this.#held && this.#size < this.#maxHeld / 2) this.#hold(this.#pages());
  }

  /** Lets go of what is kept to be fast. */
  rest(): void {
    this.#cache.clear();
  }

  *entries(): Generator<[K, V], undefined, unknown> {
    if (this.#held) yield* this.#held.entries();
    else yield* this.#pages();
  }

  *keys(): Generator<K, undefined, unknown> {
    for (const [key] of this) yield key;
  }

  *values(): Generator<V, undefined, unknown> {
    for (const [, seen] of this) yield seen;
  }

  [Symbol.iterator](): Generator<[K, V], undefined, unknown> {
    return this.entries();
  }

  forEach(tell: (seen: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, seen] of this) tell(seen, key, this);
  }

  *#pages(): Generator<[K, V], undefined, unknown> {
    for (let rows = allRows(this.#sql.first); rows.length > 0;) {
      const page = rows.map(this.#codec.fromRow);
      yield* page;
      const last = page.at(-1)?.[0];
      rows = last === undefined || page.length < ROWS_PER_PAGE ? [] : allRows(this.#sql.next, last);
    }
  }

  #hold(entries: Iterable<[K, V]>): void {
    this.#held = new Map(entries);
    this.#size = this.#held.size;
    this.#cache.clear();
  }

  #letGo(): void {
    this.#held = null;
    this.#cache.clear();
  }

  #remember(key: K, seen: V | null): void {
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(key, seen);
  }
}
