import type { DriveNode } from '@tideline/contracts';
import { isAlwaysExcluded, ROOT_ID, type BaseNode, type BaseView, type LocalOverlay } from '@tideline/sync-core';
import { sha256Hex, type VirtualCloud } from './cloud.ts';
import type { Device } from './device.ts';
import type { Inode } from './vfs/inode.ts';

const hashes = new WeakMap<Uint8Array, string>();

export function contentIdOf(bytes: Uint8Array): string {
  const known = hashes.get(bytes) ?? sha256Hex(bytes);
  hashes.set(bytes, known);
  return known;
}

const STAGING = '.tideline~sync';
const below = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** I2: how a device's folder differs from what it should hold, seen from neither side's records but from the things themselves. */
export function differences(device: Device, cloud: VirtualCloud): string[] {
  if (!device.root) return ['the root is not there'];
  return device.config.mode === 'upload'
    ? notBackedUp(device, cloud, device.root)
    : notEqual(device, cloud, device.root);
}

type Spot = { readonly path: string; readonly inode: Inode };

function notEqual(device: Device, cloud: VirtualCloud, root: Inode): string[] {
  const found: string[] = [];
  const spots = new Map<string, Spot>([[cloud.rootId, { path: '', inode: root }]]);
  const seen: Seen = { spots, met: new Set(), waiting: new Set() };
  const { hidden = new Set<string>() } = cloud.sights.get(device.name) ?? {};
  for (const node of cloud.below(cloud.rootId, hidden)) found.push(...notAsInCloud(device, cloud, { node, seen }));
  return [...found, ...hereOnly(device, { cloud, root, ...seen })];
}

/** Of the nodes of the cloud until now, parents first: where they are here, and which have to wait. */
type Seen = { readonly spots: Map<string, Spot>; readonly met: Set<string>; readonly waiting: Set<string> };

function notAsInCloud(device: Device, cloud: VirtualCloud, { node, seen }: { node: DriveNode; seen: Seen }): string[] {
  const { spots, met, waiting } = seen;
  const above = spots.get(node.parentId ?? '');
  if (!above) {
    if (waiting.has(node.parentId ?? '')) waiting.add(node.id);
    return [];
  }
  const spot = spotOf(device, { node, above });
  if (!spot) return [];
  const { path, inode } = spot;
  if (!inode) {
    const lacking = missing(device, cloud, { folder: above, path });
    if (lacking.length === 0) waiting.add(node.id);
    return lacking;
  }
  met.add(device.machine.key(path));
  spots.set(node.id, { path, inode });
  return unlike(device, cloud, { node, spot: { path, inode } });
}

type Met = {
  readonly cloud: VirtualCloud;
  readonly root: Inode;
  readonly met: ReadonlySet<string>;
  /**
   * Nodes that cannot come because their names are taken here, and the person is told (SA-2), with all that the cloud has in them. What
   * was moved into such a folder there has nowhere to go here, and stays where it is until the name is free.
   */
  readonly waiting: ReadonlySet<string>;
};

function hereOnly(device: Device, { cloud, root, met, waiting }: Met): string[] {
  const rows = foldersOf(device, root);
  const isAllowed = (found: Found): boolean => {
    const row = rows.get(found.inode) ?? rowAt(device.journal.base, rows, found);
    return waiting.has(row?.cloudId ?? '') || mayStay(device, cloud, { ...found, row });
  };
  const left = [...walk(root)].filter((item) => !met.has(device.machine.key(item.path)) && !isAllowed(item));
  return left.map(({ path }) => `${path} is here only`);
}

type Here = { readonly path: string; readonly inode: Inode; readonly row: BaseNode | undefined };

/**
 * Left out by the filter; or a folder that has left the task in the cloud, and stays here for the sake of what the filter leaves out
 * of it, because a filter never deletes (SY-26).
 */
function mayStay(device: Device, cloud: VirtualCloud, { path, inode, row }: Here): boolean {
  if (isLeftOut(device, path, inode)) return true;
  return hasLeft(device, cloud, row) && holdsOnlyLeftOut(device, path, inode);
}

