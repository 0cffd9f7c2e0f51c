import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ROOT_ID,
  type BaseNode,
  type CloudNode,
  type LocalNode,
  type Observed,
  type Op,
  type ScanResult,
  type StatSig,
} from '@tideline/sync-core';
import { openJournal } from './open-journal.ts';
import { SCHEMA_VERSION } from './schema.ts';
import type { SqliteJournal } from './sqlite-journal.ts';

let home: string;
let path: string;
let journal: SqliteJournal;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tideline-journal-'));
  path = join(home, 'task.db');
  journal = openJournal(path);
});
afterEach(() => {
  journal.close();
  rmSync(home, { recursive: true, force: true });
});

const reopen = (): SqliteJournal => {
  journal.close();
  journal = openJournal(path);
  return journal;
};

/** An id beyond 2^53 and beyond the signed range, times before 1970: what file systems really answer. */
const sig: StatSig = {
  volume: 'v',
  fileId: 2n ** 64n - 5n,
  birthNs: -1n,
  size: 3,
  mtimeNs: 1_700_000_000_123_456_789n,
  ctimeNs: 1_700_000_000_123_456_790n,
  links: 1,
};
const meta = { mtimeMs: 1_700_000_000_123, exec: true };

const row = (id: number, change: Partial<BaseNode> = {}): BaseNode => ({
  id,
  parent: ROOT_ID,
  localName: `n${id}`,
  cloudName: `n${id}`,
  kind: 'file',
  cloudId: `cloud-${id}`,
  rev: 1,
  contentId: 'content',
  size: 3,
  meta,
  sig,
  state: 'managed',
  ...change,
});
const root = row(ROOT_ID, { localName: '', cloudName: '', kind: 'folder', contentId: null, size: null, sig: null });
const local = (change: Partial<LocalNode> = {}): LocalNode => ({
  parent: ROOT_ID,
  name: 'n2',
  kind: 'file',
  sig,
  content: { contentId: 'content', size: 3 },
  meta,
  ...change,
});
const cloud = (change: Partial<CloudNode> = {}): CloudNode => ({
  id: 'cloud-2',
  parentId: 'cloud-1',
  name: 'n2',
  kind: 'file',
  rev: 1,
  seq: 1,
  contentId: 'content',
  size: 3,
  meta,
  ...change,
});
const present = <T>(node: T) => ({ t: 'present' as const, node, sinceMs: 5 });
const scan = (change: Partial<ScanResult>): ScanResult => {
  const nothing = { files: 0, folders: 0, skipped: 0, unreadable: [] };
  return { full: true, seen: new Map(), listed: new Set(), ...nothing, ...change };
};

describe('base', () => {
  it('keeps a row exactly, large ids and early times included', () => {
    journal.advance({ rows: [root, row(2), row(3, { sig: null, state: 'detached', contentId: null, size: null })] });
    reopen();
    expect(journal.base.get(2)).toEqual(row(2));
    expect(journal.base.get(3)).toMatchObject({ sig: null, state: 'detached', contentId: null });
    expect(journal.base.children(ROOT_ID).map((child) => child.id)).toEqual([2, 3]);
    expect(journal.base.byCloudId('cloud-2')).toEqual(row(2));
    expect(journal.base.childByLocalName(ROOT_ID, 'n2')?.id).toBe(2);
    expect(journal.base.childByCloudName(ROOT_ID, '')).toBeUndefined();
    expect(journal.base.fileCount()).toBe(1);
  });

  it('[M09] lets rows exchange their names and their cloud ids in one step', () => {
    journal.advance({ rows: [root, row(2), row(3)] });
    journal.advance({
      rows: [row(2, { localName: 'n3', cloudId: 'cloud-3' }), row(3, { localName: 'n2', cloudId: 'cloud-2' })],
    });
    expect(journal.base.childByLocalName(ROOT_ID, 'n2')?.id).toBe(3);
    expect(journal.base.byCloudId('cloud-3')?.id).toBe(2);
  });

  it('takes a step as a whole or not at all, in memory too', () => {
    journal.advance({ rows: [root, row(2)] });
    const files = journal.base.fileCount();
    const bad = { ...row(4), cloudId: 'cloud-2' };
    expect(() => journal.advance({ local: [{ key: -1, seen: present(local()) }], rows: [row(3), bad] })).toThrow();
    expect(journal.base.get(3)).toBeUndefined();
    expect(journal.base.fileCount()).toBe(files);
    expect(journal.localOverlay().size).toBe(0);
  });

  it('[K08] keeps cursor and overlay together when the disk is too full to commit, and goes on from there', () => {
    journal.advance({ rows: [root], meta: { cursor: 'old', seq: 1 } });
    const { exec } = DatabaseSync.prototype;
    DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
      if (sql === 'COMMIT') throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
      exec.call(this, sql);
    };
    const seen = new Map([[-7, present(local())]]);
    try {
      const step = { cloud: [{ id: 'cloud-2', seen: present(cloud()) }], meta: { cursor: 'new', seq: 2 } };
      expect(() => journal.advance(step)).toThrow('full');
      expect(() => journal.foldScan(scan({ seen }))).toThrow('full');
    } finally {
      DatabaseSync.prototype.exec = exec;
    }
    const held = () => [journal.cloudOverlay().size, journal.localOverlay().size, journal.meta().cursor];
    expect(held()).toEqual([0, 0, 'old']);
    journal.advance({ meta: { verified: null } });
    reopen();
    expect(held()).toEqual([0, 0, 'old']);
    expect(journal.meta().seq).toBe(1);
  });

  it('never gives out an id twice, not even after a restart', () => {
    const first = journal.allocateIds(10);
    journal.advance({ rows: [root, row(5000)] });
    expect(journal.allocateIds(1)).toBeGreaterThan(5000);
    const last = journal.allocateIds(1);
    expect(reopen().allocateIds(1)).toBeGreaterThan(last);
    expect(first).toBeGreaterThan(ROOT_ID);
  });
});

