import { lstatSync } from 'node:fs';
import type { BaseNode, LocalKey } from '@tideline/sync-core';
import { isSameIdentity } from '../stat/sig.ts';
import { foldName } from './fold-name.ts';
import type { KnownPresent } from './known-tree.ts';
import { absolutePath, joinPath, type Entry, type ScanSession } from './session.ts';
import { hasLeftItsPlace } from './where-is.ts';

/** What stood at the entry's place: in base, and in the last scan. */
export type Place = {
  readonly base: BaseNode | undefined;
  readonly earlier: KnownPresent | undefined;
  /** All that its folder holds. */
  readonly names: readonly string[];
};

export type Identified =
  | { readonly t: 'stayed'; readonly base: BaseNode }
  | { readonly t: 'moved'; readonly key: LocalKey; readonly base: BaseNode | undefined }
  | { readonly t: 'deferred' }
  | { readonly t: 'new'; readonly earlier: KnownPresent | undefined };

/**
 * Which node an entry is. Identity first: the node of this place, the one the last scan saw moved here, any other that left
 * its place. Without a proof the place decides, but only after the walk: its former owner may still turn up elsewhere.
 */
export function identify(session: ScanSession, entry: Entry, { base, earlier, names }: Place): Identified {
  if (base && isSameNode(base, entry)) return { t: 'stayed', base };
  if (earlier && isSameEarlier(session, earlier, entry)) {
    return { t: 'moved', key: earlier.key, base: session.env.known.get(earlier.key) };
  }
  const moved = findElsewhere(session, entry, names);
  if (moved) return { t: 'moved', key: moved.id, base: moved };
  if (mayBeDecidedByPlace(session, entry, { base, earlier })) return { t: 'deferred' };
  return { t: 'new', earlier: earlier && earlier.key < 0 && earlier.node.kind === entry.kind ? earlier : undefined };
}

function mayBeDecidedByPlace(session: ScanSession, { kind }: Entry, { base, earlier }: Omit<Place, 'names'>): boolean {
  if (base?.kind === kind && !session.assigned.has(base.id)) return true;
  return earlier !== undefined && earlier.key > 0 && earlier.node.kind === kind;
}

function isSameNode(base: BaseNode, entry: Entry): boolean {
  return base.kind === entry.kind && base.sig !== null && isSameIdentity(base.sig, entry.sig);
}

function isSameEarlier(session: ScanSession, earlier: KnownPresent, entry: Entry): boolean {
  const { kind, sig } = earlier.node;
  if (earlier.key < 0 || session.assigned.has(earlier.key)) return false;
  return kind === entry.kind && isSameIdentity(sig, entry.sig);
}

const findElsewhere = (session: ScanSession, entry: Entry, names: readonly string[]): BaseNode | undefined =>
  findMoved(session, entry) ?? findRespelled(session, entry, names);

/** M01 to M36: the node whose identity this entry has, if its old place is proven to be empty or somebody else's. */
function findMoved(session: ScanSession, entry: Entry): BaseNode | undefined {
  if (entry.sig.links !== 1) return undefined;
  return session.env.known
    .byFileId(entry.sig.fileId)
    .find((node) => isCandidate(session, node, entry) && hasLeftItsPlace(session, node, entry));
}

/**
 * M19, M28: of two hard links nobody can tell which one was moved. But a disk that does not tell cases apart goes on to have the node
 * at its place when its name is spelled anew, and cannot have another one beside it: it is no other, and nothing is gone.
 */
function findRespelled(session: ScanSession, entry: Entry, names: readonly string[]): BaseNode | undefined {
  if (entry.sig.birthNs === 0n) return undefined;
  const fold = foldName(entry.name);
  return session.env.known.byFileId(entry.sig.fileId).find((node) => {
    if (!isSameNode(node, entry) || node.state !== 'managed' || session.assigned.has(node.id)) return false;
    if (node.parent !== entry.folder.key || foldName(node.localName) !== fold) return false;
    return !names.includes(node.localName);
  });
}

function isCandidate(session: ScanSession, node: BaseNode, entry: Entry): boolean {
  if (!isSameNode(node, entry) || node.state !== 'managed' || node.sig?.links !== 1) return false;
  if (session.assigned.has(node.id)) return false;
  return entry.sig.birthNs !== 0n || isProvenWithoutBirth(session, node, entry);
}

/** Where the file system tells no time of birth, a reused id proves nothing: a folder needs a child in common. */
function isProvenWithoutBirth(session: ScanSession, node: BaseNode, entry: Entry): boolean {
  if (entry.kind === 'file') return false;
  const folder = absolutePath(session.env, entry.path);
  return session.env.known
    .children(node.id)
    .some((child) => lstatSync(joinPath(folder, child.localName), { throwIfNoEntry: false }) !== undefined);
}
