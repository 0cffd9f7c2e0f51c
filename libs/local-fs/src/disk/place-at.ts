import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { findStat, lstat } from './disk-context.ts';
import { isSameFile } from './is-same-file.ts';
import { placeByReserving } from './place-by-reserving.ts';

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
