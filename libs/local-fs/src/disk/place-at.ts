import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { toMtimeMs, toUtimeSeconds } from '../stat/sig.ts';
import { findStat, lstat } from './disk-context.ts';

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Moves a file or folder to a place that must be free. A link fails where a rename would overwrite, so files are linked
 * first; file systems without links get a copy that fails the same way. A folder's rename replaces an empty folder at most.
 */
export function placeAt(from: string, to: string): 'placed' | 'taken' {
  if (lstat(from).isDirectory()) return placeFolder(from, to);
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'taken';
    if (!NO_LINKS.has(codeOf(error))) throw error;
    return placeByCopy(from, to);
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

function placeByCopy(from: string, to: string): 'placed' | 'taken' {
  const { mtimeNs } = lstat(from);
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'taken';
    throw error;
  }
  const fd = openSync(to, 'r+');
  try {
    const seconds = toUtimeSeconds(toMtimeMs(mtimeNs));
    futimesSync(fd, seconds, seconds);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  unlinkSync(from);
  return 'placed';
}