describe('overlays', () => {
  beforeEach(() => journal.advance({ rows: [root, row(2)] }));

  it('keeps every kind of observation over a restart', () => {
    const chunks = [{ hash: 'h', size: 3 }] as never;
    journal.advance({
      local: [
        { key: -1, seen: present(local({ name: 'x', content: { contentId: 'c', size: 3, chunks } })) },
        { key: 2, seen: { t: 'unknown', why: 'denied', sinceMs: 7 } },
      ],
      cloud: [
        { id: 'a', seen: present(cloud({ id: 'a', kind: 'folder', contentId: null, size: null })) },
        { id: 'cloud-2', seen: { t: 'absent', sinceMs: 9 } },
      ],
    });
    const before = [new Map(journal.localOverlay()), new Map(journal.cloudOverlay())];
    reopen();
    expect([new Map(journal.localOverlay()), new Map(journal.cloudOverlay())]).toEqual(before);
  });

  it('[D14] tells the same after it gave its memory back', () => {
    journal.advance({ local: [{ key: -1, seen: present(local({ name: 'x' })) }] });
    const before = [journal.base.get(2), new Map(journal.localOverlay())];
    journal.rest();
    expect([journal.base.get(2), new Map(journal.localOverlay())]).toEqual(before);
    journal.advance({ local: [{ key: -1, seen: 'equal' }] });
    expect([...journal.localOverlay()]).toEqual([]);
  });

  it('drops entries that equal base, and base takes over signature and revision', () => {
    const touched = { ...sig, ctimeNs: sig.ctimeNs + 1n };
    journal.advance({
      local: [{ key: 2, seen: present(local({ sig: touched })) }],
      cloud: [{ id: 'cloud-2', seen: present(cloud({ rev: 7 })) }],
    });
    expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(0);
    expect(journal.base.get(2)).toMatchObject({ rev: 7, sig: touched });
  });

  it('keeps entries that differ in place, content or metadata', () => {
    const others = [local({ name: 'x' }), local({ meta: { ...meta, exec: false } }), local({ parent: 9 })];
    for (const node of others) {
      journal.advance({ local: [{ key: 2, seen: present(node) }] });
      expect(journal.localOverlay().get(2)).toEqual(present(node));
    }
  });

  it('drops an absence that base has caught up with', () => {
    journal.advance({
      local: [{ key: 2, seen: { t: 'absent', sinceMs: 1 } }],
      cloud: [{ id: 'cloud-2', seen: { t: 'absent', sinceMs: 1 } }],
    });
    expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(2);
    journal.advance({ forget: [2] });
    expect(journal.localOverlay().size + journal.cloudOverlay().size).toBe(0);
  });

  it('moves what is below a new folder under its id when base learns it', () => {
    journal.advance({
      local: [
        { key: -1, seen: present(local({ name: 'd', kind: 'folder', content: null })) },
        { key: -2, seen: present(local({ name: 'f', parent: -1 })) },
      ],
    });
    journal.advance({
      rows: [row(9, { localName: 'd', cloudName: 'd', kind: 'folder', contentId: null, size: null })],
      adopt: [{ key: -1, id: 9 }],
    });
    expect([...journal.localOverlay()]).toEqual([[-2, present(local({ name: 'f', parent: 9 }))]]);
  });

  it('replaces by a partial scan only what belongs to the folders it read', () => {
    journal.advance({ rows: [row(3, { kind: 'folder', contentId: null, size: null }), row(4, { parent: 3 })] });
    const folder = present(local({ name: 'new', kind: 'folder', content: null }));
    const inside = present(local({ name: 'inside', parent: -1 }));
    const elsewhere = present(local({ name: 'elsewhere', parent: 3 }));
    journal.foldScan(
      scan({
        seen: new Map<number, Observed<LocalNode>>([
          [-1, folder],
          [-2, inside],
          [-3, elsewhere],
          [4, { t: 'absent', sinceMs: 1 }],
        ]),
      }),
    );
    journal.foldScan(scan({ full: false, listed: new Set([ROOT_ID]) }));
    expect([...journal.localOverlay().keys()].sort()).toEqual([-3, 4]);
    journal.foldScan(scan({}));
    expect(journal.localOverlay().size).toBe(0);
  });
});