/** Deleted in the cloud, or moved there to where the filter looks away, which comes to the same (SY-26). */
function hasLeft(device: Device, cloud: VirtualCloud, row: BaseNode | undefined): boolean {
  const node = row && cloud.nodes.get(row.cloudId)?.node;
  return node !== undefined && (!cloud.isLive(node.id) || isLeftOutThere(device, cloud, node));
}

function isLeftOutThere(device: Device, cloud: VirtualCloud, node: DriveNode): boolean {
  const chain: DriveNode[] = [];
  for (let at: DriveNode | undefined = node; at && at.id !== cloud.rootId;) {
    chain.unshift(at);
    at = cloud.nodes.get(at.parentId ?? '')?.node;
  }
  const paths = chain.map((_, index) =>
    chain
      .slice(0, index + 1)
      .map((each) => nameHere(device, each))
      .join('/'),
  );
  return chain.some(({ kind }, index) => device.isExcluded(paths[index] ?? '', kind === 'folder'));
}

/** The name it has here, or would have. */
function nameHere({ journal }: Device, { id, name }: DriveNode): string {
  const row = journal.base.byCloudId(id);
  return row?.cloudName === name ? row.localName : name;
}

function holdsOnlyLeftOut(device: Device, path: string, { entries }: Inode): boolean {
  const inside = [...entries.values()].map(({ name, inode }) => ({ path: below(path, name), inode }));
  return (
    inside.length > 0 &&
    inside.every((each) => isLeftOut(device, each.path, each.inode) || holdsOnlyLeftOut(device, each.path, each.inode))
  );
}

/** In the cloud only; unless something that the filter leaves out has the name here, and the person is told (IN_THE_WAY). */
function missing(device: Device, cloud: VirtualCloud, { folder, path }: { folder: Spot; path: string }): string[] {
  const name = device.machine.key(path.slice(path.lastIndexOf('/') + 1));
  const there = folder.inode.entries.get(name);
  const row = there && device.root && foldersOf(device, device.root).get(there.inode);
  // By the spelling that it has here, which may be one that is always left out, where that of the cloud is not (whole seed 3503).
  const here = there && { path: below(folder.path, there.name), inode: there.inode, row };
  const isTaken = here !== undefined && mayStay(device, cloud, here) && isSaid(device, path);
  return isTaken ? [] : [`${path} is in the cloud only`];
}

/** Of two spellings that are one name here, either will do. */
const isSaid = ({ journal, machine }: Device, path: string): boolean =>
  journal.problems().some(({ path: at, code }) => machine.key(at) === machine.key(path) && code === 'IN_THE_WAY');

/** Whether a problem is what the rules call for: SA-2 leaves out what waits for a person who was told the truth. */
export function isDue(device: Device, cloud: VirtualCloud, { path, code }: { path: string; code: string }): boolean {
  const { root, machine } = device;
  const found = root && [...walk(root)].find((item) => machine.key(item.path) === machine.key(path));
  if (code !== 'IN_THE_WAY' || !found) return false;
  return mayStay(device, cloud, { ...found, row: foldersOf(device, root).get(found.inode) });
}

/**
 * Entries of the overlay of the cloud that are there for good: of folders that have left the task there and stay here for the sake of what
 * is left out of them. That needs no filter of a person: of what is always left out, only files go with a folder, so one that holds a
 * folder of such a name stays (whole seed 1184).
 */
export function entriesThatStay(device: Device, cloud: VirtualCloud): number {
  const { root, journal } = device;
  if (!root) return 0;
  const overlay = journal.cloudOverlay();
  const entries = [...foldersOf(device, root)].filter(([, { cloudId }]) => overlay.has(cloudId));
  const paths = new Map([...walk(root)].map(({ inode, path }) => [inode, path]));
  const isStaying = ([inode, row]: [Inode, BaseNode]): boolean => {
    const path = paths.get(inode);
    return path !== undefined && hasLeft(device, cloud, row) && holdsOnlyLeftOut(device, path, inode);
  };
  return entries.filter(isStaying).length;
}

