import { AppError, contentIdOf, type ChunkRef } from '@tideline/contracts';
import type { FileMeta, StatSig } from '../model/tree.ts';
import type { Hashes } from '../ports/clock.ts';
import type {
  Disk,
  DiskResult,
  Into,
  LargeFile,
  Moving,
  PlaceRequest,
  RelativePath,
  StagedFile,
} from '../ports/disk.ts';
import { cutBytes } from './cut-bytes.ts';

type Inode = {
  kind: 'file' | 'folder';
  fileId: bigint;
  birthNs: bigint;
  mtimeNs: bigint;
  bytes: Uint8Array;
  exec: boolean;
};

const CHANGED = { t: 'changed' } as const;
const NOTHING = new Uint8Array();

/**
 * A disk in memory with inodes, birth times and the OS trash. The engine's side is the `Disk` port; people use `write`,
 * `rename` and `remove`. Every byte the engine takes away stays in `trash`.
 */
export class MemoryDisk implements Disk {
  readonly trash: Uint8Array[] = [];
  /** Called before every change the engine makes; may throw to simulate a crash. */
  onWrite: (what: string) => void = () => undefined;
  readonly #hashes: Hashes;
  readonly #entries = new Map<RelativePath, Inode>();
  readonly #staging = new Map<string, { from: RelativePath; entries: Map<RelativePath, Inode> }>();
  /** Large downloads that came to no end yet, by content. */
  readonly #partial = new Map<string, Uint8Array>();
  #tick = 1n;

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  /** Path → bytes as text (null for folders). */
  tree(): Map<RelativePath, string | null> {
    const decoder = new TextDecoder();
    const entries = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(entries.map(([path, inode]) => [path, inode.kind === 'file' ? decoder.decode(inode.bytes) : null]));
  }

  entries(): ReadonlyMap<RelativePath, Readonly<Inode>> {
    return this.#entries;
  }

