import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Disk, DiskResult } from '@tideline/sync-core';
import { readClone } from '../clone/read-clone.ts';
import { codeOf } from '../scan/system-error.ts';
import { attempt, CHANGED } from './attempt.ts';
import { createDiskClient } from './disk-client.ts';
import { createDiskContext, type DiskContext } from './disk-context.ts';
import { dropDownloads } from './drop-downloads.ts';
import { createGroupFlush } from './flush.ts';
import { placeMany } from './place-many.ts';
import { readLater, readNow, SYNC_READ_BYTES, type ReadRequest } from './read.ts';
import { stage, type LeftDownloads } from './stage.ts';
import { isStagingEmpty } from './staging.ts';

export type DiskOptions = {
  readonly root: string;
  /** The trash of the person's home; by default as the XDG specification names it. */
  readonly homeTrash?: string;
  /** Where the scanner puts clones of files that never rest (R13). */
  readonly clones?: string;
};

export type LocalDisk = Disk & {
  close(): Promise<void>;
  /** When the task is over for good, after `close`. */
  dropDownloads(): void;
};

/** The disk below one root. Reads of small files happen here; everything that changes the disk or takes long in a worker. */
export function createDisk(options: DiskOptions): LocalDisk {
  const { root, homeTrash = defaultTrash() } = options;
  const context = createDiskContext({ root, homeTrash });
  const readAny = async (request: ReadRequest): Promise<DiskResult<{ bytes: Uint8Array }>> => {
    const bytes = readClone(options.clones, request);
    return bytes ? { t: 'done', bytes } : read(context, request);
  };
  const { call, callBeside, takeRescued, close } = createDiskClient({ root, homeTrash });
  const left: LeftDownloads = new Map();
  const flush = createGroupFlush((what) => callBeside('flush', what));
  return {
    read: (path, expect) => readAny({ path, expect, offset: 0, size: expect.size }),
    readChunk: (path, expect, { offset, chunk, into }) => readAny({ path, expect, offset, size: chunk.size, into }),
    manifest: (path, expect) => call('manifest', path, expect),
    place: (requests) => placeMany({ call, flush }, requests),
    stage: (file) => stage({ root, call, callBeside, left }, file),
    makeFolder: (path, into) => call('makeFolder', path, into),
    move: (from, to, moving) => call('move', from, to, moving),
    moveToStaging: (opId, from, expect) => call('moveToStaging', opId, from, expect),
    unstage: (opId, to, into) => call('unstage', opId, to, into),
    setMeta: (path, expect, meta) => call('setMeta', path, expect, meta),
    trashFile: (opId, path, expect) => call('trashFile', opId, path, expect),
    removeFolder: (path, expect) => call('removeFolder', path, expect),
    freeBytes: async () => {
      const { bavail, blocks, bsize } = await statfs(root);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
    settleDisplaced: async (nowMs, only) => {
      const settled = isStagingEmpty(root) ? [] : await call('settleDisplaced', nowMs, only);
      return [...takeRescued().map((rescuedTo) => ({ rescuedTo })), ...settled];
    },
    displaced: async () => (isStagingEmpty(root) ? [] : call('displaced')),
    surfaceDisplaced: async (kept) => (isStagingEmpty(root) ? [] : call('surfaceDisplaced', kept)),
    recover: async (unfinishedOpIds) => (isStagingEmpty(root) ? [] : call('recover', unfinishedOpIds)),
    close,
    dropDownloads: () => void attempt(() => dropDownloads(root)),
  };
}

async function read(context: DiskContext, request: ReadRequest): Promise<DiskResult<{ bytes: Uint8Array }>> {
  if (request.size <= SYNC_READ_BYTES) return attempt(() => readNow(context, request));
  try {
    return await readLater(context, request);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'UNKNOWN') throw error;
    return code === 'ENOENT' ? CHANGED : { t: 'refused', code };
  }
}

function defaultTrash(): string {
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'Trash');
}