/**
 * Where a cloud node is to be found here; undefined when the filter leaves it out. That goes by the names nodes have here, or would
 * have: one that got another name in the cloud is left out by that one, whatever base called it (SY-26). A device that never knew it
 * would not miss it either; what still stands here under the old name counts as here only. What stands at a place to which base has
 * not seen the node come is another.
 */
function spotOf(
  device: Device,
  { node, above }: { node: DriveNode; above: Spot },
): (Omit<Spot, 'inode'> & { inode: Inode | undefined }) | undefined {
  const { base } = device.journal;
  const name = nameHere(device, node);
  const path = below(above.path, name);
  if (device.isExcluded(path, node.kind === 'folder')) return undefined;
  const row = base.byCloudId(node.id);
  const hasCome = row?.cloudName === node.name && base.get(row.parent)?.cloudId === node.parentId;
  return { path, inode: hasCome ? device.machine.find(above.inode, name) : undefined };
}

type Pair = { readonly node: DriveNode; readonly spot: Spot };

function unlike(device: Device, cloud: VirtualCloud, { node, spot }: Pair): string[] {
  const { path, inode } = spot;
  if (inode.kind !== node.kind) return [`${path} is a ${inode.kind} here and a ${node.kind} in the cloud`];
  if (node.kind === 'file' && contentIdOf(inode.data) !== node.contentId) return [`${path} differs in content`];
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isSameName = name.normalize('NFC') === node.name || isMapped(device, cloud, { name, node });
  return isSameName || device.config.os !== 'linux' ? [] : [`${path} is ${node.name} in the cloud`];
}

/**
 * Two spellings of one name beside each other: only one of them can be called so in the cloud, and the other has a name derived from
 * it there (BI-8). It keeps that when its twin goes, wherever it is moved: base holds both names, and a mapped node is what it is
 * until somebody renames it (SY-18). So it does not matter whether the twin is still there, only that there was one; and nothing
 * else may be called otherwise than in the cloud. The twin may never have come here: a decomposed name is mapped as soon as the
 * composed one is taken in the cloud, though the disk is full (whole seed 7735).
 */
function isMapped({ twins }: Device, cloud: VirtualCloud, { name, node }: { name: string; node: DriveNode }): boolean {
  const wanted = name.normalize('NFC');
  if (node.name.replace(DERIVED, '') !== wanted) return false;
  return twins.has(wanted) || (name !== wanted && cloud.hasHadNamesake(node, wanted));
}

/** What the engine puts before the extension of a name that is taken. */
const DERIVED = /(?: \(file\))?(?: \(\d+\))?(?=\.[^.]*$|$)/u;

/** UP: every local file has its own node in the node of its folder, with its content as the head or a kept version. */
function notBackedUp(device: Device, cloud: VirtualCloud, root: Inode): string[] {
  const found: string[] = [];
  const rows = foldersOf(device, root);
  for (const item of walk(root)) {
    const { path, inode, folder } = item;
    if (isLeftOut(device, path, inode)) continue;
    const [parent, row] = [rows.get(folder), rowAt(device.journal.base, rows, item)];
    const stored = row && row.state === 'managed' ? cloud.nodes.get(row.cloudId) : undefined;
    const fault =
      stored && parent
        ? backupFault({ stored, inode }, parent, cloud.isInSight(device.name, stored.node.id))
        : 'is not backed up';
    if (fault) found.push(`${path} ${fault}`);
  }
  return found;
}

/** What base says of the folders here; one file may stand at several places. */
function foldersOf({ journal: { base } }: Device, root: Inode): Folders {
  const rows = new Map([[root, base.get(ROOT_ID) as BaseNode]]);
  for (const { inode, folder, name } of walk(root)) {
    const row = inode.kind === 'folder' ? rowAt(base, rows, { folder, name }) : undefined;
    if (row) rows.set(inode, row);
  }
  return rows;
}

