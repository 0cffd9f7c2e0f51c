import { randomUUID } from 'node:crypto';
import { open as openFile, type FileHandle } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { BlobMissingError, type BlobStore } from '../blob-store.ts';

/** What every BlobStore adapter must do. */
export function describeBlobStore(name: string, open: () => Promise<BlobStore>): void {
  describe(name, () => {
    it('gives back what was put, whole and in ranges', async () => {
      const store = await open();
      const key = newKey();
      const bytes = patterned(3_500_000);
      const size = await store.put(key, pieces(bytes, 70_000));
      expect(size).toBe(bytes.length);
      expect(bytes.equals(await collect(store.read(key, 0, bytes.length)))).toBe(true);
      const middle = await collect(store.read(key, 1_234_567, 1_500_000));
      expect(bytes.subarray(1_234_567, 2_734_567).equals(middle)).toBe(true);
      expect(await collect(store.read(key, bytes.length - 1, 1))).toEqual(bytes.subarray(-1));
      expect(await collect(store.read(key, 5, 0))).toEqual(Buffer.alloc(0));
    });

    it('[SA-1] keeps every byte on a disk that takes fewer at once than it is given', async () => {
      const store = await open();
      const [key, bytes] = [newKey(), patterned(300_000)];
      const mend = await shortenWrites();
      try {
        expect(await store.put(key, pieces(bytes, 70_000))).toBe(bytes.length);
      } finally {
        mend();
      }
      expect(bytes.equals(await collect(store.read(key, 0, bytes.length)))).toBe(true);
    });

    it('takes an object without bytes', async () => {
      const store = await open();
      const key = newKey();
      expect(await store.put(key, [])).toBe(0);
      expect(await store.exists(key)).toBe(true);
    });

    it('leaves nothing of an object whose source failed', async () => {
      const store = await open();
      const key = newKey();
      await expect(store.put(key, failing())).rejects.toThrow('source failed');
      expect(await store.exists(key)).toBe(false);
      expect(await keysOf(store, '')).toEqual([]);
    });

    it('never replaces an object', async () => {
      const store = await open();
      const key = newKey();
      await store.put(key, [patterned(10)]);
      await store.put(key, [patterned(20)]).catch(() => undefined); // refusing is allowed, replacing is not
      expect(await collect(store.read(key, 0, 10))).toEqual(patterned(10));
    });

    it('says that bytes are missing, of an object and past its end', async () => {
      const store = await open();
      const key = newKey();
      await expect(collect(store.read(key, 0, 1))).rejects.toThrow(BlobMissingError);
      await store.put(key, [patterned(10)]);
      await expect(collect(store.read(key, 5, 6))).rejects.toThrow(BlobMissingError);
    });

    it('lists by prefix and deletes, twice if asked', async () => {
      const store = await open();
      const [one, two, other] = [newKey('a'), newKey('a'), newKey('b')];
      for (const key of [one, two, other]) await store.put(key, [patterned(7)]);
      expect(await keysOf(store, 'a/')).toEqual([one, two].sort());
      await store.delete(one);
      await store.delete(one);
      expect(await store.exists(one)).toBe(false);
      expect(await keysOf(store, '')).toEqual([two, other].sort());
    });

    it('lists in an order that stays, and goes on behind a key, also one that is gone', async () => {
      const store = await open();
      for (const folder of ['a', 'b', 'c', 'a', 'b', 'c', 'a']) await store.put(newKey(folder), [patterned(7)]);
      const all = await inOrder(store, '');
      expect(all).toHaveLength(7);
      expect(await inOrder(store, '')).toEqual(all);
      for (const [at, key] of all.entries()) expect(await inOrder(store, '', key)).toEqual(all.slice(at + 1));
      await store.delete(all[3] ?? '');
      expect(await inOrder(store, '', all[3])).toEqual(all.slice(4));
      const ofB = all.filter((key) => key.startsWith('b/') && key !== all[3]);
      expect(await inOrder(store, 'b/', ofB[0])).toEqual(ofB.slice(1));
    });

    it.each(['../x', '/x', 'a//b', 'a/..', 'A/x', 'a/x.y', ''])('refuses the key %j', async (key) => {
      const store = await open();
      await expect(store.put(key, [])).rejects.toThrow('not a blob key');
    });
  });
}

function newKey(folder = 'e'): string {
  return `${folder}/${randomUUID()}`;
}

function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
}

function* pieces(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function* failing(): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(patterned(2_000_000));
  throw new Error('source failed');
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function keysOf(store: BlobStore, prefix: string): Promise<string[]> {
  return (await inOrder(store, prefix)).sort();
}

async function inOrder(store: BlobStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const blob of store.list(prefix, after)) keys.push(blob.key);
  return keys;
}

/** A nearly full disk: every write to a file puts down half of what it was given, and says so. Answers what ends that. */
async function shortenWrites(): Promise<() => void> {
  const handle = await openFile(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { writev } = prototype;
  const half = (piece: Uint8Array) => piece.subarray(0, Math.ceil(piece.length / 2));
  const spies = [
    vi.spyOn(prototype, 'writev').mockImplementation(function (this: FileHandle, given, position) {
      return writev.call(this, [half(given[0] as Uint8Array)], position);
    }),
    vi.spyOn(prototype, 'write').mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
      const [piece, start, length, position] = args as [Uint8Array, number, number, number];
      const pieces = [half(piece.subarray(start, start + length))];
      return { bytesWritten: (await writev.call(this, pieces, position)).bytesWritten, buffer: piece };
    } as never),
  ];
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}
