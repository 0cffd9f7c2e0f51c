import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import type { ProblemCode } from '@tideline/contracts';
import type { BaseNode, UnknownReason } from '@tideline/sync-core';
import { isSameIdentity, toFileMeta, toStatSig } from '../stat/sig.ts';
import { foldName } from './fold-name.ts';
import { identify } from './identify.ts';
import type { KnownPresent } from './known-tree.ts';
import { see } from './see.ts';
import {
  absolutePath,
  joinPath,
  type Deferred,
  type Entry,
  type FolderTask,
  type Missing,
  type ScanSession,
} from './session.ts';
import { isGone, toProblemCode, toUnknownReason } from './system-error.ts';
import { lastChangeOf } from './trust.ts';
import { statAt } from './where-is.ts';

/** Reads one folder to its end and compares it with base; what base has and the folder has not is `missing`. */
export function listFolder(session: ScanSession, folder: FolderTask): void {
  const { env } = session;
  env.checkAbort();
  if (folder.key > 0) session.attempted.add(folder.key);
  const atMs = Date.now();
  const names = readNames(session, folder);
  if (!names) return;
  const places = placesIn(session, folder, names);
  if (!visitAll(session, { folder, places })) return;
  if (folder.key > 0) session.listed.add(folder.key);
  const last = lastChangeOf(folder, atMs);
  session.read.set(folder.key, folder.key > 0 ? last : { ...last, sig: folder.sig });
  tellReadableAgain(session, folder);
  for (const node of [...places.unseen.values(), ...places.rivals.values().flatMap((rivals) => rivals)]) {
    // A detached row keeps a name only; whether its file is there says nothing.
    if (node.state === 'managed') session.missing.push({ node, why: whyMissing(session, { folder, places }, node) });
  }
  for (const earlier of places.earlier.values()) if (earlier.key > 0) session.unsettled.set(earlier.key, earlier);
  noteLostNewFolders(session, places.earlier);
}

function readNames(session: ScanSession, folder: FolderTask): string[] | undefined {
  try {
    return readdirSync(absolutePath(session.env, folder.path));
  } catch (error) {
    return unread(session, folder, toUnknownReason(error));
  }
}

/**
 * R11, SA-4: a path leads through a link that was put in the folder's place, or into another folder that took its name, which may hold
 * the folder itself. So entries count only when the folder still stood there after they were looked at; otherwise it is unread.
 */
function visitAll(session: ScanSession, listing: Listing): boolean {
  const { folder, places } = listing;
  let at = 0;
  do {
    const looked = places.names.slice(at, at + LOOKED_AT_ONCE).map((name) => lookAt(session, folder, name));
    const why = whyNotThere(session, folder);
    if (why) {
      unread(session, folder, why);
      return false;
    }
    for (const each of looked) visit(session, listing, each);
    at += LOOKED_AT_ONCE;
  } while (at < places.names.length);
  return true;
}

/** What is in memory of a folder with very many entries. */
const LOOKED_AT_ONCE = 1000;

function whyNotThere({ env }: ScanSession, { path, sig }: FolderTask): UnknownReason | undefined {
  try {
    const stats = lstatSync(absolutePath(env, path), { bigint: true });
    return stats.isDirectory() && isSameIdentity(toStatSig(stats, env.volume), sig) ? undefined : 'busy';
  } catch (error) {
    return toUnknownReason(error);
  }
}

function unread(session: ScanSession, folder: FolderTask, why: UnknownReason): undefined {
  session.unreadable.push({ path: folder.path, code: toProblemCode(why) });
  const node = folder.key > 0 ? session.env.known.get(folder.key) : undefined;
  // SA-4: what cannot be read is unknown, with all that base has below it.
  if (node) session.missing.push({ node, why });
}

/** A folder that could not be read before counts as seen again, even when nobody lists the folder above it. */
function tellReadableAgain(session: ScanSession, { key, sig }: FolderTask): void {
  const { known, emit, nowMs } = session.env;
  const before = key > 0 ? known.earlier(key) : undefined;
  const base = before && before.t !== 'present' ? known.get(key) : undefined;
  if (!base || session.places.has(key)) return;
  const node = { parent: base.parent, name: base.localName, kind: base.kind, sig, content: null, meta: base.meta };
  emit(key, { t: 'present', node, sinceMs: nowMs() });
}

