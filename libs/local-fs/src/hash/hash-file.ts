import { constants, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EMPTY_CONTENT_ID, MAX_SINGLE_CHUNK_BYTES } from '@tideline/contracts/content-id';
import type { Content, FileMeta, StatSig } from '@tideline/sync-core';
import { isSameSig, toFileMeta, toStatSig } from '../stat/sig.ts';
import { createChunker, sha256Hex, toContentId } from './chunker.ts';

export const READ_BYTES = 1024 * 1024;
/** Never follows a link, never waits for the other end of a pipe. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export type HashedFile = { readonly sig: StatSig; readonly content: Content; readonly meta: FileMeta };
export type HashResult = ({ readonly t: 'hashed' } & HashedFile) | { readonly t: 'busy' };

export type HashOptions = {
  /** Goes into the signature. */
  readonly volume: string;
  /** Reused between files; at least `READ_BYTES` long. */
  readonly buffer: Uint8Array;
  /** Asked between two reads; throws to stop. */
  readonly checkAbort?: () => void;
};

/** The content id of a file that rests: `busy` unless its signature is the same before and after reading. */
export function hashFile(path: string, options: HashOptions): HashResult {
  const fd = openSync(path, READ_FLAGS);
  try {
    const before = fstatSync(fd, { bigint: true });
    const sig = toStatSig(before, options.volume);
    const content =
      sig.size <= MAX_SINGLE_CHUNK_BYTES ? hashSmall(fd, sig.size, options) : hashLarge(fd, sig.size, options);
    const after = fstatSync(fd, { bigint: true });
    if (!content || !isSameSig(sig, toStatSig(after, options.volume))) return { t: 'busy' };
    return { t: 'hashed', sig, content, meta: toFileMeta(after) };
  } finally {
    closeSync(fd);
  }
}

function hashSmall(fd: number, size: number, options: HashOptions): Content | undefined {
  if (size === 0) return { contentId: EMPTY_CONTENT_ID, size };
  const bytes = size <= options.buffer.length ? options.buffer.subarray(0, size) : new Uint8Array(size);
  const filled = readFully(fd, bytes, options);
  return filled === size ? { contentId: sha256Hex(bytes), size } : undefined;
}

function hashLarge(fd: number, size: number, options: HashOptions): Content | undefined {
  const chunker = createChunker();
  let read = 0;
  for (;;) {
    options.checkAbort?.();
    const count = readSync(fd, options.buffer, 0, Math.min(READ_BYTES, options.buffer.length), null);
    if (count === 0) break;
    chunker.push(options.buffer.subarray(0, count));
    read += count;
  }
  const chunks = chunker.end();
  if (read !== size) return undefined;
  return { contentId: toContentId(chunks), size, ...(chunks.length > 1 ? { chunks } : {}) };
}

function readFully(fd: number, bytes: Uint8Array, options: HashOptions): number {
  let filled = 0;
  while (filled < bytes.length) {
    options.checkAbort?.();
    const count = readSync(fd, bytes, filled, Math.min(READ_BYTES, bytes.length - filled), null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