describe('operations, problems, holds', () => {
  const op: Extract<Op, { op: 'localMove' }> = {
    op: 'localMove',
    opId: 'op-1',
    id: 2,
    key: 2,
    expect: sig,
    parent: ROOT_ID,
    name: 'x',
    cloudName: 'x',
    staged: false,
  };

  it('[K01] knows after a restart which operations had begun, in their order', () => {
    journal.start([op, { ...op, opId: 'op-0' }, { op: 'forget', id: 2, cloudId: 'cloud-2' }]);
    expect(reopen().unfinished()).toEqual([op, { ...op, opId: 'op-0' }]);
    journal.advance({ finished: ['op-1'] });
    expect(reopen().unfinished()).toEqual([{ ...op, opId: 'op-0' }]);
  });

  it('counts the tries of a problem until it is solved or becomes another', () => {
    const busy = { code: 'BUSY', params: { a: 1 }, retryAtMs: 9 } as const;
    journal.setProblem('p', busy, 1);
    journal.setProblem('p', busy, 2);
    expect(reopen().problems()).toEqual([
      { path: 'p', ...busy, source: 'cycle', firstSeenMs: 1, lastSeenMs: 2, attempts: 2 },
    ]);
    journal.setProblem('p', { ...busy, code: 'QUOTA' }, 3);
    expect(journal.problems()).toMatchObject([{ firstSeenMs: 3, attempts: 1 }]);
    journal.setProblem('p', null, 4);
    expect(journal.problems()).toEqual([]);
  });

  it('keeps the facts of the task', () => {
    journal.advance({ meta: { cursor: 'c', seq: 4 } });
    expect(reopen().meta()).toMatchObject({ cursor: 'c', seq: 4, firstSyncDone: false, recovery: false });
  });
});

describe('a journal that is damaged or gone', () => {
  it('[K06] is kept aside, and a new one begins in recovery', () => {
    journal.close();
    writeFileSync(path, 'this is no database at all, and never was one'.repeat(100));
    journal = openJournal(path, { nowMs: 42 });
    expect(journal.origin).toMatchObject({ t: 'damaged', asidePath: `${path}.damaged-42` });
    expect(readFileSync(`${path}.damaged-42`, 'utf8')).toContain('no database');
    expect(journal.meta().recovery).toBe(true);
  });

  it('[K06] is noticed when single pages are damaged', () => {
    const rows = Array.from({ length: 2000 }, (_, index) => row(index + 10, { cloudId: randomUUID() }));
    journal.advance({ rows: [root, ...rows] });
    journal.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 8192, 65_536);
    writeFileSync(path, bytes);
    journal = openJournal(path);
    expect(journal.origin.t).toBe('damaged');
    expect(readdirSync(home).some((name) => name.includes('.damaged-'))).toBe(true);
  });

  it('[K05] begins in recovery when it was expected and is gone', () => {
    journal.close();
    for (const name of readdirSync(home)) rmSync(join(home, name));
    journal = openJournal(path, { isExpected: true });
    expect(journal.meta().recovery).toBe(true);
    expect(journal.origin).toEqual({ t: 'created' });
  });

  it('[K11] of an older version is brought up to date, of a newer one kept aside', () => {
    expect(reopen().origin).toEqual({ t: 'opened' });
    journal.close();
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    journal = openJournal(path, { nowMs: 1 });
    expect(journal.origin.t).toBe('damaged');
    expect(existsSync(`${path}.damaged-1`)).toBe(true);
  });
});
