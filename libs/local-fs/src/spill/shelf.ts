import type { DatabaseSync } from 'node:sqlite';
import { openTemporaryDatabase } from './temporary-database.ts';

/** So many are kept in memory; of more of them all are on the disk. */
const MAX_HELD = 20_000;
const PER_PAGE = 1000;

/** Things of plain JSON to be gone through in order, as often as one likes, of which there may be more than fit memory. */
export type Shelf<T> = Iterable<T> & { put(things: readonly T[]): void };

export function createShelf<T>(maxHeld = MAX_HELD): Shelf<T> {
  let held: T[] = [];
  let pages: Pages<T> | null = null;
  return {
    put: (things) => {
      for (const thing of things) held.push(thing);
      if (held.length <= maxHeld) return;
      pages ??= openPages<T>();
      pages.put(held);
      held = [];
    },
    *[Symbol.iterator]() {
      if (pages) yield* pages.all();
      yield* held;
    },
  };
}

type Pages<T> = { put(page: readonly T[]): void; all(): Generator<T> };

function openPages<T>(): Pages<T> {
  const db: DatabaseSync = openTemporaryDatabase();
  db.exec('CREATE TABLE page (number INTEGER PRIMARY KEY, body TEXT NOT NULL); BEGIN');
  const put = db.prepare('INSERT INTO page (body) VALUES (?)');
  const get = db.prepare('SELECT body FROM page WHERE number = ?');
  return {
    put: (page) => {
      for (let at = 0; at < page.length; at += PER_PAGE) put.run(JSON.stringify(page.slice(at, at + PER_PAGE)));
    },
    *all() {
      let number = 1;
      for (let row = get.get(number); row; row = get.get(number)) {
        yield* JSON.parse(row['body'] as string) as T[];
        number += 1;
      }
    },
  };
}
