import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CloudOp } from '../model/plan.ts';
import { ROOT_ID, type BaseNode, type CloudNode, type LocalNode, type Observed, type StatSig } from '../model/tree.ts';
import { DEEDS_KEPT_MS, type Deed, type Journal, type ScanResult } from '../ports/journal.ts';

export type JournalUnderTest = {
  readonly journal: Journal;
  /** Opens the same state again, as after a restart; absent for journals that do not outlive the process. */
  readonly reopen?: () => Promise<Journal> | Journal;
  readonly close?: () => Promise<void> | void;
};

const meta = { mtimeMs: 1000, exec: false };

export function sigOf(fileId: number, more: Partial<StatSig> = {}): StatSig {
  const id = BigInt(fileId);
  return { volume: 'v', fileId: id, birthNs: id, size: 1, mtimeNs: 1n, ctimeNs: 1n, links: 1, ...more };
}

export function fileRow(id: number, more: Partial<BaseNode> = {}): BaseNode {
  return {
    ...{ id, parent: ROOT_ID, localName: `n${id}`, cloudName: `n${id}`, kind: 'file', cloudId: `c${id}`, rev: 1 },
    ...{ contentId: `t${id}`, size: 1, meta, sig: sigOf(id), state: 'managed', ...more },
  };
}

export function folderRow(id: number, more: Partial<BaseNode> = {}): BaseNode {
  return fileRow(id, { kind: 'folder', contentId: null, size: null, ...more });
}

/** What the disk shows when it holds exactly what a row says. */
export function localOf(row: BaseNode, more: Partial<LocalNode> = {}): Observed<LocalNode> {
  const content = row.contentId === null ? null : { contentId: row.contentId, size: row.size ?? 0 };
  const { parent, localName: name, kind } = row;
  return {
    t: 'present',
    sinceMs: 5,
    node: { parent, name, kind, content, meta: row.meta, sig: row.sig ?? sigOf(0), ...more },
  };
}

export function cloudOf(row: BaseNode, more: Partial<CloudNode> = {}): Observed<CloudNode> {
  const { cloudId: id, cloudName: name, kind, rev, contentId, size } = row;
  const parentId = row.parent === ROOT_ID ? 'root' : `c${row.parent}`;
  return {
    t: 'present',
    sinceMs: 5,
    node: { id, parentId, name, kind, rev, seq: 1, contentId, size, meta: row.meta, ...more },
  };
}

const ABSENT = { t: 'absent', sinceMs: 7 } as const;
const ROOT_ROW = folderRow(ROOT_ID, { parent: ROOT_ID, localName: '', cloudName: '', cloudId: 'root' });

function scanOf(seen: ScanResult['seen'], listed: readonly number[] | 'all'): ScanResult {
  const counts = { files: 0, folders: 0, skipped: 0, unreadable: [] };
  return { full: listed === 'all', seen, listed: new Set(listed === 'all' ? [] : listed), ...counts };
}

