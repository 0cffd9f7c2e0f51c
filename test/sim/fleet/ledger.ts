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

function* filesIn(inodes: Iterable<Inode>): Generator<Uint8Array> {
  for (const inode of inodes) if (inode.kind === 'file') yield inode.data;
}

/** I1: what was ever written, what its writers destroyed themselves, and what can still be had somewhere. */
export class Ledger {
  readonly written = new Set<string>();
  readonly destroyed = new Set<string>();
  /** Lost by what the operator did, whether or not something of it is still lying about. */
  readonly #pardoned = new Set<string>();
  readonly #cloud: VirtualCloud;
  readonly #devices: readonly Device[];
  #held = new Set<string>();
  #heldAt = '';
  #cloudTokens = new Set<string>();
  #cloudAt = -1;
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
    const held = this.held();
    for (const token of held) this.written.add(token);
    for (const token of tokens) if (!held.has(token)) this.destroyed.add(token);
  }

  /** Bytes in folders, staging and trash of all machines, and in the drive with its history and bin. */
  held(): ReadonlySet<string> {
    const at = [this.#cloud.changes, ...this.#devices.map((device) => device.machine.changes)].join(' ');
    if (at === this.#heldAt) return this.#held;
    const held = new Set(this.#inCloud());
    for (const bytes of this.#onDisks()) for (const token of tokensOf(bytes)) held.add(token);
    this.#held = held;
    this.#heldAt = at;
    for (const token of held) this.destroyed.delete(token);
    return held;
  }

  lost(): string[] {
    const held = this.held();
    return [...this.written].filter(
      (token) => !held.has(token) && !this.destroyed.has(token) && !this.#pardoned.has(token),
    );
  }

  /** Bytes only this machine has, and only in its cache: power may take them. */
  unsafeOn(device: Device): Set<string> {
    const unsafe = new Set<string>();
    for (const inode of inodesBelow(device.machine.top)) {
      if (inode.kind !== 'file') continue;
      if (device.machine.isUnsafe(inode)) for (const token of tokensOf(inode.data)) unsafe.add(token);
    }
    return unsafe;
  }

  forgive(tokens: Iterable<string>): void {
    const held = this.held();
    for (const token of tokens) if (!held.has(token)) this.destroyed.add(token);
  }

  /**
   * A restored server lost these versions; a displaced file that still holds them by chance goes when its grace is over, because
   * its bytes were in the history once. Not an exception for anything that stands in a folder or in the trash.
   */
  pardonDisplaced(before: ReadonlySet<string>): void {
    const kept = new Set(this.#inCloud());
    for (const bytes of this.#onDisks(STAGING)) for (const token of tokensOf(bytes)) kept.add(token);
    for (const token of before) if (!kept.has(token)) this.#pardoned.add(token);
  }

  /** Of all machines, with the disks that are pulled out: they hold what they hold. */
  *#onDisks(except?: string): Generator<Uint8Array> {
    for (const { machine } of this.#devices) {
      for (const top of machine.unplugged ? [machine.top, machine.unplugged] : [machine.top]) {
        yield* filesIn(inodesBelow(top, except));
      }
    }
  }

  #inCloud(): ReadonlySet<string> {
    if (this.#cloudAt === this.#cloud.changes) return this.#cloudTokens;
    this.#cloudAt = this.#cloud.changes;
    this.#cloudTokens = new Set();
    for (const { versions } of this.#cloud.nodes.values()) {
      for (const contentId of versions) {
        for (const token of tokensOf(this.#cloud.contentOf(contentId))) this.#cloudTokens.add(token);
      }
    }
    return this.#cloudTokens;
  }
}