  write(path: RelativePath, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const inode = this.#entries.get(path);
    if (inode?.kind === 'file') Object.assign(inode, { bytes, mtimeNs: this.#now() });
    else this.#entries.set(path, this.#inode('file', bytes));
  }

  mkdir(path: RelativePath): void {
    if (!this.#entries.has(path)) this.#entries.set(path, this.#inode('folder', new Uint8Array()));
  }

  /** As `mv` does it: a file at the target is replaced. */
  rename(from: RelativePath, to: RelativePath): void {
    if (this.#entries.get(to)?.kind === 'folder') return;
    for (const [path, inode] of this.#below(from)) {
      this.#entries.delete(path);
      this.#entries.set(to + path.slice(from.length), inode);
    }
  }

  remove(path: RelativePath): void {
    for (const [each] of this.#below(path)) this.#entries.delete(each);
  }

  sigOf(path: RelativePath): StatSig {
    const inode = this.#entries.get(path);
    if (!inode) throw new Error(`nothing at ${path}`);
    return this.#sig(inode);
  }

  async read(path: RelativePath, expect: StatSig): Promise<DiskResult<{ bytes: Uint8Array }>> {
    const inode = this.#entries.get(path);
    return inode?.kind === 'file' && this.#is(inode, expect) ? { t: 'done', bytes: inode.bytes.slice() } : CHANGED;
  }

  async readChunk(
    path: RelativePath,
    expect: StatSig,
    { offset, chunk, into }: { offset: number; chunk: Pick<ChunkRef, 'size'>; into?: Uint8Array },
  ): Promise<DiskResult<{ bytes: Uint8Array }>> {
    const read = await this.read(path, expect);
    if (read.t !== 'done') return read;
    const bytes = read.bytes.subarray(offset, offset + chunk.size);
    into?.set(bytes);
    return { t: 'done', bytes: into?.subarray(0, bytes.length) ?? bytes };
  }

  async manifest(
    path: RelativePath,
    expect: StatSig,
  ): Promise<DiskResult<{ contentId: string; chunks: readonly ChunkRef[] }>> {
    const read = await this.read(path, expect);
    if (read.t !== 'done') return read;
    const chunks = cutBytes(read.bytes, this.#hashes);
    return { t: 'done', contentId: contentIdOf(chunks, (text) => this.#hashes.sha256Hex(text)), chunks };
  }

  async place(requests: readonly PlaceRequest[]): Promise<readonly DiskResult<{ sig: StatSig }>[]> {
    return requests.map((request) => this.#placeOne(request));
  }

  #placeOne(request: PlaceRequest): DiskResult<{ sig: StatSig }> {
    this.onWrite(`place ${request.path}`);
    const there = this.#entries.get(request.path);
    if (!this.#hasParent(request.path, request.into)) return CHANGED;
    if (request.replaces ? !there || !this.#is(there, request.replaces) : there !== undefined) return CHANGED;
    if (there) this.trash.push(there.bytes);
    const bytes = 'bytes' in request.from ? request.from.bytes : this.#stagedBytes(request.from.staged);
    const inode = this.#inode('file', bytes);
    this.#entries.set(request.path, inode);
    this.#setMeta(inode, request.meta);
    return { t: 'done', sig: this.#sig(inode) };
  }

  #stagedBytes(name: string): Uint8Array {
    const bytes = this.#staging.get(name)?.entries.get('')?.bytes ?? new Uint8Array();
    this.#staging.delete(name);
    return bytes;
  }

  async stage({ opId, contentId, size }: LargeFile): Promise<StagedFile> {
    const bytes = this.#partial.get(contentId) ?? new Uint8Array(size);
    this.#partial.set(contentId, bytes);
    const end = () => void this.#partial.delete(contentId);
    return {
      name: opId,
      reuse: async (parts, source) => {
        const read = source ? await this.read(source.path, source.expect) : CHANGED;
        const missing = parts.filter(({ offset, chunk, from = offset }) => {
          const theirs = read.t === 'done' ? read.bytes.subarray(from, from + chunk.size) : NOTHING;
          const found = [bytes.subarray(offset, offset + chunk.size), theirs].find((part) =>
            this.#isChunk(part, chunk),
          );
          if (found) bytes.set(found, offset);
          return !found;
        });
        return { t: 'done', missing };
      },
      write: async (offset, part) => {
        this.onWrite(`receive ${contentId}`);
        bytes.set(part, offset);
        return { t: 'done' };
      },
      finish: async () => {
        this.#staging.set(opId, { from: '', entries: new Map([['', this.#inode('file', bytes)]]) });
        end();
        return { t: 'done' };
      },
      leave: async () => undefined,
      discard: async () => end(),
    };
  }

  #isChunk(part: Uint8Array, chunk: ChunkRef): boolean {
    return part.length === chunk.size && this.#hashes.sha256Hex(part) === chunk.hash;
  }

  async makeFolder(path: RelativePath, into?: Into): Promise<DiskResult<{ sig: StatSig }>> {
    this.onWrite(`mkdir ${path}`);
    if (this.#entries.has(path) || !this.#hasParent(path, into)) return CHANGED;
    this.mkdir(path);
    return { t: 'done', sig: this.sigOf(path) };
  }

  async move(from: RelativePath, to: RelativePath, { expect, into }: Moving): Promise<DiskResult<{ sig: StatSig }>> {
    this.onWrite(`move ${from} ${to}`);
    const inode = this.#entries.get(from);
    if (!inode || !this.#is(inode, expect) || this.#entries.has(to) || !this.#hasParent(to, into)) return CHANGED;
    this.rename(from, to);
    return { t: 'done', sig: this.#sig(inode) };
  }

  async moveToStaging(opId: string, from: RelativePath, expect: StatSig): Promise<DiskResult<object>> {
    this.onWrite(`stage ${from}`);
    const inode = this.#entries.get(from);
    if (!inode || !this.#is(inode, expect)) return CHANGED;
    const entries = new Map(this.#below(from).map(([path, each]) => [path.slice(from.length), each]));
    this.remove(from);
    this.#staging.set(opId, { from, entries });
    return { t: 'done' };
  }

  async unstage(opId: string, to: RelativePath, into?: Into): Promise<DiskResult<{ sig: StatSig }>> {
    this.onWrite(`unstage ${to}`);
    const staged = this.#staging.get(opId);
    if (!staged || this.#entries.has(to) || !this.#hasParent(to, into)) return CHANGED;
    for (const [rest, inode] of staged.entries) this.#entries.set(to + rest, inode);
    this.#staging.delete(opId);
    return { t: 'done', sig: this.sigOf(to) };
  }

  async setMeta(path: RelativePath, expect: StatSig, meta: FileMeta): Promise<DiskResult<{ sig: StatSig }>> {
    this.onWrite(`meta ${path}`);
    const inode = this.#entries.get(path);
    if (!inode || !this.#is(inode, expect)) return CHANGED;
    this.#setMeta(inode, meta);
    return { t: 'done', sig: this.#sig(inode) };
  }

  async trashFile(_opId: string, path: RelativePath, expect: StatSig): Promise<DiskResult<object>> {
    this.onWrite(`trash ${path}`);
    const inode = this.#entries.get(path);
    if (inode?.kind !== 'file' || !this.#is(inode, expect)) return CHANGED;
    this.trash.push(inode.bytes);
    this.#entries.delete(path);
    return { t: 'done' };
  }

  async removeFolder(path: RelativePath, expect?: Into): Promise<DiskResult<object>> {
    this.onWrite(`rmdir ${path}`);
    const there = this.#entries.get(path);
    if (expect && there && !this.#is(there, expect)) return CHANGED;
    if (this.#below(path).length !== 1) return CHANGED;
    this.#entries.delete(path);
    return { t: 'done' };
  }

  async freeBytes(): Promise<{ freeBytes: number; totalBytes: number }> {
    return { freeBytes: 1e12, totalBytes: 1e12 };
  }

  async settleDisplaced(): Promise<readonly []> {
    return [];
  }

  async displaced(): Promise<readonly []> {
    return [];
  }

  async surfaceDisplaced(): Promise<readonly []> {
    return [];
  }

  /** What a crash left in staging goes back to where it came from, or beside it. */
  async recover(): Promise<readonly RelativePath[]> {
    for (const [name, staged] of this.#staging) {
      this.#staging.delete(name);
      if (staged.from === '') continue;
      let to = staged.from;
      while (this.#entries.has(to) || !this.#hasParent(to)) to = `rescued ${to.replaceAll('/', ' ')}`;
      for (const [rest, inode] of staged.entries) this.#entries.set(to + rest, inode);
    }
    return [];
  }

  #below(path: RelativePath): [RelativePath, Inode][] {
    return [...this.#entries].filter(([each]) => each === path || each.startsWith(`${path}/`));
  }

  #hasParent(path: RelativePath, into?: Into): boolean {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return true;
    const folder = this.#entries.get(path.slice(0, slash));
    return folder?.kind === 'folder' && (!into || this.#is(folder, into));
  }

  #inode(kind: Inode['kind'], bytes: Uint8Array): Inode {
    const now = this.#now();
    return { kind, fileId: now, birthNs: now, mtimeNs: now, bytes, exec: false };
  }

  #now(): bigint {
    this.#tick += 1_000_000n;
    return this.#tick;
  }

  #setMeta(inode: Inode, meta: FileMeta): void {
    Object.assign(inode, { mtimeNs: BigInt(Math.trunc(meta.mtimeMs)) * 1_000_000n, exec: meta.exec });
  }

  #is(inode: Inode, expect: StatSig): boolean {
    const now = this.#sig(inode);
    return now.fileId === expect.fileId && now.size === expect.size && now.mtimeNs === expect.mtimeNs;
  }

  #sig(inode: Inode): StatSig {
    const file = inode.kind === 'file';
    const times = { mtimeNs: file ? inode.mtimeNs : 0n, ctimeNs: 0n };
    return {
      volume: 'v',
      fileId: inode.fileId,
      birthNs: inode.birthNs,
      size: file ? inode.bytes.length : 0,
      ...times,
      links: 1,
    };
  }
}

/** What a fault at a port throws: the process is gone at this line. */
export class Crash extends AppError {
  constructor() {
    super('INTERNAL');
  }
}