/**
 * SA-4: an entry that was not looked at may be this very node under another spelling, on disks that do not tell cases or Unicode
 * forms apart: there the node's place answers, although no such name was listed.
 */
function whyMissing(session: ScanSession, { folder, places }: Listing, node: BaseNode): Missing['why'] {
  const there = places.notSeen.get(foldName(node.localName));
  if (!there || isAnother(there, node) || places.names.includes(node.localName)) return 'absent';
  return statAt(session, joinPath(folder.path, node.localName)) === 'nothing' ? 'absent' : there.why;
}

type Places = {
  /** What the folder was found to hold. */
  readonly names: readonly string[];
  /** Children of base that no entry was found for yet. */
  readonly unseen: Map<string, BaseNode>;
  /**
   * Further nodes that base has at a place: one that was deleted here and moved in the cloud keeps it until both sides are one
   * again, while a new node stands there already.
   */
  readonly rivals: Map<string, BaseNode[]>;
  readonly byNfc: ReadonlyMap<string, BaseNode>;
  readonly earlier: Map<string, KnownPresent>;
  /** Entries that were not looked at, by their folded names. */
  readonly notSeen: Map<string, NotSeen>;
};

/** `kind`: of what the filter leaves out. Anything else that was not looked at may be any node. */
type NotSeen = { readonly why: UnknownReason; readonly kind: BaseNode['kind'] | null };

/** Proven not to be the node, without a look at what it is. */
const isAnother = ({ kind }: NotSeen, node: BaseNode): boolean => kind !== null && kind !== node.kind;

function placesIn({ env }: ScanSession, { key }: FolderTask, names: readonly string[]): Places {
  const children = key > 0 ? env.known.children(key) : [];
  const unseen = new Map<string, BaseNode>();
  const rivals = new Map<string, BaseNode[]>();
  for (const child of children) {
    const other = unseen.get(child.localName);
    if (other) rivals.set(child.localName, [...(rivals.get(child.localName) ?? []), other]);
    unseen.set(child.localName, child);
  }
  const earlier = new Map(env.known.earlierIn(key).map((known) => [known.node.name, known]));
  return { names, unseen, rivals, byNfc: otherSpellings(children, names), earlier, notSeen: new Map() };
}

