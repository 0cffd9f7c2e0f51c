import type { StatSig } from '@tideline/sync-core';
import { asYoung, changedNs, isYoung, RACY_CTIME } from '../stat/sig.ts';
import type { Entry, ScanSession } from './session.ts';

/** Times on disk move in steps of at most this (the timer tick of older kernels). */
const GRANULARITY_MS = 10;
/** So long it takes at most to open a file. */
const MAX_OPENING_MS = 60_000;
/**
 * What a program writes into a mapping of a file changes the file's times once, and then no more until the page was written
 * back: after 30 s, looked for every 5 s.
 */
const WRITEBACK_MS = 35_000;
/** Files are read again up to this in one scan, the others in the next one. */
const MAX_READ_AGAIN_BYTES = 1024 ** 3;

/**
 * The signature under which content is known that was read from a file opened at `openedMs`. One so young that a second write
 * could leave the same times is racy, and the next scan reads once more; one so young that a mapping could still hide a write
 * is read once more when that is over. What was changed after the opening is younger still; a time far ahead comes from a
 * clock that was put back.
 */
export function sigToTrust(sig: StatSig, openedMs: number): StatSig {
  const ageMs = openedMs - Number(sig.ctimeNs / 1_000_000n);
  if (ageMs <= -MAX_OPENING_MS || ageMs > WRITEBACK_MS) return sig;
  return ageMs <= GRANULARITY_MS ? { ...sig, ctimeNs: RACY_CTIME } : asYoung(sig);
}

/**
 * Whether a file that looks as it did is to be read all the same: in full scans only, and not too many at once. One that is younger than
 * now is as old as it will ever be: the clock was put back, and to wait until it is where it was would take as long as that.
 */
export function isToReadAgain(session: ScanSession, { kind, sig }: Entry, known: StatSig): boolean {
  if (!session.full || kind === 'folder' || !isYoung(known)) return false;
  const ageMs = session.env.nowMs() - Number(changedNs(known) / 1_000_000n);
  const isStillYoung = ageMs > -MAX_OPENING_MS && ageMs <= WRITEBACK_MS;
  if (isStillYoung || session.readAgainBytes >= MAX_READ_AGAIN_BYTES) return false;
  session.readAgainBytes += sig.size;
  return true;
}
