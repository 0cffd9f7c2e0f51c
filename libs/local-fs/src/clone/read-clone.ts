import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { READ_FLAGS } from '../hash/hash-file.ts';
import { isGone } from '../scan/system-error.ts';
import { RACY_CTIME } from '../stat/sig.ts';
import type { ReadRequest } from '../disk/read.ts';
import { clonePath } from './clone-path.ts';

/** Part of a clone; undefined where none was made of what is expected, which is nearly always. */
export function readClone(folder: string | undefined, request: ReadRequest): Uint8Array | undefined {
  if (folder === undefined || request.expect.ctimeNs !== RACY_CTIME) return undefined;
  const fd = openIfThere(clonePath(folder, request.path, request.expect));
  if (fd === undefined) return undefined;
  try {
    if (fstatSync(fd).size !== request.expect.size) return undefined;
    const bytes = Buffer.allocUnsafe(request.size);
    let filled = 0;
    while (filled < request.size) {
      const count = readSync(fd, bytes, filled, request.size - filled, request.offset + filled);
      if (count === 0) return undefined;
      filled += count;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, READ_FLAGS);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
