import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { ROOT_ID, type BaseId, type BaseNode, type LocalKey, type StatSig } from '@tideline/sync-core/tree';
import { isSameIdentity, toStatSig } from '../stat/sig.ts';
import { canBeSynced, lookAt } from './list-folder.ts';
import { absolutePath, joinPath, type Entry, type LastChange, type ReadFolder, type ScanSession } from './session.ts';
import { isGone } from './system-error.ts';
import { lastChangeOf, msUntilOld } from './trust.ts';
import { isStill, MAX_DEPTH, pathOf } from './where-is.ts';

/** So often what was read is compared; who changes folders faster than that has the scan doubt what it misses. */
const MAX_PASSES = 4;

type Search = {
  readonly session: ScanSession;
  readonly missing: ReadonlySet<BaseId>;
  /** Folders that came to a place which was read already, and are no part of the scan, by their paths. */
  readonly unlisted: Map<string, LastChange>;
};

/** `key`: left out for folders that are no part of the scan. */
type Changed = { readonly path: string; readonly key?: LocalKey; readonly changedNs: bigint; readonly sig?: StatSig };

/**
 * SY-41: folders are read one after the other, and what moves meanwhile, from one that is still to be read into one that was read
 * already, is seen in neither. So before anything counts as absent, all that was read must be found as it was before it was read:
 * then there was a moment at which all of it held. What has changed is looked through for what is missing, and compared once more.
 */
export function findArrivals(session: ScanSession): void {
  const absent = session.missing.filter(({ node, why }) => why === 'absent' && !session.assigned.has(node.id));
  if (absent.length === 0) return;
  const search: Search = { session, missing: new Set(absent.map(({ node }) => node.id)), unlisted: new Map() };
  for (let pass = 1; ; pass += 1) {
    const changed = [...changedFolders(search)];
    if (changed.length === 0) return;
    if (pass === MAX_PASSES) {
      // What is only young looks as it did.
      session.isInDoubt ||= changed.some((folder) => folder.changedNs !== lastSeen(search, folder)?.changedNs);
      return;
    }
    waitUntilOld(changed);
    for (const folder of changed) lookThrough(search, folder);
  }
}

function* changedFolders({ session, unlisted }: Search): Generator<Changed> {
  for (const [key, last] of session.read) {
    const path = pathOf(session, key);
    const stats = path === undefined ? undefined : findFolder(session, path);
    // Gone, or elsewhere: then the folder that it came to has changed.
    if (path === undefined || !stats) session.read.delete(key);
    else yield* changedSince(session, { path, key, last, stats });
  }
  for (const [path, last] of unlisted) {
    const stats = findFolder(session, path);
    if (!stats) unlisted.delete(path);
    else if (hasChanged(stats, last)) yield { path, changedNs: stats.ctimeNs };
  }
}

type Seen = { readonly path: string; readonly key: LocalKey; readonly last: ReadFolder; readonly stats: BigIntStats };

/** A folder that stands in the place of the one that base has there is looked through once, and known by that. */
function* changedSince(session: ScanSession, { path, key, last, stats }: Seen): Generator<Changed> {
  const sig = toStatSig(stats, session.env.volume);
  const isKnown = last.sig === undefined && isStill(session, key, sig);
  const isIt = isKnown || (last.sig !== undefined && isSameIdentity(last.sig, sig));
  if (isIt && !hasChanged(stats, last)) return;
  yield { path, key, changedNs: stats.ctimeNs, ...(isKnown ? {} : { sig }) };
}

const hasChanged = ({ ctimeNs }: BigIntStats, { changedNs, isYoung }: LastChange): boolean =>
  isYoung || ctimeNs !== changedNs;

const lastSeen = ({ session, unlisted }: Search, { key, path }: Changed): LastChange | undefined =>
  key === undefined ? unlisted.get(path) : session.read.get(key);

function findFolder(session: ScanSession, path: string): BigIntStats | undefined {
  session.env.checkAbort();
  try {
    const stats = lstatSync(absolutePath(session.env, path), { bigint: true });
    return stats.isDirectory() ? stats : undefined;
  } catch (error) {
    session.isInDoubt ||= !isGone(error);
    return undefined;
  }
}

