import { beforeEach, expect, it } from 'vitest';
import { AppError, type BatchOp, type BatchOutcome, type ErrorCode } from '@tideline/contracts';
import { ROOT_ID, type BaseNode, type Hold } from '@tideline/sync-core';
import { MemoryJournal } from '@tideline/sync-core/testing';
import { restoreHold, type RestoreHoldDeps } from './restore-hold.ts';

const uuid = (n: number) => `018f2c5e-0000-7000-8000-${String(n).padStart(12, '0')}`;
const row = (id: number, parent: number, kind: BaseNode['kind']): BaseNode => ({
  ...{ id, parent, localName: `n${id}`, cloudName: `n${id}`, cloudId: uuid(id), kind, rev: 1, sig: null },
  ...{ contentId: kind === 'file' ? 'c' : null, size: 1, meta: { mtimeMs: 0, exec: false }, state: 'managed' },
});

let journal: MemoryJournal;
let asked: string[];
let refusal: ErrorCode | null;
let deps: RestoreHoldDeps;
beforeEach(() => {
  journal = new MemoryJournal();
  journal.advance({
    rows: [
      row(ROOT_ID, ROOT_ID, 'folder'),
      row(2, 1, 'folder'),
      row(3, 2, 'file'),
      row(4, 2, 'file'),
      row(5, 1, 'file'),
    ],
    meta: { cursor: 'c9' },
  });
  asked = [];
  refusal = null;
  let count = 900;
  const commit = async (_: string, ops: readonly BatchOp[]) => {
    asked.push(...ops.map((op) => `${op.kind} ${'nodeId' in op ? op.nodeId : ''}`));
    const outcomes = ops.map(({ opId }) =>
      refusal ? { status: 'refused', opId, code: refusal } : { status: 'done', opId },
    );
    return { seq: 1, epoch: 'e', outcomes: outcomes as BatchOutcome[] };
  };
  deps = { journal, record: { spaceId: uuid(800) as never }, server: { commit }, newId: () => uuid(++count) };
});

function holding(hold: Hold) {
  journal.setHolds([hold], 1);
  return journal.holds()[0]!;
}

it('[GU-1] brings back what was deleted here: it is new in the cloud then, and listed again', async () => {
  await restoreHold(deps, holding({ kind: 'mass_delete_cloud', ids: [2, 3, 4], files: 2 }));
  expect(journal.base.rows().map(({ id }) => id)).toEqual([ROOT_ID, 5]);
  expect(journal.meta().cursor).toBeNull();
  expect(journal.holds()).toEqual([]);
  expect(asked).toEqual([]);
});

it('[GU-1] takes what was deleted in the cloud out of the bin, folders with all that is in them', async () => {
  const absent = { t: 'absent', sinceMs: 1 } as const;
  journal.advance({ cloud: [uuid(2), uuid(5)].map((id) => ({ id, seen: absent })) });
  await restoreHold(deps, holding({ kind: 'mass_delete_local', ids: [2, 3, 4, 5], files: 3 }));
  expect(asked).toEqual([`restore ${uuid(2)}`, `restore ${uuid(5)}`]);
  expect(journal.base.rows()).toHaveLength(5);
  expect(journal.holds()).toEqual([]);
});

it('keeps the hold when the cloud refuses, but not for what is back already', async () => {
  journal.advance({ cloud: [{ id: uuid(5), seen: { t: 'absent', sinceMs: 1 } }] });
  const hold = holding({ kind: 'mass_delete_local', ids: [5], files: 1 });
  refusal = 'FORBIDDEN';
  await expect(restoreHold(deps, hold)).rejects.toThrow(AppError);
  expect(journal.holds()).toHaveLength(1);
  refusal = 'NOT_TRASHED';
  await restoreHold(deps, hold);
  expect(journal.holds()).toEqual([]);
});
