import type { BigIntStats } from 'node:fs';
import type { FileMeta, StatSig } from '@tideline/sync-core';
import { RACY_CTIME } from '@tideline/sync-core/tree';

/** Marks a signature taken so close to a write that a second write could hide behind it, too. */
export { RACY_CTIME };

const NS_PER_MS = 1_000_000n;

/** Marks a signature by turning its time of change negative: it still equals what the disk says, but not for good. */
export const asYoung = (sig: StatSig): StatSig => ({ ...sig, ctimeNs: -sig.ctimeNs });

export const isYoung = ({ ctimeNs }: StatSig): boolean => ctimeNs < RACY_CTIME;

/** The time of change without its mark. */
export const changedNs = (sig: StatSig): bigint => (isYoung(sig) ? -sig.ctimeNs : sig.ctimeNs);

/** Folders keep their identity only: their times and link counts change with every entry and mean nothing here. */
export function toStatSig(stats: BigIntStats, volume: string): StatSig {
  const isFolder = stats.isDirectory();
  return {
    volume,
    fileId: stats.ino,
    birthNs: stats.birthtimeNs,
    size: isFolder ? 0 : Number(stats.size),
    mtimeNs: isFolder ? 0n : stats.mtimeNs,
    ctimeNs: isFolder ? 0n : stats.ctimeNs,
    links: isFolder ? 1 : Number(stats.nlink),
  };
}

export function toFileMeta(stats: BigIntStats): FileMeta {
  if (stats.isDirectory()) return { mtimeMs: 0, exec: false };
  return { mtimeMs: toMtimeMs(stats.mtimeNs), exec: (stats.mode & 0o100n) !== 0n };
}

/** Nearest millisecond: times written through a double come back some hundred nanoseconds early. */
export function toMtimeMs(mtimeNs: bigint): number {
  const shifted = mtimeNs + NS_PER_MS / 2n;
  const quotient = shifted / NS_PER_MS;
  return Number(shifted % NS_PER_MS < 0n ? quotient - 1n : quotient);
}

/**
 * Seconds as `utimes` wants them. Half a microsecond keeps the double from falling below the millisecond; negative times go
 * as text, because Node takes negative numbers for "now".
 */
export function toUtimeSeconds(mtimeMs: number): number | string {
  const seconds = (Math.round(mtimeMs) * 1000 + 0.5) / 1_000_000;
  return seconds < 0 ? String(seconds) : seconds;
}

/** The same inode in the same life: file ids alone are used again at once after a delete. */
export function isSameIdentity(a: StatSig, b: StatSig): boolean {
  return a.fileId === b.fileId && a.birthNs === b.birthNs && a.volume === b.volume;
}

export function isSameSig(a: StatSig, b: StatSig): boolean {
  return isSameBytes(a, b) && changedNs(a) === changedNs(b) && a.links === b.links;
}

/** Equal up to what a rename or a link changes by itself (ctime, number of links). */
export function isSameBytes(a: StatSig, b: StatSig): boolean {
  return isSameIdentity(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** What an operation expects against what is there: a racy expectation is checked without its times of change. */
export function isExpected(expected: StatSig, actual: StatSig): boolean {
  return expected.ctimeNs === RACY_CTIME ? isSameBytes(expected, actual) : isSameSig(expected, actual);
}
