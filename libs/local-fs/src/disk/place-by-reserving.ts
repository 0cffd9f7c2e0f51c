import { closeSync, fstatSync, openSync, renameSync, unlinkSync, type BigIntStats } from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { findStat } from './disk-context.ts';
import { isSameFile } from './is-same-file.ts';
import { surfaceLate } from './surface-late.ts';

/** An empty file of ours takes the name, which fails where anything is; then the whole file moves over it, never a part. */
export function placeByReserving(from: string, to: string): 'placed' | 'taken' {
  const reserved = reserve(to);
  if (!reserved) return 'taken';
  try {
    if (!isStillReserved(to, reserved.stats)) return 'taken';
    moveOver(from, { to, reserved });
    if (reserved.isOpen) surfaceLate(reserved.fd, to);
    return 'placed';
  } finally {
    closeReserved(reserved);
  }
}

/** Kept open, so that what somebody writes into it before the whole file moves over it can still be read. */
type Reserved = { readonly fd: number; readonly stats: BigIntStats; isOpen: boolean };

function reserve(path: string): Reserved | undefined {
  try {
    const fd = openSync(path, 'wx+');
    return { fd, stats: fstatSync(fd, { bigint: true }), isOpen: true };
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function closeReserved(reserved: Reserved): void {
  if (reserved.isOpen) closeSync(reserved.fd);
  reserved.isOpen = false;
}

/** Windows may refuse to replace a file that is open, even by us. */
const REFUSED_WHILE_OPEN = new Set(['EPERM', 'EACCES', 'EBUSY']);

function moveOver(from: string, { to, reserved }: { readonly to: string; readonly reserved: Reserved }): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (process.platform === 'win32' && reserved.isOpen && REFUSED_WHILE_OPEN.has(codeOf(error) ?? '')) {
      closeReserved(reserved);
      if (isStillReserved(to, reserved.stats)) return moveOver(from, { to, reserved });
    }
    if (isStillReserved(to, reserved.stats)) unlinkSync(to);
    throw error;
  }
}

function isStillReserved(path: string, reserved: BigIntStats): boolean {
  const there = findStat(path);
  return isSameFile(reserved, there) && there?.size === 0n && there.mtimeNs === reserved.mtimeNs;
}