/** Until no change can show the time of the last one any more. */
function waitUntilOld(changed: readonly Changed[]): void {
  const nowMs = Date.now();
  // As many as there are folders: too many for the arguments of one call.
  const waitMs = changed.reduce((longestMs, folder) => Math.max(longestMs, msUntilOld(folder, nowMs)), 0);
  if (waitMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
}

function lookThrough(search: Search, folder: Changed): void {
  const { session, unlisted } = search;
  const last = lastChangeOf(folder, Date.now());
  if (folder.key === undefined) unlisted.set(folder.path, last);
  else session.read.set(folder.key, folder.sig ? { ...last, sig: folder.sig } : last);
  for (const found of entriesIn(session, folder)) {
    const node = found.sig.links === 1 ? findMissing(search, found) : undefined;
    if (node) session.arrived.set(node.id, found.path);
    if (found.kind !== 'folder' || unlisted.has(found.path) || isKnownAt(session, folder, found)) continue;
    lookThrough(search, { path: found.path, changedNs: found.changedNs });
  }
}

type Found = Pick<Entry, 'name' | 'path' | 'kind' | 'sig' | 'changedNs'>;

function* entriesIn(session: ScanSession, folder: Changed): Generator<Found> {
  for (const name of namesIn(session, folder.path)) {
    const looked = lookAt(session, folder, name);
    // SA-4: what cannot be looked at may be what is missing, unless it was there before.
    session.isInDoubt ||= looked.t === 'unknown' && !session.unreadable.some(({ path }) => path === looked.path);
    if (looked.t !== 'stats' || !canBeSynced(session, looked.stats)) continue;
    const { path, stats } = looked;
    const kind = stats.isDirectory() ? 'folder' : 'file';
    if (session.env.isExcluded(path, kind === 'folder')) continue;
    yield { name, path, kind, sig: toStatSig(stats, session.env.volume), changedNs: stats.ctimeNs };
  }
}

function namesIn(session: ScanSession, path: string): readonly string[] {
  try {
    return readdirSync(absolutePath(session.env, path));
  } catch (error) {
    session.isInDoubt ||= !isGone(error);
    return [];
  }
}

function findMissing({ session, missing }: Search, { kind, sig }: Found): BaseNode | undefined {
  return session.env.known.byFileId(sig.fileId).find((node) => {
    const isIt = node.kind === kind && node.sig?.links === 1 && isSameIdentity(node.sig, sig);
    return isIt && node.state === 'managed' && isMissing(session, missing, node);
  });
}

/** Itself, or with a folder above it; but not what was found elsewhere, or in a folder that was. */
function isMissing({ env, assigned }: ScanSession, missing: Search['missing'], node: BaseNode): boolean {
  let at: BaseNode | undefined = node;
  for (let depth = 0; at && at.id !== ROOT_ID && depth < MAX_DEPTH; depth += 1) {
    if (assigned.has(at.id)) return false;
    if (missing.has(at.id)) return true;
    at = env.known.get(at.parent);
  }
  return false;
}

/** The folder is where this scan, the last one or base know it: it was read, or is no part of a scan of a few folders. */
function isKnownAt(session: ScanSession, { key }: Changed, { name, path, sig }: Found): boolean {
  const { known } = session.env;
  const earlier = key === undefined ? undefined : known.earlierAt(key, name);
  if (earlier && isSameIdentity(earlier.node.sig, sig)) return true;
  const isThere = (id: LocalKey): boolean => pathOf(session, id) === path;
  const isNew = session.newFolders.get(sig.fileId);
  if (isNew !== undefined && isThere(isNew)) return true;
  return known.byFileId(sig.fileId).some((node) => node.sig && isSameIdentity(node.sig, sig) && isThere(node.id));
}

/** Where to look once more: at the place of what is missing, and where it was seen instead. */
export function placesInDoubt(session: ScanSession): readonly string[] {
  const ids = session.isInDoubt ? firstOfEachFolder(session) : session.arrived.keys();
  const left = [...ids].flatMap((id) => pathOfPlace(session, id) ?? []);
  return [...new Set([...left, ...session.arrived.values()])];
}

function firstOfEachFolder({ missing, assigned }: ScanSession): Iterable<BaseId> {
  const byFolder = new Map<BaseId, BaseId>();
  for (const { node, why } of missing) {
    if (why === 'absent' && !assigned.has(node.id)) byFolder.set(node.parent, node.id);
  }
  return byFolder.values();
}

function pathOfPlace(session: ScanSession, id: BaseId): string | undefined {
  const node = session.env.known.get(id);
  const folder = node && pathOf(session, node.parent);
  return node && folder !== undefined ? joinPath(folder, node.localName) : undefined;
}
