import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { BaseId, Hold, StoredHold } from '@tideline/sync-core';

export type HoldStore = {
  readonly list: () => readonly StoredHold[];
  readonly replaceWaiting: (holds: readonly Hold[], nowMs: number) => void;
  readonly answer: (holdId: string, answer: 'approved' | 'restored') => void;
  /** Approved holds end when none of their nodes is in base any more. */
  readonly endApproved: (isInBase: (id: BaseId) => boolean) => void;
};

export function createHoldStore(db: DatabaseSync): HoldStore {
  const all = db.prepare('SELECT * FROM hold ORDER BY since_ms, hold_id');
  const put = db.prepare('INSERT INTO hold (hold_id, kind, ids, files, since_ms, answer) VALUES (?, ?, ?, ?, ?, NULL)');
  const remove = db.prepare('DELETE FROM hold WHERE hold_id = ?');
  const approve = db.prepare(`UPDATE hold SET answer = 'approved' WHERE hold_id = ?`);
  const list = () => all.all().map(toHold);
  return {
    list,
    replaceWaiting: (holds, nowMs) => {
      const waiting = list().filter((hold) => hold.answer === null);
      for (const hold of waiting) remove.run(hold.holdId);
      for (const hold of holds) {
        // A hold that goes on keeps its id and its age, also when more nodes join it.
        const before = waiting.find((one) => one.kind === hold.kind);
        const holdId = before?.holdId ?? randomUUID();
        put.run(holdId, hold.kind, JSON.stringify(hold.ids), hold.files, before?.sinceMs ?? nowMs);
        if (before) waiting.splice(waiting.indexOf(before), 1);
      }
    },
    answer: (holdId, answer) => {
      if (answer === 'approved') approve.run(holdId);
      else remove.run(holdId);
    },
    endApproved: (isInBase) => {
      const approved = list().filter((hold) => hold.answer === 'approved');
      for (const hold of approved) if (!hold.ids.some(isInBase)) remove.run(hold.holdId);
    },
  };
}

function toHold(row: Record<string, unknown>): StoredHold {
  return {
    holdId: row['hold_id'] as string,
    kind: row['kind'] as Hold['kind'],
    ids: JSON.parse(row['ids'] as string) as BaseId[],
    files: Number(row['files']),
    sinceMs: Number(row['since_ms']),
    answer: row['answer'] === 'approved' ? 'approved' : null,
  };
}
