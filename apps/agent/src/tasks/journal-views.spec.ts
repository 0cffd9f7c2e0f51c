import { beforeEach, describe, expect, it } from 'vitest';
import { ROOT_ID, type BaseNode, type LocalNode, type CloudNode, type StatSig } from '@tideline/sync-core';
import { MemoryJournal } from '@tideline/sync-core/testing';
import { findStates, summarize, type Explained } from './explain.ts';
import { listFiles } from './list-files.ts';
import { walkBase } from './walk-base.ts';

const ROOT = 'root-node';
const meta = { mtimeMs: 0, exec: false };
const sig: StatSig = {
  ...{ volume: 'v', fileId: 1n, birthNs: 1n, size: 5, mtimeNs: 1n, ctimeNs: 1n, links: 1 },
};

const row = (id: number, parent: number, localName: string): BaseNode => {
  const kind = localName.includes('.') ? 'file' : 'folder';
  const content = kind === 'file' ? { contentId: `c${id}`, size: 5, sig } : { contentId: null, size: null, sig: null };
  const place = { id, parent, localName, cloudName: localName, cloudId: id === ROOT_ID ? ROOT : `n${id}` };
  return { ...place, kind, rev: 1, meta, ...content, state: 'managed' };
};
const localFile = (parent: number, name: string, size = 9): LocalNode => ({
  ...{ parent, name, kind: 'file', sig: { ...sig, size }, content: { contentId: 'x', size }, meta },
});
const cloudFile = (id: string, parentId: string, name: string): CloudNode => ({
  ...{ id, parentId, name, kind: 'file', rev: 7, seq: 9, contentId: 'y', size: 11, meta },
});

const explainStates = (of: MemoryJournal, path: string): Explained => findStates(of, path) ?? expect.unreachable();

let journal: MemoryJournal;
beforeEach(() => {
  journal = new MemoryJournal();
  const rows = [row(ROOT_ID, ROOT_ID, ''), row(2, 1, 'b'), row(3, 1, 'a.txt'), row(4, 2, 'deep.txt'), row(5, 2, 'c')];
  journal.advance({ rows: [...rows, row(6, 5, 'leaf.txt'), row(7, 1, 'z.txt')] });
});

const paths = (files: readonly { path: string }[]) => files.map((file) => file.path);

describe('walkBase', () => {
  it('goes folder by folder by name, and on behind any path, gone or not', () => {
    const all = [...walkBase(journal.base)].map(({ path }) => path);
    expect(all).toEqual(['a.txt', 'b', 'b/c', 'b/c/leaf.txt', 'b/deep.txt', 'z.txt']);
    for (const [index, path] of all.entries()) {
      expect([...walkBase(journal.base, path)].map((each) => each.path)).toEqual(all.slice(index + 1));
    }
    expect([...walkBase(journal.base, 'b/d-gone')].map(({ path }) => path)).toEqual(['b/deep.txt', 'z.txt']);
  });
});

