import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Records that memory holds before they go to the disk; also what is read back at a time. */
export const HELD_BYTES = 256 * 1024;

/**
 * The records of an archive's directory, which stands behind all files: in memory while they are few, then in a file without a
 * name, so that memory does not grow with the entries and a crash leaves nothing behind.
 */
export class ZipDirectory implements AsyncDisposable {
  readonly #folder: string;
  #count = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #file: FileHandle | undefined;
  #fileBytes = 0;

  constructor(folder: string = tmpdir()) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#fileBytes + this.#heldBytes;
  }

  async add(record: Uint8Array): Promise<void> {
    this.#count += 1;
    this.#held.push(record);
    this.#heldBytes += record.length;
    if (this.#heldBytes >= HELD_BYTES) await this.#spill();
  }

  /** All records in the order they came. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; this.#file && at < this.#fileBytes;) {
      const piece = Buffer.alloc(Math.min(HELD_BYTES, this.#fileBytes - at));
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new Error('the directory of an archive became shorter');
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
    yield Buffer.concat(this.#held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #spill(): Promise<void> {
    this.#file ??= await openNameless(this.#folder);
    await this.#file.writeFile(Buffer.concat(this.#held));
    this.#fileBytes += this.#heldBytes;
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Names of people's files are in it: nobody else reads it, and it goes with the handle. */
async function openNameless(folder: string): Promise<FileHandle> {
  const file = path.join(folder, `tideline-archive-${randomUUID()}`);
  const handle = await open(file, 'wx+', 0o600);
  await unlink(file);
  return handle;
}
