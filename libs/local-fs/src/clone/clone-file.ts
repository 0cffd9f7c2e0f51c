import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { hashFile, READ_FLAGS, type HashOptions, type HashResult } from '../hash/hash-file.ts';
import { RACY_CTIME, toFileMeta, toStatSig } from '../stat/sig.ts';
import { clonePath } from './clone-path.ts';

/** Copies of larger files would take the disk from people who need it. */
const MAX_CLONE_BYTES = 4 * 1024 ** 3;
/** What stays free after a copy; a clone that shares its blocks costs nothing, but nobody tells which of the two it became. */
const RESERVE_BYTES = 1024 ** 3;

export type CloneOptions = HashOptions & {
  /** In the agent's own state, never below a root (SA-3). */
  readonly folder: string;
  /** Of the file, below the root. */
  readonly path: string;
};

/**
 * R13: the content of a file that never rests, as of one moment: a clone where the file system shares blocks, else a copy.
 * `busy` where there is no room for it. The signature never equals what the disk says, so that the next scan looks again.
 */
export function hashClone(absolutePath: string, options: CloneOptions): HashResult {
  const fd = openSync(absolutePath, READ_FLAGS);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile() || !hasRoom(options.folder, Number(before.size))) return { t: 'busy' };
    const copy = join(options.folder, 'being-made');
    copyFileSync(sourceOf(fd, absolutePath), copy, constants.COPYFILE_FICLONE);
    const hashed = hashFile(copy, options);
    if (hashed.t === 'busy') return hashed;
    const sig = { ...toStatSig(before, options.volume), size: hashed.content.size, ctimeNs: RACY_CTIME };
    renameSync(copy, clonePath(options.folder, options.path, sig));
    return { t: 'hashed', sig, content: hashed.content, meta: toFileMeta(before) };
  } finally {
    closeSync(fd);
  }
}

/** Clones of before: after a full scan nobody asks for them any more. */
export function dropClones(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function hasRoom(folder: string, sizeBytes: number): boolean {
  if (sizeBytes > MAX_CLONE_BYTES) return false;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize - sizeBytes >= RESERVE_BYTES;
}

/** R11: the file that is open, whatever stands under its name by now. */
const sourceOf = (fd: number, path: string): string => (process.platform === 'linux' ? `/proc/self/fd/${fd}` : path);
