import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskSettings } from '@tideline/contracts';
import { ROOT_ID } from '@tideline/sync-core';
import { MemoryJournal } from '@tideline/sync-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { summarize } from './explain.ts';
import { explainPath } from './explain-path.ts';
import { compileFilters } from './left-out.ts';
import { leftOutPhrase } from './left-out-phrase.ts';
import { listSkipped } from './list-skipped.ts';
import { rulesOf } from './task-record.ts';

let root: string;
let journal: MemoryJournal;
let socket: Server;
const exclude = ['*.bak', 'build/', '!keep.bak'];
const more = { excludeTypes: ['audio'], maxFileBytes: 12 };
const policy = { exclude: ['*.pst'], excludeTypes: ['video' as const], maxFileBytes: null };

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tideline-explain-'));
  journal = new MemoryJournal();
  for (const folder of ['a', 'a/build', 'z']) mkdirSync(join(root, folder));
  for (const file of ['a/old.bak', 'a/keep.bak', 'a/build/out.o', 'a/new.txt', 'Thumbs.db', '~$x.docx']) {
    writeFileSync(join(root, file), file);
  }
  writeFileSync(join(root, 'a/long text'), 'more than twelve bytes');
  symlinkSync('a/new.txt', join(root, 'link'));
  socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(root, 'z/socket'), resolve));
});
afterEach(async () => {
  await new Promise((resolve) => socket.close(resolve));
  rmSync(root, { recursive: true });
});

const record = () => ({
  localPath: root,
  settings: TaskSettings.parse({ exclude, ...more }),
  policy,
  mode: 'bidirectional' as const,
});
const explain = (path: string) => {
  const { states, reasons } = explainPath({ journal, record: record(), platform: 'linux' }, path);
  return summarize(states, reasons);
};

describe('[TA-7] explain of what is not synced', () => {
  it.each([
    ['a/old.bak', 'It is left out by *.bak; it is listed as skipped.'],
    ['a/build', 'It is left out by build/; it is listed as skipped.'],
    ['a/build/out.o', 'The folder a/build, in which it lies, is left out by build/; it is listed as skipped.'],
    ['Thumbs.db', 'It is left out always (Thumbs.db); it is listed as skipped.'],
    ['~$x.docx', 'It is left out always (~$*); it is listed as skipped.'],
    ['link', 'It is left out: it is a link; it is listed as skipped.'],
    ['z/socket', 'It is left out: it is a socket; it is listed as skipped.'],
    ['a/film.mkv', 'It is left out: it is of type video, as your organisation wants it; it is listed as skipped.'],
    ['a/song.OGG', 'It is left out: it is of type audio; it is listed as skipped.'],
    ['a/mail.pst', 'It is left out by *.pst, as your organisation wants it; it is listed as skipped.'],
    ['a/long text', 'It is left out: it is larger than 12 B; it is listed as skipped.'],
    ['a/keep.bak', 'It is new here and waits for the next scan.'],
    ['gone.bak', 'It is left out by *.bak; it is listed as skipped.'],
  ])('says of %s: %s', (path, sentence) => expect(explain(path)).toBe(sentence));

  it('[C01] [C19] tells of a conflict from the copy and from its original, as long as both are there', () => {
    const copy = 'f (conflict PC1 2026-01-02 0304).txt';
    const file = {
      parent: ROOT_ID,
      kind: 'file',
      rev: 1,
      contentId: 'c',
      size: 1,
      sig: null,
      state: 'managed',
    } as const;
    const row = (id: number, name: string) => ({
      ...{ ...file, id, localName: name, cloudName: name, cloudId: `c${id}`, meta: { mtimeMs: 0, exec: false } },
    });
    journal.advance({ rows: [row(5, 'f.txt'), row(6, copy)] });
    expect(explain(copy)).toContain('It is a conflict copy of f.txt');
    expect(explain('f.txt')).toContain(`the other content is kept as ${copy}.`);
    journal.advance({ forget: [6] });
    expect(explain('f.txt')).not.toContain('conflict');
  });

  it('tells the problem of a name that is not valid UTF-8, as the listing shows it', () => {
    journal.setProblem('a/\uFFFD.txt', { code: 'NAME_UNSUPPORTED', params: {}, retryAtMs: 1 }, 1);
    expect(explain('a/\uFFFD.txt')).toBe(
      'It cannot be synced now (NAME_UNSUPPORTED). Its name cannot be stored in the cloud. Give it another name.',
    );
  });

  it('tells the problem of the folder that it lies in', () => {
    journal.setProblem('z', { code: 'UNREADABLE', params: {}, retryAtMs: 1 }, 1);
    expect(explain('z/inner.txt')).toMatch(/^The folder z, in which it lies, cannot be synced now \(UNREADABLE\)/);
  });

  it('knows nothing of what stands nowhere', () => {
    for (const path of ['a/nowhere.txt', 'a/new.txt/none']) {
      expect(() => explain(path)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
  });
});

describe('[TA-3] the list of what is skipped', () => {
  const page = (limit: number, cursor?: string) =>
    listSkipped({
      ...{ root, filters: compileFilters(rulesOf(record()), 'linux'), cursor, limit },
      signal: new AbortController().signal,
    });
  const all = ['Thumbs.db', 'a/build', 'a/long text', 'a/old.bak', 'link', 'z/socket', '~$x.docx'];

  it('names each thing and why', async () => {
    const { files, next } = await page(100);
    expect(files.map(({ path }) => path)).toEqual(all);
    expect(files.map(({ leftOut }) => leftOut && leftOutPhrase(leftOut))).toEqual([
      ...['left out always (Thumbs.db)', 'left out by build/', 'left out: it is larger than 12 B'],
      ...['left out by *.bak', 'left out: it is a link', 'left out: it is a socket', 'left out always (~$*)'],
    ]);
    expect(next).toBeNull();
  });

  it.each([1, 2, 3])('is paged by %d without a gap or a repetition', async (limit) => {
    const paths: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { files, next } = await page(limit, cursor);
      paths.push(...files.map(({ path }) => path));
      cursor = next;
    }
    expect(paths).toEqual(all);
  });
});
