import type { VirtualCloud } from './cloud.ts';
import type { Device } from './device.ts';
import type { Inode } from './vfs/inode.ts';

const TOKEN = /t\d+;/g;
const EDGE_BYTES = 2048;
const known = new WeakMap<Uint8Array, readonly string[]>();

/** What people wrote into these bytes: every write of a person has a token of its own. */
export function tokensOf(bytes: Uint8Array): readonly string[] {
  const before = known.get(bytes);
  if (before) return before;
  const isLong = bytes.length > 2 * EDGE_BYTES;
  const parts = isLong ? [bytes.subarray(0, EDGE_BYTES), bytes.subarray(-EDGE_BYTES)] : [bytes];
  const tokens = [...new Set(parts.flatMap((part) => Buffer.from(part).toString('latin1').match(TOKEN) ?? []))];
  known.set(bytes, tokens);
  return tokens;
}

const STAGING = '.tideline~sync';

export function* inodesBelow(folder: Inode, except?: string): Generator<Inode> {
  for (const { name, inode } of folder.entries.values()) {
    if (name === except) continue;
    yield inode;
    if (inode.kind === 'folder') yield* inodesBelow(inode, except);
  }
}

/** I1: what was ever written, what its writers destroyed themselves, and what can still be had somewhere. */
export class Ledger {
  readonly written = new Set<string>();
  readonly destroyed = new Set<string>();
  /** Lost by what the operator did, whether or not something of it is still lying about. */
  readonly #pardoned = new Set<string>();
  /** Were in the history of the drive until the operator restored an older state of it. */
  readonly #outOfHistory = new Set<string>();
  readonly #cloud: VirtualCloud;
  readonly #devices: readonly Device[];
  readonly #inContent = new Map<string, readonly string[]>();
  /** What the cloud and each machine hold, as long as nothing changes there. */
  readonly #places = new Map<object, Held>();
  #next = 0;

  constructor(cloud: VirtualCloud, devices: readonly Device[]) {
    this.#cloud = cloud;
    this.#devices = devices;
  }

  newToken(): string {
    this.#next += 1;
    return `t${this.#next};`;
  }

  /** A person does something that overwrites or removes `victims`; what is nowhere else afterwards was theirs to lose. */
  during(victims: readonly Uint8Array[], act: () => void): void {
    const tokens = new Set(victims.flatMap((bytes) => [...tokensOf(bytes)]));
    act();
    const places = this.#look();
    for (const place of places) {
      if (!place.isNew) continue;
      for (const token of place.tokens) this.written.add(token);
      place.isNew = false;
    }
    for (const token of tokens) if (!isIn(places, token)) this.destroyed.add(token);
    this.#pardonOverwritten(tokens);
    this.#pardonSecondNames(victims);
  }

