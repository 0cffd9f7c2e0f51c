import { constants, type BigIntStats } from 'node:fs';
import { mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePart, LargeFile, LocalSource, ReusedPart, Staged, StagedFile } from '@tideline/sync-core';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { codeOf } from '../scan/system-error.ts';
import type { DiskClient } from './disk-client.ts';
import { stagingPath } from './staging.ts';

/** What the disk has to write is written while more comes in, so that the end does not wait for all of it. */
const FLUSH_BYTES = 32 * 1024 * 1024;

/** What this process knows to stand in downloads it left: valid while the file has not been touched since. */
export type LeftDownloads = Map<string, { readonly mark: string; readonly proven: ReadonlySet<number> }>;

type Parts = Pick<DiskClient, 'call' | 'callBeside'> & {
  readonly root: string;
  readonly left: LeftDownloads;
};

/** A download that grows in staging under the id of its content, so that a later try finds what an earlier one left. */
export async function stage({ root, call, callBeside, left }: Parts, file: LargeFile): Promise<StagedFile> {
  for (const folder of [STAGING_FOLDER, stagingPath('part'), stagingPath('new')]) await makePrivate(join(root, folder));
  const path = join(root, stagingPath('part'), file.contentId);
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const found = await handle.stat({ bigint: true });
  const known = left.get(file.contentId);
  left.delete(file.contentId);
  const proven = new Set(known?.mark === markOf(found) ? known.proven : []);
  const isResumed = found.size > 0n;
  const flush = createFlush(handle);
  return {
    name: file.opId,
    reuse: async (parts, source) => {
      const unknown = parts.filter(({ offset }) => !proven.has(offset));
      const looked = await look({ call, callBeside, isResumed, contentId: file.contentId }, unknown, source);
      if (looked.t !== 'done') return looked;
      const missing = new Set(looked.missing.map(({ offset }) => offset));
      for (const { offset } of unknown) if (!missing.has(offset)) proven.add(offset);
      if (source) flush.note(sizeOf(unknown));
      return looked;
    },
    write: (offset, bytes) =>
      attemptLater(async () => {
        await writeAt(handle, offset, bytes);
        flush.note(bytes.length);
        proven.add(offset);
      }),
    finish: () =>
      attemptLater(async () => {
        await handle.truncate(file.size);
        await flush.end();
        await handle.sync();
        await handle.close();
        await rename(path, join(root, stagingPath('new'), file.opId));
      }),
    leave: async () => {
      await flush.end().catch(() => undefined); // nothing vouches for these bytes: the next try verifies them
      left.set(file.contentId, { mark: markOf(await handle.stat({ bigint: true })), proven });
      await handle.close();
    },
    discard: async () => {
      await flush.end().catch(() => undefined); // it goes anyway
      await handle.close();
      await unlink(path);
    },
  };
}

type Looked = Staged<{ missing: readonly FilePart[] }>;
type Look = Pick<DiskClient, 'call' | 'callBeside'> & { readonly isResumed: boolean; readonly contentId: string };

/**
 * Reading, hashing and copying is the workers'; where there is nothing to look at, they are not asked. Two of them share the
 * parts, because neither needs the other's: it takes half the time where there are two cores.
 */
async function look(
  { call, callBeside, isResumed, contentId }: Look,
  parts: readonly ReusedPart[],
  source: LocalSource | null,
): Promise<Looked> {
  const isNothingThere = !isResumed && source === null;
  if (parts.length === 0 || isNothingThere) return { t: 'done', missing: parts };
  const request = { name: contentId, isResumed, source };
  const half = Math.ceil(parts.length / 2);
  const shares = [parts.slice(0, half), parts.slice(half)].filter((share) => share.length > 0);
  const looking = shares.map((share, at) => (at === 0 ? call : callBeside)('reuse', { ...request, parts: share }));
  const missing: FilePart[] = [];
  // Neither goes on behind the back of the other's failure.
  for (const looked of await Promise.allSettled(looking)) {
    if (looked.status === 'rejected') throw looked.reason;
    if (looked.value.t === 'changed') return { t: 'refused', code: 'ENOENT' };
    if (looked.value.t === 'refused') return looked.value;
    missing.push(...looked.value.missing);
  }
  return { t: 'done', missing };
}

const sizeOf = (parts: readonly FilePart[]): number => parts.reduce((sum, { chunk }) => sum + chunk.size, 0);

function markOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}

function createFlush(handle: FileHandle): { note(bytes: number): void; end(): Promise<void> } {
  let unflushed = 0;
  let running: Promise<void> | undefined;
  let failure: unknown;
  return {
    note: (bytes) => {
      unflushed += bytes;
      if (unflushed < FLUSH_BYTES || running) return;
      unflushed = 0;
      running = handle
        .datasync()
        .catch((error: unknown) => void (failure = error))
        .finally(() => (running = undefined));
    },
    end: async () => {
      await running;
      if (failure !== undefined) throw failure as Error;
    },
  };
}

async function writeAt(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
  }
}

async function attemptLater(work: () => Promise<void>): Promise<Staged<object>> {
  try {
    await work();
    return { t: 'done' };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'UNKNOWN') throw error;
    return { t: 'refused', code };
  }
}

async function makePrivate(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
