import type { BaseNode, LocalKey, LocalNode, UnknownReason } from '@tideline/sync-core';
import { isSameBytes, isSameSig, RACY_CTIME } from '../stat/sig.ts';
import type { HashResult } from '../hash/hash-file.ts';
import type { KnownPresent } from './known-tree.ts';
import { isToReadAgain, sigToTrust } from './trust.ts';
import { absolutePath, type Entry, type ScanSession } from './session.ts';
import { toProblemCode, toUnknownReason } from './system-error.ts';

/** So many new files are kept by content to prove moves across volumes; beyond, they count as new. */
const MAX_NEW_FILES_BY_CONTENT = 100_000;

/** Who the entry is: the key it is told under, what base and the last scan know of it. */
export type SeenAs = {
  readonly key: LocalKey;
  readonly base: BaseNode | undefined;
  readonly earlier: KnownPresent | undefined;
};

/** Compares an entry with what is known of its node and tells the difference, if there is any. */
export function see(session: ScanSession, entry: Entry, as: SeenAs): void {
  if (entry.kind === 'file' && session.env.isTooLarge?.(entry.sig.size)) return leaveOut(session, as);
  if (isAsInBase(session, entry, as)) return seeFolderContents(session, entry, { ...as, isChanged: false });
  if (entry.kind === 'folder') {
    tell(session, as, { parent: entry.folder.key, ...entry, content: null });
    const isElsewhere = as.base === undefined || !isAtItsPlace(entry, as.base);
    return seeFolderContents(session, entry, { ...as, isChanged: isElsewhere || !isSameIdentityAs(entry, as) });
  }
  seeFile(session, entry, as);
}

/**
 * Neither read nor told. It was found all the same who it is: a node that grew too large, perhaps under another name, is not gone.
 */
function leaveOut(session: ScanSession, { key }: SeenAs): void {
  session.files -= 1;
  session.skipped += 1;
  if (key > 0) session.env.emit(key, { t: 'unknown', why: 'unsupported', sinceMs: session.env.nowMs() });
  session.assigned.add(key);
}

function isAsInBase(session: ScanSession, entry: Entry, { base, earlier }: SeenAs): boolean {
  if (!base?.sig || base.kind !== entry.kind || !isAtItsPlace(entry, base)) return false;
  // A detached row keeps a name only: what stands there, be it as it was, is new.
  if (base.state !== 'managed') return false;
  if (!isSameSig(base.sig, entry.sig)) return false;
  // A file that was found to differ although it looks as it did: what the last scan saw holds.
  if (entry.kind === 'file' && earlier) return false;
  return !isToReadAgain(session, entry, base.sig);
}

const isAtItsPlace = (entry: Entry, base: BaseNode): boolean =>
  base.parent === entry.folder.key && base.localName === entry.name;

const isSameIdentityAs = (entry: Entry, { base }: SeenAs): boolean =>
  base?.sig !== null && base?.sig !== undefined && isSameBytes(base.sig, entry.sig);

/** Sub-folders are listed in a full scan, and where they were not seen before at this place. */
function seeFolderContents(session: ScanSession, entry: Entry, as: SeenAs & { isChanged: boolean }): void {
  if (entry.kind !== 'folder') return;
  const { key, isChanged } = as;
  if (as.base === undefined || !isAtItsPlace(entry, as.base)) session.places.set(key, entry.path);
  const deep = entry.folder.deep || isChanged || wasGone(session, key);
  if (key < 0) session.newFolders.set(entry.sig.fileId, key);
  if (!session.full && !deep) return;
  session.queue.push({ key, path: entry.path, sig: entry.sig, changedNs: entry.changedNs, deep });
}

function wasGone({ env }: ScanSession, key: LocalKey): boolean {
  const before = key > 0 ? env.known.earlier(key) : undefined;
  return before !== undefined && before.t !== 'present';
}

