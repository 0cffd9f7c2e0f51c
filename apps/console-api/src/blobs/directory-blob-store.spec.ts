import { mkdir, mkdtemp, open, readdir, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { DirectoryBlobStore } from './directory-blob-store.ts';
import { describeBlobStore } from './testing/blob-store-contract.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-blobs-'));
  folders.push(folder);
  return folder;
}

describeBlobStore('DirectoryBlobStore', async () => DirectoryBlobStore.open(await newFolder()));

describe('DirectoryBlobStore on disk', () => {
  it('keeps no unfinished file after a put, good or failed', async () => {
    const folder = await newFolder();
    const store = await DirectoryBlobStore.open(folder);
    await store.put('e/one', [new Uint8Array(10)]);
    await store.put('e/one', [new Uint8Array(10)]).catch(() => undefined);
    expect(await readdir(path.join(folder, 'uploads'))).toEqual([]);
  });

  it('removes what a dead process left unfinished, but not what another one may be writing', async () => {
    const folder = await newFolder();
    await DirectoryBlobStore.open(folder);
    const now = Date.parse('2026-01-10T00:00:00Z');
    for (const [name, ageHours] of [['old', 25] as const, ['young', 1] as const]) {
      const file = path.join(folder, 'uploads', name);
      await writeFile(file, 'x');
      const at = new Date(now - ageHours * 3_600_000);
      await utimes(file, at, at);
    }
    await DirectoryBlobStore.open(folder, now);
    expect(await readdir(path.join(folder, 'uploads'))).toEqual(['young']);
  });
});

describe.skipIf(process.platform === 'win32')('[SA-1] an object in a folder that is not on the disk yet', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A store with a folder of its first level, and what is told whenever that is to be flushed. */
  async function scene(onFlush: (flush: number) => Promise<void>) {
    const folder = await newFolder();
    const store = await DirectoryBlobStore.open(folder);
    const parent = path.join(folder, 'objects', 'e');
    await mkdir(parent);
    const { ino } = await stat(parent);
    const handle = await open(parent, 'r');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const sync = prototype.sync;
    let flushes = 0;
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      if ((await this.stat()).ino === ino) await onFlush((flushes += 1));
      return sync.call(this);
    });
    return store;
  }

  it('is not acknowledged before that is, though another put is making the folder', async () => {
    const [flushing, alsoFlushing, go] = [1, 2, 3].map(() => Promise.withResolvers<string>());
    const store = await scene(async (flush) => {
      (flush === 1 ? flushing : alsoFlushing)?.resolve('flushes');
      await go?.promise;
    });
    const first = store.put('e/one-aa', [new Uint8Array(1)]);
    await flushing?.promise;
    const second = store.put('e/two-aa', [new Uint8Array(1)]);
    expect(await Promise.race([second.then(() => 'acknowledged'), alsoFlushing?.promise])).toBe('flushes');
    go?.resolve('');
    expect(await Promise.all([first, second])).toEqual([1, 1]);
  });

  it('flushes it again where that failed, and once only', async () => {
    const seen: number[] = [];
    const store = await scene((flush) => {
      seen.push(flush);
      return flush === 1 ? Promise.reject(new Error('the disk failed')) : Promise.resolve();
    });
    await expect(store.put('e/one-aa', [new Uint8Array(1)])).rejects.toThrow('the disk failed');
    await store.put('e/two-aa', [new Uint8Array(1)]);
    await store.put('e/three-aa', [new Uint8Array(1)]);
    expect(seen).toEqual([1, 2]);
  });
});
