import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { FilePart, LocalSource, ReusedPart } from '@tideline/sync-core';
import { sha256Hex } from '../hash/chunker.ts';
import { READ_FLAGS } from '../hash/hash-file.ts';
import { isExpected } from '../stat/sig.ts';
import type { DiskContext } from './disk-context.ts';
import { stagingPath } from './staging.ts';

export type ReuseRequest = {
  /** Of the growing download in staging. */
  readonly name: string;
  /** Whether an earlier try left anything in it. */
  readonly isResumed: boolean;
  readonly parts: readonly ReusedPart[];
  readonly source: LocalSource | null;
};

/**
 * Finds parts of a download on this disk, each proven by its hash: in the download itself, else in the source, from where they
 * are copied. A source that changes while it is read only gives other hashes.
 */
export function reuse(context: DiskContext, { name, isResumed, parts, source }: ReuseRequest): FilePart[] {
  const staged = openSync(`${context.root}/${stagingPath('part')}/${name}`, constants.O_RDWR | constants.O_NOFOLLOW);
  const from = source && openSource(context, source);
  const buffer = Buffer.allocUnsafeSlow(Math.max(0, ...parts.map(({ chunk }) => chunk.size)));
  const read = (fd: number, { chunk }: FilePart, offset: number): Uint8Array | undefined => {
    const bytes = buffer.subarray(0, chunk.size);
    return readWhole(fd, bytes, offset) && sha256Hex(bytes) === chunk.hash ? bytes : undefined;
  };
  try {
    return parts.filter((part) => {
      if (isResumed && read(staged, part, part.offset)) return false;
      const bytes = from === null ? undefined : read(from, part, part.from ?? part.offset);
      if (bytes) writeWhole(staged, bytes, part.offset);
      return !bytes;
    });
  } finally {
    closeSync(staged);
    if (from !== null) closeSync(from);
  }
}

/** Nothing when it is not the expected file any more. */
function openSource(context: DiskContext, { path, expect }: LocalSource): number | null {
  try {
    const fd = openSync(`${context.root}/${path}`, READ_FLAGS);
    if (isExpected(expect, context.sigOf(fstatSync(fd, { bigint: true })))) return fd;
    closeSync(fd);
    return null;
  } catch {
    return null; // gone or unreadable: its bytes are fetched
  }
}

function readWhole(fd: number, into: Uint8Array, offset: number): boolean {
  for (let at = 0; at < into.length;) {
    const count = readSync(fd, into, at, into.length - at, offset + at);
    if (count === 0) return false;
    at += count;
  }
  return true;
}

function writeWhole(fd: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
}
