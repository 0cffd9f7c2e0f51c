import { closeSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { DiskResult, StatSig } from '@tideline/sync-core';
import { READ_FLAGS } from '../hash/hash-file.ts';
import { isExpected, isSameIdentity } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import type { DiskContext } from './disk-context.ts';

type Read = DiskResult<{ bytes: Uint8Array }>;
export type ReadRequest = {
  readonly path: string;
  readonly expect: StatSig;
  readonly offset: number;
  readonly size: number;
  /** Where the bytes go; a buffer is made for them where none is given. */
  readonly into?: Uint8Array | undefined;
};

/** Up to this size a synchronous read costs less than the way through the thread pool and is not felt by anybody. */
export const SYNC_READ_BYTES = 256 * 1024;

/** Reads part of a file that must be the expected one before and after, under its name and open. */
export function readNow(context: DiskContext, request: ReadRequest): Read {
  const path = `${context.root}/${request.path}`;
  const fd = openSync(path, READ_FLAGS);
  try {
    const isStill = () => isExpected(request.expect, context.sigOf(fstatSync(fd, { bigint: true })));
    if (!isStill()) return CHANGED;
    const bytes = bufferFor(request);
    let filled = 0;
    while (filled < request.size) {
      const count = readSync(fd, bytes, filled, request.size - filled, request.offset + filled);
      if (count === 0) return CHANGED;
      filled += count;
    }
    return isStill() && isStillNamed(context, path, request.expect) ? { t: 'done', bytes } : CHANGED;
  } finally {
    closeSync(fd);
  }
}

export async function readLater(context: DiskContext, request: ReadRequest): Promise<Read> {
  const path = `${context.root}/${request.path}`;
  const handle = await open(path, READ_FLAGS);
  try {
    const isStill = async () => isExpected(request.expect, context.sigOf(await handle.stat({ bigint: true })));
    if (!(await isStill())) return CHANGED;
    const bytes = bufferFor(request);
    let filled = 0;
    while (filled < request.size) {
      const { bytesRead } = await handle.read(bytes, filled, request.size - filled, request.offset + filled);
      if (bytesRead === 0) return CHANGED;
      filled += bytesRead;
    }
    return (await isStill()) && isStillNamed(context, path, request.expect) ? { t: 'done', bytes } : CHANGED;
  } finally {
    await handle.close();
  }
}

function bufferFor({ into, size }: ReadRequest): Uint8Array {
  return into ? into.subarray(0, size) : Buffer.allocUnsafe(size);
}

function isStillNamed(context: DiskContext, path: string, expect: StatSig): boolean {
  return isSameIdentity(context.sigOf(lstatSync(path, { bigint: true })), expect);
}