/** Everything the engine relies on in a journal. Every adapter passes it, the one in memory included. */
export function journalContract(name: string, create: () => Promise<JournalUnderTest> | JournalUnderTest): void {
  describe(`${name}: journal contract`, () => {
    let made: JournalUnderTest;
    let journal: Journal;
    beforeEach(async () => {
      made = await create();
      journal = made.journal;
      journal.advance({ rows: [ROOT_ROW] });
    });
    afterEach(async () => made.close?.());

    describe('base', () => {
      it('reads rows by id, by cloud id, by folder and by either name', () => {
        const folder = folderRow(2);
        const file = fileRow(3, { parent: 2, localName: 'here', cloudName: 'there' });
        journal.advance({ rows: [folder, file] });
        expect(journal.base.get(3)).toEqual(file);
        expect(journal.base.byCloudId('c3')).toEqual(file);
        expect(journal.base.children(2)).toEqual([file]);
        expect(journal.base.children(ROOT_ID)).toEqual([folder]);
        expect(journal.base.childByLocalName(2, 'here')).toEqual(file);
        expect(journal.base.childByCloudName(2, 'there')).toEqual(file);
        expect(journal.base.childByLocalName(2, 'there')).toBeUndefined();
        expect(journal.base.childByLocalName(ROOT_ID, '')).toBeUndefined();
      });

      it('counts managed files only', () => {
        journal.advance({ rows: [folderRow(2), fileRow(3), fileRow(4, { state: 'detached' })] });
        expect(journal.base.fileCount()).toBe(1);
        journal.advance({ rows: [fileRow(3), fileRow(4), fileRow(5)], forget: [2] });
        expect(journal.base.fileCount()).toBe(3);
        journal.advance({ rows: [fileRow(3, { state: 'detached' })], forget: [5] });
        expect(journal.base.fileCount()).toBe(1);
      });

      it('[M09] lets rows exchange names, and cloud nodes, in one step', () => {
        journal.advance({ rows: [fileRow(2), fileRow(3)] });
        journal.advance({
          rows: [fileRow(2, { localName: 'n3', cloudId: 'c3' }), fileRow(3, { localName: 'n2', cloudId: 'c2' })],
        });
        expect(journal.base.childByLocalName(ROOT_ID, 'n3')?.id).toBe(2);
        expect(journal.base.byCloudId('c2')?.id).toBe(3);
      });

      it('takes a name and a cloud node over from a row that is forgotten in the same step', () => {
        journal.advance({ rows: [fileRow(2)] });
        journal.advance({ rows: [fileRow(3, { localName: 'n2', cloudName: 'n2', cloudId: 'c2' })], forget: [2] });
        expect(journal.base.get(2)).toBeUndefined();
        expect(journal.base.byCloudId('c2')?.id).toBe(3);
      });

      it('never gives out an id twice, nor one that a row has', () => {
        journal.advance({ rows: [fileRow(40)] });
        const first = journal.allocateIds(3);
        const second = journal.allocateIds(1);
        expect(first).toBeGreaterThan(40);
        expect(second).toBeGreaterThanOrEqual(first + 3);
      });
    });

    describe('overlays', () => {
      it('tell of what is not there, on either side, and of nothing else', () => {
        journal.advance({ rows: [fileRow(2), fileRow(3), fileRow(4)] });
        const hidden = { t: 'unknown', why: 'revoked', sinceMs: 3 } as const;
        const local = [
          { key: 2, seen: ABSENT },
          { key: -1, seen: localOf(fileRow(9)) },
        ];
        const cloud = [
          { id: 'c3', seen: ABSENT },
          { id: 'c4', seen: hidden },
          { id: 'c9', seen: cloudOf(fileRow(9)) },
        ];
        journal.advance({ local, cloud });
        const { local: here, cloud: there } = journal.notPresent();
        expect([...here]).toEqual([[2, ABSENT]]);
        expect(new Map(there)).toEqual(
          new Map<string, unknown>([
            ['c3', ABSENT],
            ['c4', hidden],
          ]),
        );
      });

      it('[D20] take over what a listing says as one step, with its place in the feed, or nothing of it', () => {
        journal.advance({ rows: [fileRow(2), fileRow(3)], cloud: [{ id: 'c3', seen: ABSENT }] });
        function* steps(fails: boolean) {
          yield { id: 'c9', seen: cloudOf(fileRow(9)) };
          yield { id: 'c2', seen: cloudOf(fileRow(2), { rev: 5 }) };
          if (fails) throw new Error('torn');
          yield { id: 'c3', seen: 'equal' as const };
        }
        expect(() => journal.foldListing(steps(true), { cursor: 'k' })).toThrow('torn');
        expect([journal.meta().cursor, [...journal.cloudOverlay().keys()], journal.base.get(2)?.rev]).toEqual([
          ...[null, ['c3'], 1],
        ]);
        journal.foldListing(steps(false), { cursor: 'k' });
        expect([journal.meta().cursor, [...journal.cloudOverlay().keys()], journal.base.get(2)?.rev]).toEqual([
          ...['k', ['c9'], 5],
        ]);
      });

      it('are found by the folder of base in which their entries stand', () => {
        const folders = [folderRow(2), folderRow(3), folderRow(4, { parent: 3 }), folderRow(5)];
        journal.advance({ rows: folders });
        const moved = cloudOf(fileRow(5, { parent: 4, kind: 'folder', contentId: null, size: null }));
        const local = [
          { key: -1, seen: localOf(folderRow(9, { parent: 2 })) },
          { key: -2, seen: localOf(fileRow(8), { parent: -1 }) },
          { key: 3, seen: ABSENT },
        ];
        const cloud = [
          { id: 'c5', seen: moved },
          { id: 'c9', seen: cloudOf(folderRow(9, { parent: 2 })) },
          { id: 'c8', seen: cloudOf(fileRow(8, { parent: 9 })) },
        ];
        journal.advance({ local, cloud });
        expect(journal.foldersWithNews('local')).toEqual([2]);
        expect([...journal.foldersWithNews('both')].sort()).toEqual([2, 4]);
        const { local: here, cloud: there } = journal.seenInside(2);
        expect([...here.map(([key]) => key), ...there.map(([id]) => id)]).toEqual([-1, 'c9']);
        expect(journal.seenInside(4)).toEqual({ local: [], cloud: [['c5', moved]] });
      });

      it('forget entries that equal base, and let its signature and revision follow', () => {
        const row = fileRow(2);
        journal.advance({ rows: [row] });
        journal.advance({
          local: [{ key: 2, seen: localOf(row, { sig: sigOf(2, { ctimeNs: 9n }) }) }],
          cloud: [{ id: 'c2', seen: cloudOf(row, { rev: 4 }) }],
        });
        expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(0);
        expect(journal.base.get(2)).toEqual({ ...row, rev: 4, sig: sigOf(2, { ctimeNs: 9n }) });
      });

      it('keep entries that differ in place, content or metadata', () => {
        const row = fileRow(2);
        journal.advance({ rows: [row] });
        for (const change of [
          { name: 'x' },
          { content: { contentId: 'x', size: 1 } },
          { meta: { mtimeMs: 2, exec: false } },
        ]) {
          journal.advance({ local: [{ key: 2, seen: localOf(row, change) }] });
          expect(journal.localOverlay().get(2)).toEqual(localOf(row, change));
        }
        for (const change of [
          { name: 'x' },
          { parentId: 'c9' },
          { contentId: 'x' },
          { meta: { mtimeMs: 1000, exec: true } },
        ]) {
          journal.advance({ cloud: [{ id: 'c2', seen: cloudOf(row, change) }] });
          expect(journal.cloudOverlay().get('c2')).toEqual(cloudOf(row, change));
        }
      });

      it('forget entries as soon as base takes them over', () => {
        const row = fileRow(2);
        journal.advance({
          rows: [row],
          local: [{ key: 2, seen: localOf(row, { name: 'x' }) }],
          cloud: [{ id: 'c2', seen: cloudOf(row, { name: 'x' }) }],
        });
        journal.advance({ rows: [{ ...row, localName: 'x', cloudName: 'x' }] });
        expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(0);
      });

      it('forget absence of what base does not have', () => {
        journal.advance({
          rows: [fileRow(2)],
          local: [{ key: 2, seen: ABSENT }],
          cloud: [
            { id: 'c2', seen: ABSENT },
            { id: 'c9', seen: ABSENT },
          ],
        });
        expect([...journal.localOverlay().keys(), ...journal.cloudOverlay().keys()]).toEqual([2, 'c2']);
        journal.advance({ forget: [2] });
        expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(0);
      });

      it('[O01] take a detached row for one that has nothing on the disk', () => {
        const row = fileRow(2, { state: 'detached' });
        journal.advance({ rows: [fileRow(2)], local: [{ key: 2, seen: ABSENT }] });
        journal.advance({ rows: [row] });
        expect(journal.localOverlay().size).toBe(0);
        journal.advance({ local: [{ key: 2, seen: localOf(row) }] });
        expect(journal.localOverlay().get(2)).toEqual(localOf(row));
      });

      it('move what lies below a new folder under its id when base adopts it', () => {
        const folder = folderRow(7);
        const inside = localOf(fileRow(8), { parent: -1 });
        journal.advance({
          local: [
            { key: -1, seen: localOf(folder) },
            { key: -2, seen: inside },
          ],
        });
        journal.advance({ rows: [folder], adopt: [{ key: -1, id: 7 }] });
        expect(journal.localOverlay().has(-1)).toBe(false);
        expect(journal.localOverlay().get(-2)).toEqual(localOf(fileRow(8), { parent: 7 }));
      });

      it('keep what is newer under the id of an adopted entry', () => {
        const row = fileRow(7);
        const edited = localOf(row, { content: { contentId: 'newer', size: 1 } });
        journal.advance({ local: [{ key: -1, seen: localOf(row) }] });
        journal.advance({ rows: [row], adopt: [{ key: -1, id: 7 }], local: [{ key: 7, seen: edited }] });
        expect([...journal.localOverlay()]).toEqual([[7, edited]]);
      });

      it('are replaced by a full scan, and by a partial one only where it looked', () => {
        const rows = [folderRow(2), folderRow(3), fileRow(4, { parent: 2 }), fileRow(5, { parent: 3 })];
        journal.advance({ rows });
        const elsewhere = localOf(fileRow(9), { parent: 3, name: 'elsewhere' });
        journal.foldScan(
          scanOf(
            new Map([
              [4, ABSENT],
              [5, ABSENT],
              [-1, elsewhere],
            ]),
            'all',
          ),
        );
        journal.foldScan(scanOf(new Map([[-2, localOf(fileRow(9), { parent: 2 })]]), [2]));
        expect([...journal.localOverlay().keys()].sort()).toEqual([-1, -2, 5].sort());
        journal.foldScan(scanOf(new Map(), 'all'));
        expect(journal.localOverlay().size).toBe(0);
      });
    });

    describe('operations', () => {
      const op: CloudOp = {
        ...{
          op: 'cloudMove',
          opId: 'op-1',
          id: 2,
          key: 2,
          cloudId: 'c2',
          ifMatch: 1,
          parent: 1,
          parentCloudId: 'root',
        },
        ...{ name: 'x', localName: 'x' },
      };

      it('[K01] are unfinished from their start until they are told to be over', () => {
        journal.start([op, { ...op, opId: 'op-2' }]);
        expect(journal.unfinished().map((each) => 'opId' in each && each.opId)).toEqual(['op-1', 'op-2']);
        journal.advance({ finished: ['op-1'] });
        expect(journal.unfinished()).toEqual([{ ...op, opId: 'op-2' }]);
      });
    });

    describe('guards and problems', () => {
      it('[GU-1] [GU-2] [GU-4] remembers deeds for the longest window, and forgets what was made good', () => {
        const deed = (kind: Deed['kind'], atMs: number): Deed => ({ kind, nodes: [`c${atMs}`], files: 3, atMs });
        journal.advance({ deeds: [deed('trashedHere', 1000), deed('rewrote', 2000)] });
        expect(journal.deedsSince(1500)).toEqual([deed('rewrote', 2000)]);
        expect(journal.deedsSince(1000)).toEqual([deed('trashedHere', 1000), deed('rewrote', 2000)]);
        expect(journal.deedsSince(0, 'rewrote')).toEqual([deed('rewrote', 2000)]);
        journal.advance({ forgetDeeds: ['trashedHere'], deeds: [deed('trashedInCloud', 3000)] });
        expect(journal.deedsSince(0).map(({ kind }) => kind)).toEqual(['rewrote', 'trashedInCloud']);
        journal.advance({ deeds: [deed('sentAgain', 2000 + DEEDS_KEPT_MS)] });
        expect(journal.deedsSince(0).map(({ atMs }) => atMs)).toEqual([2000, 3000, 2000 + DEEDS_KEPT_MS]);
        journal.advance({ deeds: [deed('sentAgain', 2001 + DEEDS_KEPT_MS)] });
        expect(journal.deedsSince(0)).toHaveLength(3);
      });

      it('[GU-1] keeps a waiting hold under its id, replaces what it holds, and ends an answered one when told', () => {
        journal.advance({ rows: [fileRow(2), fileRow(3)] });
        journal.setHolds([{ kind: 'mass_delete_cloud', ids: [2], files: 1 }], 10);
        const [before] = journal.holds();
        const holdId = before?.holdId ?? '';
        journal.setHolds([{ kind: 'mass_delete_cloud', ids: [2, 3], files: 2, gone: ['c9'] }], 20);
        expect(journal.holds()).toEqual([{ ...before, ids: [2, 3], files: 2, gone: ['c9'], sinceMs: 10 }]);
        expect(journal.answerHold(holdId, 'restored')).toBe(true);
        journal.setHolds([{ kind: 'mass_delete_cloud', ids: [7], files: 1 }], 30);
        expect(journal.holds().map((hold) => hold.answer)).toEqual(['restored', null]);
        journal.advance({ forget: [2, 3] });
        journal.advance({ endHolds: [holdId] });
        expect(journal.holds()).toMatchObject([{ ids: [7], sinceMs: 30, answer: null }]);
      });

      it('[GU-1] lets the first answer to a hold stand', () => {
        journal.setHolds([{ kind: 'mass_change', ids: [2], files: 1 }], 10);
        const holdId = journal.holds()[0]?.holdId ?? '';
        expect(journal.answerHold(holdId, 'approved')).toBe(true);
        expect(journal.answerHold(holdId, 'restored')).toBe(false);
        expect(journal.answerHold('another', 'approved')).toBe(false);
        expect(journal.holds()).toMatchObject([{ answer: 'approved' }]);
      });

      it('sets and clears many problems as one step', () => {
        const problem = { code: 'BUSY', params: {}, retryAtMs: 50 } as const;
        const paths = Array.from({ length: 300 }, (_, index) => `f${index}`);
        journal.setProblems(
          paths.map((path) => ({ path, problem })),
          10,
        );
        journal.setProblems([{ path: 'f7', problem: null }], 20);
        expect(journal.problems()).toHaveLength(299);
      });

      it('counts attempts of a problem and clears it', () => {
        const problem = { code: 'BUSY', params: { reason: 'EBUSY' }, retryAtMs: 50, source: 'scan' } as const;
        journal.setProblem('a/b', problem, 10);
        journal.setProblem('a/b', problem, 20);
        expect(journal.problems()).toEqual([{ path: 'a/b', ...problem, firstSeenMs: 10, lastSeenMs: 20, attempts: 2 }]);
        journal.setProblem('a/b', null, 30);
        expect(journal.problems()).toEqual([]);
      });
    });

    it('[K01] [K03] keeps everything over a restart', async () => {
      if (!made.reopen) return;
      const row = fileRow(2);
      journal.advance({
        rows: [row, fileRow(3)],
        local: [{ key: 2, seen: localOf(row, { name: 'x' }) }],
        cloud: [{ id: 'c3', seen: ABSENT }],
        meta: { cursor: 'k', recovery: true },
      });
      journal.advance({ deeds: [{ kind: 'trashedHere', nodes: ['c5'], files: 2, atMs: 1000 }] });
      journal.setHolds([{ kind: 'mass_change', ids: [2], files: 1, gone: ['c6'] }], 10);
      journal.answerHold(journal.holds()[0]?.holdId ?? '', 'restored');
      const next = journal.allocateIds(1);
      const before = [journal.meta(), [...journal.localOverlay()], [...journal.cloudOverlay()], journal.base.get(2)];
      const again = await made.reopen();
      expect([again.meta(), [...again.localOverlay()], [...again.cloudOverlay()], again.base.get(2)]).toEqual(before);
      expect(again.deedsSince(0)).toEqual([{ kind: 'trashedHere', nodes: ['c5'], files: 2, atMs: 1000 }]);
      expect(again.holds()).toMatchObject([{ ids: [2], gone: ['c6'], answer: 'restored' }]);
      expect(again.allocateIds(1)).toBeGreaterThan(next);
    });
  });
}