function seeFile(session: ScanSession, entry: Entry, as: SeenAs): void {
  const known = findKnown(session, entry, as);
  if (known) return tell(session, as, { ...placeOf(entry), ...known, meta: entry.meta });
  const openedMs = Date.now();
  const hashed = tryHash(session, entry);
  if (hashed.t === 'unknown') return seeUnknown(session, as, { path: entry.path, why: hashed.why });
  const before = as.earlier?.node.sig ?? as.base?.sig ?? undefined;
  const sig = hashed.sig.ctimeNs === RACY_CTIME ? hashed.sig : sigToTrust(hashed.sig, openedMs, before);
  const node: LocalNode = { ...placeOf(entry), sig, meta: hashed.meta, content: hashed.content };
  tell(session, as, node);
  if (as.key < 0) noteNewFile(session, as.key, node);
}

const placeOf = (entry: Entry) => ({ parent: entry.folder.key, name: entry.name, kind: entry.kind });

type Known = Pick<LocalNode, 'content' | 'sig'>;

/** Content that need not be read (now). */
function findKnown(session: ScanSession, entry: Entry, as: SeenAs): Known | null {
  const before = as.earlier?.node;
  if (before?.content && isSameSig(before.sig, entry.sig)) {
    return isToReadAgain(session, entry, before.sig) ? null : { content: before.content, sig: before.sig };
  }
  if (!as.base || isAtItsPlace(entry, as.base) || (before && isToldHere(before, entry))) return null;
  return movedUntouched(entry, as.base);
}

/**
 * A rename changes the time of change, and what was done to the bytes just before may hide behind that: so the move is told at
 * once, with base's time, and the next scan reads the file.
 */
function movedUntouched(entry: Entry, { sig, contentId, size }: BaseNode): Known | null {
  if (!sig || contentId === null || size === null) return null;
  if (sig.ctimeNs === RACY_CTIME || !isSameBytes(sig, entry.sig)) return null;
  return { content: { contentId, size }, sig: { ...entry.sig, ctimeNs: sig.ctimeNs } };
}

const isToldHere = (before: LocalNode, entry: Entry): boolean =>
  before.parent === entry.folder.key && before.name === entry.name;

type Tried = Extract<HashResult, { t: 'hashed' }> | { t: 'unknown'; why: UnknownReason };

/** R13: so long a file may never rest before a clone of it is taken. */
const NEVER_RESTS_MS = 5 * 60 * 1000;

function tryHash(session: ScanSession, { path }: Entry): Tried {
  const { env } = session;
  const busy = env.known.busy(path);
  // Whoever writes on and on has it read less and less often; a full scan looks all the same.
  if (busy && !session.full && env.nowMs() < busy.retryAtMs) return { t: 'unknown', why: 'busy' };
  try {
    const result = env.hash(absolutePath(env, path));
    if (result.t !== 'busy') return result;
    const neverRests = busy !== undefined && env.nowMs() - busy.sinceMs >= NEVER_RESTS_MS;
    const cloned = neverRests ? env.hashClone(path) : result;
    return cloned.t === 'busy' ? { t: 'unknown', why: 'busy' } : cloned;
  } catch (error) {
    // An abort is no answer of the disk.
    env.checkAbort();
    return { t: 'unknown', why: toUnknownReason(error) };
  }
}

/** A node that is known stays as it is in base; a new one waits for the next scan. */
function seeUnknown(session: ScanSession, as: SeenAs, { path, why }: { path: string; why: UnknownReason }): void {
  session.unreadable.push({ path, code: toProblemCode(why) });
  if (as.key > 0) session.env.emit(as.key, { t: 'unknown', why, sinceMs: session.env.nowMs() });
  session.assigned.add(as.key);
}

function tell(session: ScanSession, as: SeenAs, node: LocalNode): void {
  const { parent, name, kind, sig, content, meta } = node;
  const before = as.earlier;
  const isAsBefore =
    before?.node.parent === parent &&
    before.node.name === name &&
    before.node.content?.contentId === content?.contentId;
  const sinceMs = before && isAsBefore ? before.sinceMs : session.env.nowMs();
  session.env.emit(as.key, { t: 'present', node: { parent, name, kind, sig, content, meta }, sinceMs });
}

function noteNewFile(session: ScanSession, key: LocalKey, node: LocalNode): void {
  const { newFiles } = session;
  if (!node.content || node.content.size === 0 || newFiles.size >= MAX_NEW_FILES_BY_CONTENT) return;
  const { contentId } = node.content;
  newFiles.set(contentId, newFiles.has(contentId) ? null : { key, node });
}