type Folders = ReadonlyMap<Inode, BaseNode>;

function rowAt(base: BaseView, rows: Folders, { folder, name }: Pick<Found, 'folder' | 'name'>): BaseNode | undefined {
  const parent = rows.get(folder);
  return parent && base.childByLocalName(parent.id, name);
}

type BackedUp = {
  readonly stored: { readonly node: DriveNode; readonly versions: readonly string[] };
  readonly inode: Inode;
};

function backupFault({ stored, inode }: BackedUp, parent: BaseNode, isInSight: boolean): string | null {
  if (!isInSight) return 'is backed up out of sight';
  if (stored.node.parentId !== parent.cloudId) return 'is backed up in another folder';
  const isKept = inode.kind === 'folder' || stored.versions.includes(contentIdOf(inode.data));
  return isKept ? null : 'has content that is in no version';
}

type Found = Spot & { readonly folder: Inode; readonly name: string };

function* walk(folder: Inode, path = ''): Generator<Found> {
  for (const { name, inode } of folder.entries.values()) {
    if (path === '' && name === STAGING) continue;
    const here = below(path, name);
    yield { path: here, inode, folder, name };
    if (inode.kind === 'folder') yield* walk(inode, here);
  }
}

/** Excluded itself, or in an excluded folder. */
function isLeftOut(device: Device, path: string, inode: Inode): boolean {
  const parts = path.split('/');
  return parts.some((name, index) => {
    const isFolder = index < parts.length - 1 || inode.kind === 'folder';
    return isAlwaysExcluded(name) || device.isExcluded(parts.slice(0, index + 1).join('/'), isFolder);
  });
}

/** I9: base is a tree, and no two of its nodes are one. */
export function unsoundBase({ journal }: Device): readonly string[] {
  const { inner, writes } = journal;
  const before = lookedAt.get(inner);
  if (before?.writes === writes) return before.found;
  const found = [...twoAtOnePlace(inner.base, inner.localOverlay()), ...withoutRoot(inner.base)];
  lookedAt.set(inner, { writes, found });
  return found;
}

/** Base only changes by what is written to its journal. */
const lookedAt = new WeakMap<object, { readonly writes: number; readonly found: readonly string[] }>();

type Base = Device['journal']['base'];

/** SY-25: what is gone here and cannot come to where it is in the cloud keeps the place that both sides had last; others may have it. */
function twoAtOnePlace(base: Base, local: LocalOverlay): string[] {
  const found: string[] = [];
  const places = new Set<string>();
  for (const { id, parent, localName, state } of base.rows()) {
    if (id === ROOT_ID || state !== 'managed' || local.get(id)?.t === 'absent') continue;
    const place = `${parent}/${localName}`;
    if (places.has(place)) found.push(`two rows at ${place}`);
    places.add(place);
  }
  return found;
}

function withoutRoot(base: Base): string[] {
  return base.rows().flatMap((row) => {
    let at: BaseNode | undefined = row;
    for (let depth = 0; at && at.id !== ROOT_ID; depth++) {
      at = depth > 100 ? undefined : base.get(at.parent);
    }
    return at ? [] : [`${row.localName} hangs on nothing`];
  });
}

export function unsoundCloud(cloud: VirtualCloud): string[] {
  const found: string[] = [];
  const places = new Set<string>();
  const live = cloud.below(cloud.rootId);
  for (const node of live) {
    const place = `${node.parentId}/${node.name}`;
    if (places.has(place)) found.push(`two nodes at ${place}`);
    places.add(place);
  }
  for (const { node } of cloud.nodes.values()) {
    let at: string | null = node.id;
    for (let depth = 0; at !== null && at !== cloud.rootId; depth++) {
      at = depth > 200 ? null : (cloud.nodes.get(at)?.node.parentId ?? null);
    }
    if (at === null) found.push(`${node.name} hangs on nothing`);
  }
  return found;
}
