import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../scan/system-error.ts';
import { lateName } from './late-name.ts';

const PIECE_BYTES = 64 * 1024;
/** So much is held in memory at most: nobody writes more at one moment. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

/** Somebody saved into the reserved file at the very moment it was replaced: their bytes get a name of their own beside it (R06). */
export function surfaceLate(fd: number, path: string): void {
  if (fstatSync(fd).size === 0) return;
  const copy = new LateCopy(fd, path);
  try {
    copy.takeAll();
  } catch (error) {
    if (!NO_ROOM.has(codeOf(error)) || copy.leftBytes > MAX_HELD_BYTES) throw error;
    copy.takeRestInItsRoom();
  } finally {
    copy.close();
  }
}

/** What stands in an open file that has no name any more, beside the path at which it had one. */
class LateCopy {
  readonly #from: number;
  readonly #path: string;
  #to: number | undefined;
  #copied = 0;

  constructor(from: number, path: string) {
    this.#from = from;
    this.#path = path;
  }

  get leftBytes(): number {
    return fstatSync(this.#from).size - this.#copied;
  }

  takeAll(): void {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (;;) {
      const read = readSync(this.#from, piece, 0, PIECE_BYTES, this.#copied);
      if (read === 0) return this.#flush();
      this.#write(piece.subarray(0, read));
    }
  }

  /** SY-43: the disk is full, also of these very bytes: what is left of them is held, and gives up its room to its copy. */
  takeRestInItsRoom(): void {
    const rest = Buffer.alloc(this.leftBytes);
    for (let held = 0, read = -1; read !== 0 && held < rest.length; held += read) {
      read = readSync(this.#from, rest, held, rest.length - held, this.#copied + held);
    }
    ftruncateSync(this.#from, this.#copied);
    this.#write(rest);
    this.#flush();
  }

  close(): void {
    if (this.#to !== undefined) closeSync(this.#to);
  }

  #write(bytes: Uint8Array): void {
    this.#to ??= openBeside(this.#path);
    for (let done = 0; done < bytes.length;) {
      const written = writeSync(this.#to, bytes, done, bytes.length - done);
      done += written;
      this.#copied += written;
    }
  }

  #flush(): void {
    if (this.#to !== undefined) fsyncSync(this.#to);
  }
}

function openBeside(path: string): number {
  for (let number = 1; ; number += 1) {
    try {
      return openSync(join(dirname(path), lateName(basename(path), number)), 'wx');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}
