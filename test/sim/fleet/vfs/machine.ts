import { FsError, Inode, NO_BYTES, type Os } from './inode.ts';

/** The process that makes a call is gone: nothing it wants is done any more. Without a code, so that nobody handles it. */
export class ProcessGone extends Error {
  constructor() {
    super('the process is gone');
  }
}

export type MachineOptions = {
  readonly name: string;
  readonly os: Os;
  readonly dev: number;
  readonly nowMs: () => number;
  /** Time that nobody can set: what a cache and the journal of a file system go by, whatever the clock is put to. */
  readonly upMs: () => number;
  /** Names come back decomposed, as on HFS+. */
  readonly storesNfd: boolean;
  /** No hard links, as on exFAT. */
  readonly noLinks: boolean;
};

/** A metadata change that a power failure may take back. */
type Logged = { readonly atMs: number; readonly touched: readonly Inode[]; readonly undo: () => void };

export type Chance = (count: number) => number;

/** So long the cache keeps bytes, and the file system its journal, before they reach the disk by themselves. */
const WRITEBACK_MS = 30_000;
const COMMIT_MS = 5000;
const MAX_NAME_BYTES = 255;
const GRANULARITY_MS: Record<Os, number> = { linux: 4, darwin: 1, win32: 1 };

/**
 * A computer's disk: inodes that are used again, times of birth, names as its system compares them, and a cache that a power
 * failure loses. Calls of people come here; those of the engine come by way of `node-fs.ts`, which asks `beforeCall` first.
 */
export class Machine {
  readonly options: MachineOptions;
  readonly bigDev: bigint;
  readonly top: Inode;
  /** Told of every folder in which something changed. */
  onChange: (folder: Inode) => void = () => undefined;
  /** Asked before every call of the engine: may throw in its stead, or let somebody else act first. */
  beforeCall: (call: string, path: string) => void = () => undefined;
  /** Whether the engine may change something at this place; tells who watches. */
  onEngineWrite: (call: string, path: string) => void = () => undefined;
  isFull = false;
  /** What stood at the root before its disk was pulled out. */
  unplugged: Inode | null = null;
  /** Counts changes of any kind: what was computed of the disk holds as long as it stays. */
  changes = 0;
  #log: Logged[] = [];
  readonly #free: number[] = [];
  /** All that ever had a number, the last one first: after a power failure two may have the same. */
  readonly #made = new Map<number, Inode[]>();
  #nextIno = 100;
  #dirty = new Set<Inode>();

  constructor(options: MachineOptions) {
    this.options = options;
    this.bigDev = BigInt(options.dev);
    this.top = this.#inode('folder', 0o755);
  }

  get nowNs(): bigint {
    const tick = GRANULARITY_MS[this.options.os];
    return BigInt(Math.floor(this.options.nowMs() / tick) * tick) * 1_000_000n;
  }

  key(name: string): string {
    if (this.options.os === 'linux') return name;
    return this.options.os === 'darwin' ? name.normalize('NFC').toLowerCase() : name.toLowerCase();
  }

  find(folder: Inode, name: string): Inode | undefined {
    return folder.entries.get(this.key(name))?.inode;
  }

  /** What has this number, or had it. */
  numbered(ino: number): readonly Inode[] {
    return this.#made.get(ino) ?? [];
  }

  /** From now on nobody may look inside, or everybody again. */
  refuse(inode: Inode, code: string | null): void {
    inode.refusal = code;
    this.changes += 1;
  }

  names(folder: Inode): string[] {
    return [...folder.entries.values()].map((entry) => entry.name);
  }

  create(folder: Inode, name: string, of: { kind: 'file' | 'folder'; mode?: number }): Inode {
    if (this.find(folder, name)) throw new FsError('EEXIST', name);
    this.#check(name);
    if (this.isFull) throw new FsError('ENOSPC', name);
    const inode = this.#inode(of.kind, of.mode ?? (of.kind === 'file' ? 0o644 : 0o755));
    if (of.kind === 'file') this.#soil(inode, null);
    this.#put(folder, name, inode);
    return inode;
  }