/** Names of base whose very spelling is gone from the folder, by their normal form: another spelling of it is the same name. */
function otherSpellings(children: readonly BaseNode[], names: readonly string[]): ReadonlyMap<string, BaseNode> {
  const byNfc = new Map<string, BaseNode>();
  const special = children.filter((child) => !isAscii(child.localName));
  if (special.length === 0) return byNfc;
  const present = new Set(names);
  for (const child of special) if (!present.has(child.localName)) byNfc.set(child.localName.normalize('NFC'), child);
  return byNfc;
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

type Listing = { readonly folder: FolderTask; readonly places: Places };

function visit(session: ScanSession, { folder, places }: Listing, looked: Looked): void {
  const { name, path } = looked;
  const base = findPlace(places, name);
  if (looked.t === 'gone') return;
  if (looked.t === 'unknown') {
    session.unreadable.push({ path, code: looked.code });
    return notSeen(session, places, { name, base, why: looked.why, kind: null });
  }
  const { stats } = looked;
  const kind = stats.isDirectory() ? 'folder' : 'file';
  const isSynced = canBeSynced(session, stats);
  if (!isSynced || session.env.isExcluded(path, kind === 'folder')) {
    session.skipped += 1;
    return notSeen(session, places, { name, base, why: 'unsupported', kind: isSynced ? kind : null });
  }
  if (kind === 'folder') session.folders += 1;
  else session.files += 1;
  const sig = toStatSig(stats, session.env.volume);
  const entry: Entry = { folder, name, path, kind, sig, changedNs: stats.ctimeNs, meta: toFileMeta(stats) };
  const owner = base && ownerOf(places, entry, base);
  decide(session, { entry, base: owner, earlier: places.earlier.get(name) }, places);
}

function findPlace({ unseen, byNfc }: Places, name: string): BaseNode | undefined {
  return unseen.get(name) ?? (isAscii(name) ? undefined : byNfc.get(name.normalize('NFC')));
}

/** Of several nodes that base has at the entry's place, the one that it is. */
function ownerOf({ unseen, rivals }: Places, entry: Entry, base: BaseNode): BaseNode {
  const others = rivals.get(base.localName);
  if (!others) return base;
  const all = [base, ...others];
  const owner =
    all.find((node) => node.kind === entry.kind && node.sig !== null && isSameIdentity(node.sig, entry.sig)) ??
    all.find((node) => node.kind === entry.kind && node.state === 'managed') ??
    base;
  unseen.set(owner.localName, owner);
  const left = all.filter((node) => node !== owner);
  rivals.set(owner.localName, left);
  return owner;
}

export type Looked = { readonly name: string; readonly path: string } & (
  | { readonly t: 'stats'; readonly stats: BigIntStats }
  | { readonly t: 'gone' }
  | { readonly t: 'unknown'; readonly why: UnknownReason; readonly code: ProblemCode }
);

export function lookAt({ env }: ScanSession, folder: Pick<FolderTask, 'path'>, name: string): Looked {
  const path = joinPath(folder.path, name);
  try {
    return { name, path, t: 'stats', stats: lstatSync(absolutePath(env, path), { bigint: true }) };
  } catch (error) {
    if (isGone(error) && !name.includes('\uFFFD')) return { name, path, t: 'gone' };
    const why = toUnknownReason(error);
    // A name that is not UTF-8 cannot be asked for: what came of it in the listing is not what stands on the disk.
    return { name, path, t: 'unknown', why, code: isGone(error) ? 'NAME_UNSUPPORTED' : toProblemCode(why) };
  }
}

/** Not so links, pipes, sockets, devices, and other file systems mounted below the root. */
export function canBeSynced({ env }: ScanSession, stats: BigIntStats): boolean {
  return stats.isDirectory() ? stats.dev === env.rootDev : stats.isFile();
}

type Taken = NotSeen & { readonly name: string; readonly base: BaseNode | undefined };

/**
 * The place is taken by something that is not looked at: the nodes of base that were there are unknown, never absent; but a file is
 * not where a folder that the filter leaves out stands now.
 */
function notSeen(session: ScanSession, places: Places, { name, base, ...there }: Taken): void {
  const { unseen, rivals } = places;
  places.notSeen.set(foldName(name), there);
  if (!base) return;
  const all = [base, ...(rivals.get(base.localName) ?? [])];
  for (const node of all) if (!isAnother(there, node)) session.missing.push({ node, why: there.why });
  const [gone, ...others] = all.filter((node) => isAnother(there, node));
  if (gone) unseen.set(base.localName, gone);
  else unseen.delete(base.localName);
  rivals.set(base.localName, others);
}

function decide(session: ScanSession, item: Deferred, places: Places): void {
  const { entry } = item;
  const found = identify(session, entry, { ...item, names: places.names });
  places.earlier.delete(entry.name);
  switch (found.t) {
    case 'stayed': {
      places.unseen.delete(found.base.localName);
      const earlier = earlierOf(session, found.base.id);
      return see(session, entry, { key: found.base.id, base: found.base, earlier });
    }
    case 'moved':
      session.assigned.add(found.key);
      return see(session, entry, { ...found, earlier: earlierOf(session, found.key) });
    case 'deferred':
      session.deferred.push(item);
      return;
    case 'new':
      return see(session, entry, {
        key: found.earlier?.key ?? newKey(session),
        base: undefined,
        earlier: found.earlier,
      });
  }
}

export function newKey(session: ScanSession): number {
  const key = session.nextKey;
  session.nextKey -= 1;
  return key;
}

export function earlierOf({ env }: ScanSession, key: number): KnownPresent | undefined {
  const seen = env.known.earlier(key);
  return seen?.t === 'present' ? { key, node: seen.node, sinceMs: seen.sinceMs } : undefined;
}

/** A new folder of the last scan that is gone may have held nodes of base: they must turn up somewhere else. */
function noteLostNewFolders(session: ScanSession, lost: ReadonlyMap<string, KnownPresent>): void {
  for (const { key, node } of lost.values()) {
    if (key > 0 || node.kind !== 'folder') continue;
    const inside = new Map(session.env.known.earlierIn(key).map((known) => [known.node.name, known]));
    for (const earlier of inside.values()) if (earlier.key > 0) session.unsettled.set(earlier.key, earlier);
    noteLostNewFolders(session, inside);
  }
}
