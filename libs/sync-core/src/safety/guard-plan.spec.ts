import { describe, expect, it } from 'vitest';
import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import { ROOT_ID } from '../model/tree.ts';
import type { Deed, StoredHold } from '../ports/journal.ts';
import { fileRow, folderRow } from '../testing/journal-contract.ts';
import { MemoryBase } from '../testing/memory-base.ts';
import type { GuardFacts } from './guard-facts.ts';
import { guardPlan } from './guard-plan.ts';
import { checkRoot } from './root-check.ts';

const NOW = 1_000_000;
const LONG_AGO = NOW - 60_000;
const deleted = (kind: Deed['kind'], files: number, atMs = LONG_AGO): Deed => ({ kind, nodes: ['gone'], files, atMs });

/** A task of `files` files, the first of which have the ids 100, 101 …, in a folder beside which another file stands. */
function factsFor(files: number, more: Partial<GuardFacts> = {}): GuardFacts {
  const base = new MemoryBase();
  const root = folderRow(ROOT_ID, { localName: '', cloudName: '', cloudId: 'root' });
  const rows = Array.from({ length: files - 1 }, (_, index) => fileRow(100 + index, { parent: 2 }));
  base.write({ rows: [root, folderRow(2), fileRow(3), ...rows], forget: [] });
  return {
    ...{ base, mode: 'bidirectional', nowMs: NOW, observedFromMs: NOW, deeds: [], holds: [], looksEncrypted: false },
    ...more,
  };
}

const trash = (id: number, more: object = {}): CloudOp => ({
  ...{
    op: 'cloudTrash',
    opId: `t${id}`,
    ids: [id],
    id,
    cloudId: `c${id}`,
    ifMatch: 1,
    ifSubtreeSeq: null,
    sinceMs: LONG_AGO,
  },
  ...more,
});
const trashHere = (id: number): LocalOp => ({
  op: 'localTrash',
  opId: `l${id}`,
  id,
  kind: 'file',
  ids: [id],
  sinceMs: LONG_AGO,
});
const move = (opId: string, more: object = {}): CloudOp => ({
  ...{
    op: 'cloudMove',
    opId,
    id: 50,
    key: 50,
    cloudId: 'c50',
    ifMatch: 1,
    parent: 2,
    parentCloudId: 'c2',
    name: 'x',
    localName: 'x',
  },
  ...more,
});
const planOf = (cloud: readonly CloudOp[], local: readonly LocalOp[] = []): Plan => ({
  ...{ base: [], cloud, local, problems: [], decisions: [], more: false, waits: false },
});
const some = (count: number) => Array.from({ length: count }, (_, index) => trash(100 + index));
const opIds = (plan: Plan) => [...plan.cloud, ...plan.local].map((op) => op.opId);
const holdOf = (ids: readonly number[], answer: StoredHold['answer']): StoredHold => ({
  ...{ holdId: 'h', kind: 'mass_delete_cloud', ids, files: ids.length, sinceMs: 0, answer },
});

