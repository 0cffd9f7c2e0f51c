import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BlobMissingError, BlobStore, requireBlobKey, type ByteSource, type StoredBlob } from './blob-store.ts';
import { writeAll } from './write-all.ts';

/** Small pieces are gathered to this size before they are written: a pack of 4 KiB chunks is a few writes. Each open upload holds as much. */
const WRITE_BYTES = 256 * 1024;
const READ_BYTES = 1024 * 1024;
/** Unfinished files of a process that died; another console may be writing younger ones. */
const STALE_UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Folders remembered to be on the disk; all are forgotten when there are more. */
const MAX_REMEMBERED = 10_000;

/** Objects as files below one folder: written aside, flushed, linked into place, and the folder flushed. */
export class DirectoryBlobStore extends BlobStore {
  readonly #objects: string;
  readonly #uploads: string;
  readonly #durable = new Set<string>();

  private constructor(folder: string) {
    super();
    this.#objects = path.join(folder, 'objects');
    this.#uploads = path.join(folder, 'uploads');
  }

  static async open(folder: string, nowMs: number = Date.now()): Promise<DirectoryBlobStore> {
    const store = new DirectoryBlobStore(folder);
    await mkdir(store.#objects, { recursive: true, mode: 0o700 });
    await mkdir(store.#uploads, { recursive: true, mode: 0o700 });
    await removeOlderThan(store.#uploads, nowMs - STALE_UPLOAD_MS);
    return store;
  }

  async put(key: string, source: ByteSource): Promise<number> {
    const target = this.#fileOf(key);
    const upload = path.join(this.#uploads, randomUUID());
    try {
      const sizeBytes = await writeDurably(upload, source);
      await this.#makeFolder(path.dirname(target));
      await link(upload, target); // unlike rename, never replaces an object
      await flushFolder(path.dirname(target));
      return sizeBytes;
    } finally {
      await rm(upload, { force: true });
    }
  }

  async *read(key: string, startByte: number, lengthBytes: number): AsyncIterable<Uint8Array> {
    if (lengthBytes === 0) return;
    const handle = await openObject(this.#fileOf(key), key);
    try {
      yield* readRange(handle, { key, startByte, lengthBytes });
    } finally {
      await handle.close();
    }
  }

  async exists(key: string): Promise<boolean> {
    try {
      return (await stat(this.#fileOf(key))).isFile();
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const file = this.#fileOf(key);
    try {
      await unlink(file);
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    await flushFolder(path.dirname(file));
  }

  /** In the order of their places, name by name. */
  async *list(prefix: string, after?: string): AsyncIterable<StoredBlob> {
    const behind = after === undefined ? [] : this.#segmentsOf(this.#fileOf(after));
    for await (const file of walkFiles(this.#objects, behind)) {
      const segments = this.#segmentsOf(file);
      segments.splice(-2, 1); // the shard folder is no part of the key
      const key = segments.join('/');
      const sizeBytes = key.startsWith(prefix) ? await findSize(file) : undefined;
      if (sizeBytes !== undefined) yield { key, sizeBytes };
    }
  }

  /**
   * A new folder survives a power cut only when its parents were flushed too. One that is there already may have been made by a put
   * that did not get that far: here a moment ago, in another console, or in a process that died.
   */
  async #makeFolder(folder: string): Promise<void> {
    const firstNew = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (firstNew === undefined && this.#durable.has(folder)) return;
    for (let parent = path.dirname(folder); parent.startsWith(this.#objects); parent = path.dirname(parent)) {
      await flushFolder(parent);
    }
    if (this.#durable.size >= MAX_REMEMBERED) this.#durable.clear();
    this.#durable.add(folder);
  }

  #segmentsOf(file: string): string[] {
    return path.relative(this.#objects, file).split(path.sep);
  }

  /** The last two characters spread objects over 256 folders (ids are random at their end). */
  #fileOf(key: string): string {
    const segments = requireBlobKey(key).split('/');
    const name = segments.pop() ?? '';
    return path.join(this.#objects, ...segments, name.slice(-2), name);
  }
}

async function writeDurably(file: string, source: ByteSource): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let sizeBytes = 0;
    for await (const pieces of gather(source)) {
      sizeBytes += await writeAll(handle, pieces, sizeBytes);
    }
    await handle.sync();
    return sizeBytes;
  } finally {
    await handle.close();
  }
}

async function* gather(source: ByteSource): AsyncIterable<Uint8Array[]> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < WRITE_BYTES) continue;
    yield pieces;
    pieces = [];
    bytes = 0;
  }
  if (pieces.length > 0) yield pieces;
}

type Range = { readonly key: string; readonly startByte: number; readonly lengthBytes: number };

async function* readRange(handle: FileHandle, range: Range): AsyncIterable<Uint8Array> {
  let done = 0;
  while (done < range.lengthBytes) {
    const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, range.lengthBytes - done));
    const { bytesRead } = await handle.read(piece, 0, piece.length, range.startByte + done);
    if (bytesRead === 0) throw new BlobMissingError(range.key);
    done += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

async function openObject(file: string, key: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw isAbsent(error) ? new BlobMissingError(key, error) : error;
  }
}

async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot flush folders and orders their changes itself
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Folder by folder, each in the order of its names; `after`: names from `folder` down to the file behind which to begin. */
async function* walkFiles(folder: string, [border, ...below]: readonly string[] = []): AsyncIterable<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (border !== undefined && entry.name < border) continue;
    if (entry.isDirectory()) yield* walkFiles(file, entry.name === border ? below : []);
    else if (entry.name !== border) yield file;
  }
}

/** `undefined`: it was deleted meanwhile. */
async function findSize(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function removeOlderThan(folder: string, beforeMs: number): Promise<void> {
  for await (const file of walkFiles(folder)) {
    if ((await stat(file)).mtimeMs < beforeMs) await rm(file, { force: true });
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
