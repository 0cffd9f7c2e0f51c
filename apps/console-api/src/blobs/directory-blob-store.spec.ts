import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