describe('mass deletes', () => {
  it.each([
    { files: 10_000, deletes: 200, held: false },
    { files: 10_000, deletes: 201, held: true },
    { files: 100, deletes: 20, held: false },
    { files: 100, deletes: 21, held: true },
    { files: 30, deletes: 19, held: false },
    { files: 30, deletes: 20, held: true },
  ])('[GU-1] [SY-27] of $deletes files of $files are held: $held', ({ files, deletes, held }) => {
    const { plan, holds } = guardPlan(planOf(some(deletes)), factsFor(files));
    expect(plan.cloud).toHaveLength(held ? 0 : deletes);
    expect(holds).toHaveLength(held ? 1 : 0);
    if (held) expect(holds[0]).toMatchObject({ kind: 'mass_delete_cloud', files: deletes });
  });

  it('[GU-1] [SY-27] count what was deleted in the last minutes', () => {
    const deeds = [deleted('trashedInCloud', 190)];
    expect(guardPlan(planOf(some(11)), factsFor(10_000, { deeds })).holds).toMatchObject([{ gone: ['gone'] }]);
    expect(guardPlan(planOf(some(10)), factsFor(10_000, { deeds })).holds).toHaveLength(0);
    const others = [deleted('trashedHere', 190), deleted('trashedInCloud', 190, NOW - 11 * 60_000)];
    expect(guardPlan(planOf(some(11)), factsFor(10_000, { deeds: others })).holds).toHaveLength(0);
  });

  it('[GU-1] [SY-27] are held in either direction, each by itself', () => {
    const here = Array.from({ length: 300 }, (_, index) => trashHere(100 + index));
    const { plan, holds } = guardPlan(planOf([trash(3)], here), factsFor(10_000));
    expect(holds.map((hold) => hold.kind)).toEqual(['mass_delete_local']);
    expect(opIds(plan)).toEqual(['t3']);
  });

  it('[GU-1] [SY-27] count the files of a folder that goes as one', () => {
    const ids = [2, ...Array.from({ length: 300 }, (_, index) => 100 + index)];
    expect(guardPlan(planOf([trash(2, { ids })]), factsFor(10_000)).holds).toMatchObject([{ files: 300 }]);
  });

  it('[G05] [SY-27] are held when they empty the root, however few they are', () => {
    const everything = planOf([trash(2, { ids: [2, 100] }), trash(3)]);
    expect(guardPlan(everything, factsFor(2)).holds).toHaveLength(1);
    const andMore = { ...everything, cloud: [...everything.cloud, move('m', { parent: ROOT_ID })] };
    expect(guardPlan(andMore, factsFor(2)).holds).toHaveLength(0);
    expect(guardPlan(planOf([trash(3)]), factsFor(2)).holds).toHaveLength(0);
  });

  it.each([
    { what: 'a folder with two files', ids: [2, 100, 101], held: 1 },
    { what: 'a folder with one file', ids: [2, 100], held: 0 },
    { what: 'an empty folder', ids: [2], held: 0 },
  ])(
    '[G05] [SY-27] are held when all that the root holds goes as one, unless it is one file: $what',
    ({ ids, held }) => {
      const base = new MemoryBase();
      const root = folderRow(ROOT_ID, { localName: '', cloudName: '', cloudId: 'root' });
      const files = ids.slice(1).map((id) => fileRow(id, { parent: 2 }));
      base.write({ rows: [root, folderRow(2), ...files], forget: [] });
      expect(guardPlan(planOf([trash(2, { ids })]), { ...factsFor(2), base }).holds).toHaveLength(held);
    },
  );

  it('[G06] [SY-27] are none when a file is only renamed', () => {
    expect(guardPlan(planOf([move('m', { parent: ROOT_ID })]), factsFor(2)).holds).toEqual([]);
  });

  it('[SY-27] take what needs them along, and let everything else go on', () => {
    const needs = move('needs', { after: ['t100'] });
    const needsThat = move('needs that', { after: ['needs'] });
    const plan = planOf([...some(300), needs, needsThat, move('free')]);
    const guarded = guardPlan(plan, factsFor(10_000));
    expect(opIds(guarded.plan)).toEqual(['free']);
    expect(guarded.heldOps).toBe(302);
  });

  it('[SY-27] take a whole exchange along', () => {
    const first = move('first', { atomicGroup: 1 });
    const second = move('second', { atomicGroup: 1, after: ['t100'] });
    expect(opIds(guardPlan(planOf([first, second, ...some(300)]), factsFor(10_000)).plan)).toEqual([]);
  });

  it('[G03] [SY-27] run when a person agreed to these files, and are told apart', () => {
    const ids = some(300).map((op) => op.opId);
    const agreed = holdOf(
      Array.from({ length: 300 }, (_, index) => 100 + index),
      'approved',
    );
    const guarded = guardPlan(planOf(some(300)), factsFor(10_000, { holds: [agreed] }));
    expect(opIds(guarded.plan)).toEqual(ids);
    expect(guarded.holds).toEqual([]);
    expect(guarded.approvedOps).toEqual(new Set(ids));
    const more = guardPlan(planOf(some(600)), factsFor(10_000, { holds: [agreed] }));
    expect(opIds(more.plan)).toEqual(ids);
    expect(more.holds).toMatchObject([{ files: 300 }]);
  });

  it('[SY-27] go on waiting when the mass becomes smaller', () => {
    const waiting = holdOf([100, 101, 102], null);
    const guarded = guardPlan(planOf(some(5)), factsFor(10_000, { holds: [waiting] }));
    expect(opIds(guarded.plan)).toEqual(['t103', 't104']);
    expect(guarded.holds).toMatchObject([{ ids: [100, 101, 102] }]);
  });
});

describe('deletes', () => {
  it('[GU-1] [SY-28] settle before they run', () => {
    const fresh = trash(100, { sinceMs: NOW - 500 });
    const guarded = guardPlan(planOf([fresh, trash(101)]), factsFor(10_000));
    expect(opIds(guarded.plan)).toEqual(['t101']);
    expect(guarded.postponedUntilMs).toBe(NOW + 1500);
    expect(guarded.heldOps).toBe(0);
  });

  it('[SY-28] that have not settled count for the mass', () => {
    const fresh = some(300).map((op) => ({ ...op, sinceMs: NOW }));
    expect(guardPlan(planOf(fresh), factsFor(10_000)).holds).toHaveLength(1);
  });
});

describe('the root', () => {
  it('[G04] [GU-3] [SY-29] stops the task when it is missing, unreadable or another one', () => {
    expect(checkRoot({ t: 'ok', identity: 'v:1' }, null)).toEqual({ t: 'ok', identity: 'v:1' });
    expect(checkRoot({ t: 'ok', identity: 'v:1' }, 'v:1')).toEqual({ t: 'ok', identity: 'v:1' });
    expect(checkRoot({ t: 'ok', identity: 'v:2' }, 'v:1')).toMatchObject({ t: 'stop', why: 'replaced' });
    expect(checkRoot({ t: 'missing' }, 'v:1')).toMatchObject({ t: 'stop', why: 'missing' });
    expect(checkRoot({ t: 'unreadable', code: 'EACCES' }, 'v:1')).toMatchObject({
      t: 'stop',
      why: 'unreadable',
      detail: 'EACCES',
    });
  });
});
