import type { StatSig } from '@tideline/sync-core';
import { asYoung, changedNs, isSameSig, isYoung, RACY_CTIME } from '../stat/sig.ts';
import type { Entry, LastChange, ScanSession } from './session.ts';

/** Times on disk move in steps of at most this (the timer tick of older kernels). */
const GRANULARITY_MS = 10;
/** So long it takes at most to open a file. */
const MAX_OPENING_MS = 60_000;
/**
 * What a program writes into a mapping of a file changes the file's times once, and then no more until the page was written
 * back: after 30 s, looked for every 5 s.
 */
const WRITEBACK_MS = 35_000;
/**
 * Files are read again up to this in one scan, the others in the next one. A scan of a few folders is about what has just happened in
 * them, which must not wait; there every file counts as one of some size.
 */
const READ_AGAIN = {
  full: { maxBytes: 1024 ** 3, leastBytes: 0 },
  partial: { maxBytes: 16 * 1024 ** 2, leastBytes: 64 * 1024 },
};

/**
 * The signature under which content is known that was read from a file opened at `openedMs`. One so young that a second write
 * could leave the same times is racy, and the next scan reads once more; one so young that a mapping could still hide a write
 * is read once more when that is over. What was changed after the opening is younger still. A time far ahead comes from a
 * clock that was put back, and tells no age: such a file is read twice, and then no more. `known`: what was known of it before.
 */
export function sigToTrust(sig: StatSig, openedMs: number, known: StatSig | undefined): StatSig {
  const ageMs = openedMs - Number(sig.ctimeNs / 1_000_000n);
  if (ageMs > WRITEBACK_MS) return sig;
  if (ageMs <= -MAX_OPENING_MS) return known && isYoung(known) && isSameSig(known, sig) ? sig : asYoung(sig);
  return ageMs <= GRANULARITY_MS ? { ...sig, ctimeNs: RACY_CTIME } : asYoung(sig);
}

/** What was changed so shortly before `nowMs`, or by another time of day, may be written to through a mapping without a sign. */
export function mayHideWrites(sig: StatSig, nowMs: number): boolean {
  return sig.ctimeNs === RACY_CTIME || nowMs - Number(changedNs(sig) / 1_000_000n) <= WRITEBACK_MS;
}

/** So long until a change of now could not be told from the last one any more; never, where that comes from another time of day. */
export function msUntilOld({ changedNs }: Pick<LastChange, 'changedNs'>, nowMs: number): number {
  const ageMs = nowMs - Number(changedNs / 1_000_000n);
  return Math.abs(ageMs) > GRANULARITY_MS ? 0 : GRANULARITY_MS - ageMs + 1;
}

/** What a folder is known by that is read at `atMs`. */
export const lastChangeOf = ({ changedNs }: Pick<LastChange, 'changedNs'>, atMs: number): LastChange => ({
  changedNs,
  isYoung: msUntilOld({ changedNs }, atMs) > 0,
});

/**
 * Whether a file that looks as it did is to be read all the same, of which there may not be too many at once. One that is younger than
 * now is as old as it will ever be: the clock was put back, and to wait until it is where it was would take as long as that.
 */
export function isToReadAgain(session: ScanSession, { kind, sig }: Entry, known: StatSig): boolean {
  if (kind === 'folder' || !isYoung(known)) return false;
  const { maxBytes, leastBytes } = READ_AGAIN[session.full ? 'full' : 'partial'];
  const ageMs = session.env.nowMs() - Number(changedNs(known) / 1_000_000n);
  const isStillYoung = ageMs > -MAX_OPENING_MS && ageMs <= WRITEBACK_MS;
  if (isStillYoung || session.readAgainBytes >= maxBytes) return false;
  session.readAgainBytes += Math.max(sig.size, leastBytes);
  return true;
}
