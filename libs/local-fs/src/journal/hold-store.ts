import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { HoldAnswer } from '@tideline/contracts';
import type { BaseId, CloudId, Hold, StoredHold } from '@tideline/sync-core';

export type HoldStore = {
  readonly list: () => readonly StoredHold[];
  readonly replaceWaiting: (holds: readonly Hold[], nowMs: number) => void;
  /** Whether it was still to be answered. */
  readonly answer: (holdId: string, answer: HoldAnswer) => boolean;
  readonly end: (holdIds: readonly string[]) => void;
  /** Reads the table again, after a write that did not happen. */
  readonly reload: () => void;
};

export function createHoldStore(db: DatabaseSync): HoldStore {
  const all = db.prepare('SELECT * FROM hold ORDER BY since_ms, hold_id');
  const put = db.prepare(
    'INSERT INTO hold (hold_id, kind, ids, files, since_ms, gone, answer) VALUES (?, ?, ?, ?, ?, ?, NULL)',
  );
  const remove = db.prepare('DELETE FROM hold WHERE hold_id = ?');
  const answer = db.prepare('UPDATE hold SET answer = ? WHERE hold_id = ? AND answer IS NULL');
  // A hold may name a million nodes and is asked for several times in a cycle.
  let known: readonly StoredHold[] | null = null;
  const list = () => (known ??= all.all().map(toHold));
  const forgetKnown = () => (known = null);
  return {
    list,
    reload: forgetKnown,
    replaceWaiting: (holds, nowMs) => {
      const waiting = list().filter((hold) => hold.answer === null);
      if (isSame(waiting, holds)) return;
      forgetKnown();
      for (const hold of waiting) remove.run(hold.holdId);
      for (const hold of holds) {
        // A hold that goes on keeps its id and its age, also when more nodes join it.
        const before = waiting.find((one) => one.kind === hold.kind);
        const holdId = before?.holdId ?? randomUUID();
        const [ids, gone] = [JSON.stringify(hold.ids), hold.gone ? JSON.stringify(hold.gone) : null];
        put.run(holdId, hold.kind, ids, hold.files, before?.sinceMs ?? nowMs, gone);
      }
    },
    answer: (holdId, given) => {
      forgetKnown();
      return Number(answer.run(given, holdId).changes) > 0;
    },
    end: (holdIds) => {
      if (holdIds.length > 0) forgetKnown();
      for (const holdId of holdIds) remove.run(holdId);
    },
  };
}

/** Most cycles find what the one before found: nothing is written then. */
function isSame(waiting: readonly StoredHold[], holds: readonly Hold[]): boolean {
  if (waiting.length !== holds.length) return false;
  return holds.every((hold) => {
    const before = waiting.find((one) => one.kind === hold.kind);
    return before?.files === hold.files && isEqual(before.ids, hold.ids) && isEqual(before.gone ?? [], hold.gone ?? []);
  });
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

function toHold(row: Record<string, unknown>): StoredHold {
  return {
    holdId: row['hold_id'] as string,
    kind: row['kind'] as Hold['kind'],
    ids: JSON.parse(row['ids'] as string) as BaseId[],
    files: Number(row['files']),
    sinceMs: Number(row['since_ms']),
    answer: row['answer'] as HoldAnswer | null,
    ...(row['gone'] === null ? {} : { gone: JSON.parse(row['gone'] as string) as CloudId[] }),
  };
}
