import type { DatabaseSync } from 'node:sqlite';
import type { Advance, CloudId, Journal, LocalKey, Op } from '@tideline/sync-core';
import { adopt } from './adopt.ts';
import { createBaseStore } from './base-store.ts';
import { createDeedStore, type DeedStore } from './deed-store.ts';
import { foldScan } from './fold-scan.ts';
import { createHoldStore, type HoldStore } from './hold-store.ts';
import { createMetaStore, type MetaStore } from './meta-store.ts';
import { normalise, type Trees } from './normalise.ts';
import { decodeOp, encodeOp } from './op-codec.ts';
import { createOverlayQueries, type OverlayQueries } from './overlay-queries.ts';
import { createCloudOverlayStore, createLocalOverlayStore } from './overlay-store.ts';
import { createProblemStore } from './problem-store.ts';
import { inTransaction } from './statement.ts';

/** How the journal was found: `damaged` ones were moved to `asidePath` and an empty one began in recovery (K05, K06). */
export type JournalOrigin =
  | { readonly t: 'opened' }
  | { readonly t: 'created' }
  | { readonly t: 'damaged'; readonly asidePath: string; readonly reason: string };

export type SqliteJournal = Journal & {
  readonly path: string;
  readonly origin: JournalOrigin;
  /** Gives back the memory that only makes reading faster; it fills again as it is used. */
  rest(): void;
  close(): void;
};

type Parts = {
  readonly db: DatabaseSync;
  readonly trees: Trees;
  readonly meta: MetaStore;
  readonly holds: HoldStore;
  readonly deeds: DeedStore;
  readonly queries: OverlayQueries;
};

export function createSqliteJournal(
  db: DatabaseSync,
  { path, origin, maxHeld }: Pick<SqliteJournal, 'path' | 'origin'> & { readonly maxHeld?: number | undefined },
): SqliteJournal {
  const base = createBaseStore(db);
  const trees = { base, local: createLocalOverlayStore(db, maxHeld), cloud: createCloudOverlayStore(db, maxHeld) };
  const meta = createMetaStore(db, base.highestId());
  const holds = createHoldStore(db);
  const deeds = createDeedStore(db);
  const queries = createOverlayQueries(db, base);
  const parts: Parts = { db, trees, meta, holds, deeds, queries };
  return {
    path,
    origin,
    base,
    meta: meta.task,
    localOverlay: () => trees.local,
    cloudOverlay: () => trees.cloud,
    notPresent: queries.notPresent,
    foldersWithNews: queries.foldersWithNews,
    seenInside: queries.seenInside,
    allocateIds: meta.allocateIds,
    foldScan: (result) => {
      // What a scan saw can be seen again: no need to wait for the disk.
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        atomically(parts, () => meta.lowerLocalKey(foldScan(trees, result, queries)));
      } finally {
        db.exec('PRAGMA synchronous = FULL');
      }
    },
    foldListing: (steps, task) =>
      atomically(parts, () => {
        for (const batch of batches(steps)) advance(parts, { cloud: batch });
        advance(parts, { meta: task });
      }),
    advance: (step) => atomically(parts, () => advance(parts, step)),
    ...operations(db),
    deedsSince: deeds.since,
    ...createProblemStore(db),
    holds: holds.list,
    setHolds: (open, nowMs) => atomically(parts, () => holds.replaceWaiting(open, nowMs)),
    answerHold: holds.answer,
    rest: () => {
      for (const part of [trees.base, trees.local, trees.cloud]) part.rest();
      db.exec('PRAGMA shrink_memory');
    },
    close: () => db.close(),
  };
}

/** When the database refuses, what is held in memory goes back with it (K08). */
function atomically({ db, trees, meta, holds }: Parts, work: () => void): void {
  try {
    inTransaction(db, work);
    trees.local.tidy();
    trees.cloud.tidy();
  } catch (error) {
    trees.base.rolledBack();
    trees.local.reload();
    trees.cloud.reload();
    meta.reload();
    holds.reload();
    throw error;
  }
}

function advance(parts: Parts, step: Advance): void {
  const { trees, meta } = parts;
  const rows = step.rows ?? [];
  const forget = step.forget ?? [];
  const forgotten = forget.map((id) => trees.base.get(id)?.cloudId).filter((id) => id !== undefined);
  trees.base.write({ rows, forget });
  meta.noteUsed(rows.map((row) => row.id));
  adopt(trees, step.adopt ?? [], parts.queries.childKeys);
  const keys = takeLocal(trees, step.local ?? []);
  const cloudIds = takeCloud(trees, step.cloud ?? []);
  normalise(
    trees,
    new Set([...rows.map((row) => row.id), ...forget, ...keys]),
    new Set([...rows.map((row) => row.cloudId), ...forgotten, ...cloudIds]),
  );
  finishOps(parts.db, step.finished ?? []);
  takeGuarded(parts, step);
  if (step.meta) meta.patch(step.meta);
}

function takeGuarded({ holds, deeds }: Parts, { forgetDeeds = [], deeds: done = [], endHolds = [] }: Advance): void {
  deeds.forget(forgetDeeds);
  deeds.note(done);
  holds.end(endHolds);
}

function takeLocal({ local }: Trees, entries: NonNullable<Advance['local']>): LocalKey[] {
  for (const { key, seen } of entries) {
    if (seen === 'equal') local.delete(key);
    else local.set(key, seen);
  }
  return entries.map((entry) => entry.key);
}

function takeCloud({ cloud }: Trees, entries: NonNullable<Advance['cloud']>): CloudId[] {
  for (const { id, seen } of entries) {
    if (seen === 'equal') cloud.delete(id);
    else cloud.set(id, seen);
  }
  return entries.map((entry) => entry.id);
}

function finishOps(db: DatabaseSync, opIds: readonly string[]): void {
  if (opIds.length === 0) return;
  db.prepare('DELETE FROM op WHERE op_id IN (SELECT value FROM json_each(?))').run(JSON.stringify(opIds));
}

function operations(db: DatabaseSync): Pick<Journal, 'start' | 'unfinished'> {
  const put = db.prepare(
    'INSERT OR REPLACE INTO op (op_id, place, body) VALUES (?, (SELECT coalesce(max(place), 0) + 1 FROM op), ?)',
  );
  const all = db.prepare('SELECT body FROM op ORDER BY place');
  return {
    start: (ops: readonly Op[]) =>
      inTransaction(db, () => {
        // Changes of base alone have no effect outside the journal and so nothing to clean up after a crash.
        for (const op of ops) if ('opId' in op) put.run(op.opId, encodeOp(op));
      }),
    unfinished: () => all.all().map((row) => decodeOp(row['body'] as string)),
  };
}

const PER_BATCH = 1000;

function* batches<T>(all: Iterable<T>): Generator<T[]> {
  let batch: T[] = [];
  for (const one of all) {
    batch.push(one);
    if (batch.length < PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