describe('listFiles', () => {
  it('[TA-3] pages what is completed, without what is still to be done', () => {
    journal.advance({ local: [{ key: 7, seen: { t: 'present', node: localFile(1, 'z.txt'), sinceMs: 1 } }] });
    const first = listFiles(journal, ROOT, { state: 'completed', limit: 2 });
    expect(first).toMatchObject({
      files: [{ path: 'a.txt', size: 5 }, { path: 'b/c/leaf.txt' }],
      next: 'b/c/leaf.txt',
    });
    const second = listFiles(journal, ROOT, { state: 'completed', limit: 2, cursor: first.next! });
    expect(second).toMatchObject({ files: [{ path: 'b/deep.txt' }], next: null });
  });

  it('[TA-3] shows what is on its way, with its direction', () => {
    journal.advance({
      local: [
        { key: -1, seen: { t: 'present', node: localFile(2, 'new.txt'), sinceMs: 1 } },
        { key: 3, seen: { t: 'absent', sinceMs: 1 } },
        { key: 7, seen: { t: 'present', node: localFile(1, 'z.txt'), sinceMs: 1 } },
      ],
      cloud: [
        { id: 'n7', seen: { t: 'present', node: cloudFile('n7', ROOT, 'z.txt'), sinceMs: 1 } },
        { id: 'n99', seen: { t: 'present', node: cloudFile('n99', 'n5', 'there.txt'), sinceMs: 1 } },
      ],
    });
    expect(listFiles(journal, ROOT, { state: 'syncing', limit: 10 }).files).toMatchObject([
      { path: 'a.txt', direction: 'up' },
      { path: 'b/c/there.txt', direction: 'down', size: 11 },
      { path: 'b/new.txt', direction: 'up', size: 9 },
      { path: 'z.txt', direction: 'both' },
    ]);
  });

  it('[TA-3] shows what failed and why, and not as on its way', () => {
    journal.advance({ local: [{ key: 7, seen: { t: 'present', node: localFile(1, 'z.txt'), sinceMs: 1 } }] });
    journal.setProblem('z.txt', { code: 'BUSY', params: {}, retryAtMs: 60_000 }, 1000);
    expect(listFiles(journal, ROOT, { state: 'failed', limit: 10 }).files).toMatchObject([
      { path: 'z.txt', code: 'BUSY', firstSeen: '1970-01-01T00:00:01.000Z', retryAt: '1970-01-01T00:01:00.000Z' },
    ]);
    expect(paths(listFiles(journal, ROOT, { state: 'syncing', limit: 10 }).files)).toEqual([]);
  });
});

describe('explainStates', () => {
  it('[TA-7] tells the three states of a file that is equal on both sides', () => {
    const states = explainStates(journal, 'b/deep.txt');
    expect(states).toMatchObject({ key: 4, cloudId: 'n4', base: { state: 'present', size: 5 } });
    expect([states.local.changed, states.cloud.changed]).toEqual([false, false]);
    expect(summarize(states)).toBe('Both sides are equal.');
  });

  it('[TA-7] tells a change here, a change there, and both', () => {
    journal.advance({ local: [{ key: 3, seen: { t: 'present', node: localFile(1, 'a.txt'), sinceMs: 1 } }] });
    expect(summarize(explainStates(journal, 'a.txt'))).toMatch(/changed on this device/);
    journal.advance({ cloud: [{ id: 'n3', seen: { t: 'absent', sinceMs: 1 } }] });
    const states = explainStates(journal, 'a.txt');
    expect(states).toMatchObject({ local: { size: 9, changed: true }, cloud: { state: 'absent', changed: true } });
    expect(summarize(states)).toMatch(/both sides/);
  });

  it('[TA-7] finds what only this device has, and what only the cloud has', () => {
    journal.advance({
      local: [{ key: -1, seen: { t: 'present', node: localFile(2, 'new.txt'), sinceMs: 1 } }],
      cloud: [{ id: 'n99', seen: { t: 'present', node: cloudFile('n99', 'n5', 'there.txt'), sinceMs: 1 } }],
    });
    expect(explainStates(journal, 'b/new.txt')).toMatchObject({
      key: -1,
      base: { state: 'absent' },
      cloud: { state: 'absent' },
    });
    expect(explainStates(journal, 'b/c/there.txt')).toMatchObject({ cloudId: 'n99', local: { state: 'absent' } });
  });

  it('[SA-4] says of what could not be read that nothing is done to it', () => {
    journal.advance({ local: [{ key: 3, seen: { t: 'unknown', why: 'denied', sinceMs: 1 } }] });
    expect(summarize(explainStates(journal, 'a.txt'))).toMatch(/could not be read .*denied.*nothing is done/);
  });

  it('knows nothing of a path that no side ever had', () => {
    expect(findStates(journal, 'b/nowhere.txt')).toBeUndefined();
  });
});