  /** The whole new content; what was there stays what the disk holds until it is written back. */
  write(inode: Inode, data: Uint8Array): void {
    if (this.isFull && data.length > inode.data.length) throw new FsError('ENOSPC', 'write');
    this.#soil(inode, inode.data);
    inode.data = data;
    inode.mtimeNs = this.nowNs;
    inode.ctimeNs = this.nowNs;
    this.#changed(inode.parent);
  }

  setTimes(inode: Inode, mtimeNs: bigint): void {
    inode.mtimeNs = mtimeNs;
    inode.ctimeNs = this.nowNs;
    this.#changed(inode.parent);
  }

  setMode(inode: Inode, mode: number): void {
    inode.mode = mode;
    inode.ctimeNs = this.nowNs;
    this.#changed(inode.parent);
  }

  link(inode: Inode, folder: Inode, name: string): void {
    if (inode.kind === 'folder' || this.options.noLinks) throw new FsError('EPERM', name);
    if (this.find(folder, name)) throw new FsError('EEXIST', name);
    this.#check(name);
    const { links } = inode;
    inode.links += 1;
    inode.ctimeNs = this.nowNs;
    this.#put(folder, name, inode, links);
  }

  unlink(folder: Inode, name: string): void {
    const inode = this.find(folder, name);
    if (!inode) throw new FsError('ENOENT', name);
    if (inode.kind === 'folder') throw new FsError('EISDIR', name);
    this.#take(folder, name);
    inode.links -= 1;
    inode.ctimeNs = this.nowNs;
    this.#release(inode);
  }

  removeFolder(folder: Inode, name: string): void {
    const inode = this.find(folder, name);
    if (!inode) throw new FsError('ENOENT', name);
    if (inode.kind !== 'folder') throw new FsError('ENOTDIR', name);
    if (inode.entries.size > 0) throw new FsError('ENOTEMPTY', name);
    this.#take(folder, name);
    inode.links = 0;
    this.#release(inode);
  }

  rename(from: Inode, fromName: string, to: { readonly folder: Inode; readonly name: string }): void {
    const inode = this.find(from, fromName);
    if (!inode) throw new FsError('ENOENT', fromName);
    this.#check(to.name);
    if (inode.kind === 'folder' && this.isAtOrBelow(to.folder, inode)) throw new FsError('EINVAL', to.name);
    const there = this.find(to.folder, to.name);
    if (there && there !== inode) this.#replace(to.folder, to.name, { there, by: inode });
    // Two names of one file: POSIX leaves both.
    else if (there && (from !== to.folder || this.key(fromName) !== this.key(to.name))) return;
    this.#take(from, fromName);
    inode.ctimeNs = this.nowNs;
    this.#put(to.folder, to.name, inode);
  }

  isAtOrBelow(inode: Inode, ancestor: Inode): boolean {
    for (let at: Inode | null = inode; at; at = at.parent) if (at === ancestor) return true;
    return false;
  }

  /** `undefined` when the folder is not below `root` (any more). */
  pathOf(folder: Inode, root: Inode): string | undefined {
    const names: string[] = [];
    for (let at = folder; at !== root;) {
      const above = at.parent;
      const entry = above && [...above.entries.values()].find((each) => each.inode === at);
      if (!above || !entry) return undefined;
      names.unshift(entry.name);
      at = above;
    }
    return names.join('/');
  }

