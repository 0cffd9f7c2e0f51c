import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { collectYoungEvery } from '../app/young-collection.ts';
import { CollectingBlobStore } from './collecting-blob-store.ts';
import { DirectoryBlobStore } from './directory-blob-store.ts';
import { describeBlobStore } from './testing/blob-store-contract.ts';

const MIB = 1024 ** 2;
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function openDirectory(): Promise<DirectoryBlobStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-blobs-'));
  folders.push(folder);
  return DirectoryBlobStore.open(folder);
}

describeBlobStore(
  'CollectingBlobStore',
  async () => new CollectingBlobStore(await openDirectory(), collectYoungEvery(MIB)),
);

it('collects each time so many bytes have passed, up and down together', async () => {
  let collected = 0;
  const onBytes = collectYoungEvery(2 * MIB, () => (collected += 1));
  const store = new CollectingBlobStore(await openDirectory(), onBytes);
  await store.put('e/one', Array<Uint8Array>(3).fill(new Uint8Array(MIB)));
  expect(collected).toBe(1);
  for await (const piece of store.read('e/one', 0, MIB)) expect(piece.length).toBeGreaterThan(0);
  expect(collected).toBe(2);
});
