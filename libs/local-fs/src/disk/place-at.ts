import { closeSync, fstatSync, linkSync, openSync, renameSync, unlinkSync, type BigIntStats } from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { findStat, lstat } from './disk-context.ts';

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Moves a file or folder to a place that must be free. A link fails where a rename would overwrite, so files are linked
 * first; where the file system has no links the name is reserved first. A folder's rename replaces an empty folder at most.
 */
export function placeAt(from: string, to: string): 'placed' | 'taken' {
  return lstat(from).isDirectory() ? placeFolder(from, to) : placeFileAt(from, to);
}

export function placeFileAt(from: string, to: string): 'placed' | 'taken' {
  try {
    linkSync(from, to);
  } catch (error) {
    if (NO_LINKS.has(codeOf(error))) return placeByReserving(from, to);
    if (codeOf(error) !== 'EEXIST') throw error;
    // A kill between the link and the end of the other name left both: then only that end is missing.
    if (!isSameFile(lstat(from), findStat(to))) return 'taken';
  }
  unlinkSync(from);
  return 'placed';
}

/** Two names of one file. */
export const isSameFile = (a: BigIntStats, b: BigIntStats | undefined): boolean =>
  b !== undefined && a.ino === b.ino && a.dev === b.dev;

function placeFolder(from: string, to: string): 'placed' | 'taken' {
  if (findStat(to)) return 'taken';
  try {
    renameSync(from, to);
    return 'placed';
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(codeOf(error))) return 'taken';
    throw error;
  }
}

/** An empty file of ours takes the name, which fails where anything is; then the whole file moves over it, never a part. */
function placeByReserving(from: string, to: string): 'placed' | 'taken' {
  const reserved = reserve(to);
  if (!reserved || !isStillReserved(to, reserved)) return 'taken';
  try {
    renameSync(from, to);
    return 'placed';
  } catch (error) {
    if (isStillReserved(to, reserved)) unlinkSync(to);
    throw error;
  }
}

function reserve(path: string): BigIntStats | undefined {
  try {
    const fd = openSync(path, 'wx');
    try {
      return fstatSync(fd, { bigint: true });
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function isStillReserved(path: string, reserved: BigIntStats): boolean {
  const there = findStat(path);
  return isSameFile(reserved, there) && there?.size === 0n && there.mtimeNs === reserved.mtimeNs;
}