  /**
   * A download that was cut off by a power failure between its new name and its old one has both. Who writes into the file and then
   * saves another over it, destroys what they wrote, although the name in staging still leads to it. Whole seed 878.
   */
  #pardonSecondNames(victims: readonly Uint8Array[]): void {
    const linked = this.#devices.flatMap((device) => downloadsOf(device).filter(({ data }) => victims.includes(data)));
    if (linked.length === 0) return;
    const standing = this.#standing();
    for (const token of linked.flatMap(({ data }) => tokensOf(data))) {
      if (!standing.has(token)) this.#pardoned.add(token);
    }
  }

  /**
   * Who overwrites the last copy that stands somewhere destroys it, although a file that was displaced while the bytes were still
   * in the history holds them by chance until its grace is over. Whole seed 247.
   */
  #pardonOverwritten(tokens: ReadonlySet<string>): void {
    const doubtful = tokens.intersection(this.#outOfHistory);
    if (doubtful.size === 0) return;
    const standing = this.#standing();
    for (const token of doubtful) if (!standing.has(token)) this.#pardoned.add(token);
  }

  /** Bytes in folders, staging and trash of all machines, and in the drive with its history and bin. */
  held(): ReadonlySet<string> {
    return new Set(this.#look().flatMap(({ tokens }) => [...tokens]));
  }

  lost(): string[] {
    const places = this.#look();
    return [...this.written].filter(
      (token) => !isIn(places, token) && !this.destroyed.has(token) && !this.#pardoned.has(token),
    );
  }

  #look(): Held[] {
    const machines = this.#devices.map(({ machine }) => this.#lookAt(machine, () => tokensOn(machine)));
    return [this.#lookAt(this.#cloud, () => this.#inCloud()), ...machines];
  }

  #lookAt(place: { readonly changes: number }, look: () => ReadonlySet<string>): Held {
    const before = this.#places.get(place);
    if (before?.at === place.changes) return before;
    const held = { at: place.changes, tokens: look(), isNew: true };
    this.#places.set(place, held);
    for (const token of held.tokens) this.destroyed.delete(token);
    return held;
  }

  /** Bytes only this machine has, and only in its cache: power may take them, also of a disk that was pulled out (whole seed 1919). */
  unsafeOn({ machine }: Device): Set<string> {
    const { top, unplugged } = machine;
    const inodes = [...inodesBelow(top), ...(unplugged ? inodesBelow(unplugged) : [])];
    const unsafe = inodes.filter((inode) => inode.kind === 'file' && machine.isUnsafe(inode));
    return new Set(unsafe.flatMap(({ data }) => tokensOf(data)));
  }

  forgive(tokens: Iterable<string>): void {
    const places = this.#look();
    for (const token of tokens) if (!isIn(places, token)) this.destroyed.add(token);
  }

  /**
   * A restored server lost these versions; a displaced file that still holds them by chance goes when its grace is over, because
   * its bytes were in the history once. Not an exception for anything that stands in a folder or in the trash.
   */
  pardonDisplaced(before: ReadonlySet<string>): void {
    const [kept, standing] = [this.#inCloud(), this.#standing()];
    for (const token of before) {
      if (!kept.has(token)) this.#outOfHistory.add(token);
      if (!standing.has(token)) this.#pardoned.add(token);
    }
  }

  /** In the drive, and in the folders and the trash of machines: everything but what is displaced. */
  #standing(): ReadonlySet<string> {
    const standing = new Set(this.#inCloud());
    for (const { machine } of this.#devices) for (const token of tokensOn(machine, STAGING)) standing.add(token);
    return standing;
  }

  #inCloud(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const { versions } of this.#cloud.nodes.values()) {
      for (const contentId of versions) for (const token of this.#ofContent(contentId)) found.add(token);
    }
    return found;
  }

  #ofContent(contentId: string): readonly string[] {
    const known = this.#inContent.get(contentId) ?? tokensOf(this.#cloud.contentOf(contentId));
    this.#inContent.set(contentId, known);
    return known;
  }
}

/** What is being made in staging, and was never a file of a person by that name. */
function downloadsOf({ root, machine }: Device): readonly Inode[] {
  const staging = root && machine.find(root, STAGING);
  const fresh = staging && machine.find(staging, 'new');
  return fresh ? [...fresh.entries.values()].map(({ inode }) => inode) : [];
}

type Held = { readonly at: number; readonly tokens: ReadonlySet<string>; isNew: boolean };

const isIn = (places: readonly Held[], token: string): boolean => places.some(({ tokens }) => tokens.has(token));

/** Of a machine with the disk that is pulled out: it holds what it holds. */
function tokensOn({ top, unplugged }: Device['machine'], except?: string): ReadonlySet<string> {
  const found: (readonly string[])[] = [];
  const open = unplugged ? [top, unplugged] : [top];
  for (let folder = open.pop(); folder; folder = open.pop()) {
    for (const { name, inode } of folder.entries.values()) {
      if (name === except) continue;
      if (inode.kind === 'folder') open.push(inode);
      else found.push(tokensOf(inode.data));
    }
  }
  return new Set(found.flat());
}