  /** Bytes and names of this file or folder, and all names that were changed before them, reach the disk. */
  sync(inode: Inode): void {
    if (this.#dirty.delete(inode)) inode.durable = null;
    const last = this.#log.findLastIndex((logged) => logged.touched.includes(inode));
    if (last >= 0) this.#log.splice(0, last + 1);
  }

  syncAll(): void {
    for (const inode of this.#dirty) inode.durable = null;
    this.#dirty.clear();
    this.#log = [];
  }

  /** Bytes that a power failure may take: nobody has promised them to anybody yet. */
  isUnsafe(inode: Inode): boolean {
    return this.#dirty.has(inode) || this.#log.some((logged) => logged.touched.includes(inode));
  }

  closeHandle(inode: Inode): void {
    inode.open -= 1;
    this.#release(inode);
  }

  /** Power is lost: the last names go back to what they were, and bytes that were only in the cache come out somehow. */
  losePower(chance: Chance): void {
    this.#settle();
    const kept = chance(this.#log.length + 1);
    for (let index = this.#log.length - 1; index >= kept; index--) this.#log[index]?.undo();
    this.#log = [];
    for (const inode of this.#dirty) {
      const before = inode.durable?.data ?? NO_BYTES;
      inode.data = torn({ before, after: inode.data }, chance);
      inode.durable = null;
    }
    this.#dirty = new Set();
    this.changes += 1;
  }

  /** What is old enough has reached the disk by itself. */
  #settle(): void {
    const nowMs = this.options.upMs();
    for (const inode of this.#dirty) {
      if (!inode.durable || inode.durable.sinceMs + WRITEBACK_MS > nowMs) continue;
      inode.durable = null;
      this.#dirty.delete(inode);
    }
    const young = this.#log.findIndex((logged) => logged.atMs + COMMIT_MS > nowMs);
    this.#log.splice(0, young < 0 ? this.#log.length : young);
  }

  #replace(folder: Inode, name: string, { there, by }: { there: Inode; by: Inode }): void {
    if (there.kind === 'folder' && by.kind === 'file') throw new FsError('EISDIR', name);
    if (there.kind === 'file' && by.kind === 'folder') throw new FsError('ENOTDIR', name);
    if (there.kind === 'folder') this.removeFolder(folder, name);
    else this.unlink(folder, name);
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- one place, one node, and what its undoing needs
  #put(folder: Inode, name: string, inode: Inode, linksBefore = inode.links): void {
    const key = this.key(name);
    const stored = this.options.storesNfd ? name.normalize('NFD') : name;
    const parent = inode.parent;
    folder.entries.set(key, { name: stored, inode });
    inode.parent = folder;
    this.#stamp(folder);
    this.#note([folder, inode], () => {
      folder.entries.delete(key);
      inode.parent = parent;
      inode.links = linksBefore;
    });
  }

  #take(folder: Inode, name: string): void {
    const key = this.key(name);
    const entry = folder.entries.get(key);
    if (!entry) throw new FsError('ENOENT', name);
    const { links } = entry.inode;
    folder.entries.delete(key);
    this.#stamp(folder);
    this.#note([folder, entry.inode], () => {
      folder.entries.set(key, entry);
      entry.inode.parent = folder;
      entry.inode.links = links;
      const freed = this.#free.indexOf(entry.inode.ino);
      if (freed >= 0) this.#free.splice(freed, 1);
    });
  }

  #note(touched: readonly Inode[], undo: () => void): void {
    this.#log.push({ atMs: this.options.upMs(), touched, undo });
    if (this.#log.length > 400) this.#settle();
  }

  #stamp(folder: Inode): void {
    folder.mtimeNs = this.nowNs;
    folder.ctimeNs = this.nowNs;
    this.#changed(folder);
  }

  #changed(folder: Inode | null): void {
    this.changes += 1;
    if (folder) this.onChange(folder);
  }

  #soil(inode: Inode, data: Uint8Array | null): void {
    if (!inode.durable) inode.durable = { data, sinceMs: this.options.upMs() };
    this.#dirty.add(inode);
  }

  #release(inode: Inode): void {
    if (inode.links > 0 || inode.open > 0) return;
    this.#dirty.delete(inode);
    inode.durable = null;
    this.#free.push(inode.ino);
  }

  #inode(kind: 'file' | 'folder', mode: number): Inode {
    const ino = this.#free.pop() ?? this.#nextIno++;
    const inode = new Inode({ ino, kind, mode, nowNs: this.nowNs });
    const others = this.#made.get(ino);
    if (others) others.unshift(inode);
    else this.#made.set(ino, [inode]);
    return inode;
  }

  #check(name: string): void {
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new FsError('ENAMETOOLONG', name);
    if (this.options.os !== 'win32') return;
    if (/[<>:"|?*\\]|[. ]$|^(?:con|nul|aux|prn)(?:\.|$)/iu.test(name)) throw new FsError('EINVAL', name);
  }
}

/** Bytes that were in the cache when power was lost: all there, not at all, cut off, or as zeros. */
function torn({ before, after }: { before: Uint8Array; after: Uint8Array }, chance: Chance): Uint8Array {
  switch (chance(5)) {
    case 0:
      return before;
    case 1:
      return NO_BYTES;
    case 2:
      return new Uint8Array(after.length);
    case 3:
      return after.subarray(0, chance(after.length + 1));
    default:
      return after;
  }
}
