import {
  ROOT_ID,
  type BaseId,
  type FileMeta,
  type LocalKey,
  type LocalNode,
  type Observed,
  type StatSig,
} from '../model/tree.ts';
import type { Journal, ScanResult } from '../ports/journal.ts';
import { LINUX_DISK, type DiskKind } from './disk-kind.ts';

export type SimFile = {
  readonly ino: number;
  parent: number;
  name: string;
  readonly kind: 'file' | 'folder';
  /** What stands for the bytes; equal tokens are equal bytes. */
  token: string | null;
  meta: FileMeta;
  ctime: number;
};

export const DISK_ROOT = 0;

/** A disk of inodes that refuses what a file system refuses. `trash` is the OS trash. */
export class SimDisk {
  readonly files = new Map<number, SimFile>();
  readonly trash: string[] = [];
  /** Folders that cannot be read now; what they hold is unknown to a scan. */
  readonly unreadable = new Set<number>();
  readonly kind: DiskKind;
  readonly #hidden = new Map<number, SimFile>();
  #lastIno = 0;
  #clock = 0;
  #lastKey = 0;

  constructor(kind: DiskKind = LINUX_DISK) {
    this.kind = kind;
  }

  create(place: { parent: number; name: string }, token: string | null, meta?: FileMeta): SimFile {
    this.#mustBeFree(place);
    this.#lastIno += 1;
    const now = this.#tick();
    const file: SimFile = {
      ino: this.#lastIno,
      parent: place.parent,
      name: this.kind.stored(place.name),
      kind: token === null ? 'folder' : 'file',
      token,
      meta: token === null ? { mtimeMs: 0, exec: false } : (meta ?? { mtimeMs: now, exec: false }),
      ctime: now,
    };
    this.files.set(file.ino, file);
    return file;
  }

  move(ino: number, place: { parent: number; name: string }): void {
    this.#mustBeFree(place, ino);
    for (let at = place.parent; at !== DISK_ROOT; at = this.get(at).parent)
      if (at === ino) throw new Error('into itself');
    const file = this.#hidden.get(ino) ?? this.get(ino);
    this.#hidden.delete(ino);
    this.files.set(ino, file);
    const name = this.kind.stored(place.name);
    Object.assign(file, { parent: place.parent, name, ctime: this.#tick() });
  }

  hide(ino: number): void {
    this.#hidden.set(ino, this.get(ino));
    this.files.delete(ino);
  }

  /** What a restart does with files that wait in staging: back to where they were, or beside it. */
  unhideAll(): void {
    for (const [ino, file] of this.#hidden) {
      this.#hidden.delete(ino);
      const parent = file.parent === DISK_ROOT || this.files.has(file.parent) ? file.parent : DISK_ROOT;
      let name = file.name;
      while (this.child(parent, name)) name += '~';
      Object.assign(file, { parent, name, ctime: this.#tick() });
      this.files.set(ino, file);
    }
  }

  write(ino: number, token: string, meta?: FileMeta): void {
    const now = this.#tick();
    Object.assign(this.get(ino), { token, meta: meta ?? { mtimeMs: now, exec: false }, ctime: now });
  }

  setMeta(ino: number, meta: FileMeta): void {
    Object.assign(this.get(ino), { meta, ctime: this.#tick() });
  }

  remove(ino: number): void {
    if (this.children(ino).length > 0) throw new Error('folder is not empty');
    this.files.delete(ino);
  }

  get(ino: number): SimFile {
    const file = this.files.get(ino);
    if (!file) throw new Error(`no inode ${ino}`);
    return file;
  }

  child(parent: number, name: string): SimFile | undefined {
    const key = this.kind.keyOf(name);
    for (const file of this.files.values())
      if (file.parent === parent && this.kind.keyOf(file.name) === key) return file;
    return undefined;
  }

  children(parent: number): SimFile[] {
    return [...this.files.values()].filter((file) => file.parent === parent);
  }

  /** What lies below a folder, as it stands there. */
  contentsOf(
    folder: number,
  ): readonly { readonly id: number; readonly parent: number; readonly name: string; readonly is: string }[] {
    return this.children(folder).flatMap((file) => [
      { id: file.ino, parent: file.parent, name: file.name, is: describe(file) },
      ...this.contentsOf(file.ino),
    ]);
  }

  tokens(): string[] {
    const all = [...this.files.values(), ...this.#hidden.values()].flatMap((file) => file.token ?? []);
    return [...all, ...this.trash];
  }

  /** Path → what is there, for comparisons. */
  paths(): Map<string, string> {
    const paths = new Map<string, string>();
    for (const file of this.files.values()) paths.set(this.pathOf(file.ino), describe(file));
    return paths;
  }

  pathOf(ino: number): string {
    const names: string[] = [];
    for (let at = ino; at !== DISK_ROOT; at = this.get(at).parent) names.push(this.get(at).name);
    return names.reverse().join('/');
  }

  sig({ ino, token, meta, ctime, kind }: SimFile): StatSig {
    const times = kind === 'folder' ? [0n, 0n] : [BigInt(Math.round(meta.mtimeMs)) * 1_000_000n, BigInt(ctime)];
    const [mtimeNs = 0n, ctimeNs = 0n] = times;
    const id = BigInt(ino);
    return { volume: 'v', fileId: id, birthNs: id, size: token?.length ?? 0, mtimeNs, ctimeNs, links: 1 };
  }

  /** A full scan as the real one: by identity, else by path, else new. Also answers which inode each key stands for. */
  scan(journal: Journal, nowMs: number): { result: ScanResult; inodes: Map<LocalKey, number> } {
    const inodes = this.#match(journal);
    const keys = new Map([...inodes].map(([key, ino]) => [ino, key]));
    for (const file of this.files.values())
      if (!keys.has(file.ino) && !this.#isUnseen(file)) keys.set(file.ino, --this.#lastKey);
    for (const [ino, key] of keys) inodes.set(key, ino);
    const seen = this.#differences(journal, keys, nowMs);
    for (const row of allRows(journal))
      if (!inodes.has(row)) seen.set(row, this.#notFound(journal, { row, inodes, nowMs }));
    for (const ino of this.unreadable) {
      const key = keys.get(ino);
      if (key !== undefined) seen.set(key, { t: 'unknown', why: 'denied', sinceMs: nowMs });
    }
    const counts = { files: this.files.size, folders: 0, skipped: 0 };
    return { result: { full: true, seen, listed: new Set(), ...counts, unreadable: [] }, inodes };
  }

  #differences(
    journal: Journal,
    keys: ReadonlyMap<number, LocalKey>,
    sinceMs: number,
  ): Map<LocalKey, Observed<LocalNode>> {
    const seen = new Map<LocalKey, Observed<LocalNode>>();
    for (const [ino, key] of keys) {
      const node = ino === DISK_ROOT ? undefined : this.#nodeOf(this.get(ino), keys);
      if (node && !isAsInBase(journal, key, node)) seen.set(key, { t: 'present', node, sinceMs });
    }
    return seen;
  }

  #notFound(
    journal: Journal,
    { row, inodes, nowMs }: { row: BaseId; inodes: ReadonlyMap<LocalKey, number>; nowMs: number },
  ): Observed<LocalNode> {
    const before = journal.localOverlay().get(row);
    const sinceMs = before?.t === 'absent' ? before.sinceMs : nowMs;
    return this.#isHiddenRow(journal, row, inodes)
      ? { t: 'unknown', why: 'denied', sinceMs }
      : { t: 'absent', sinceMs };
  }

  #isUnseen(file: SimFile): boolean {
    for (let at = file.parent; at !== DISK_ROOT; at = this.get(at).parent) if (this.unreadable.has(at)) return true;
    return false;
  }

  /** A row that was last below a folder that cannot be read proves nothing by not being found. */
  #isHiddenRow(journal: Journal, id: BaseId, inodes: ReadonlyMap<LocalKey, number>): boolean {
    for (let at = journal.base.get(id)?.parent; at !== undefined && at !== ROOT_ID; at = journal.base.get(at)?.parent) {
      const ino = inodes.get(at);
      if (ino !== undefined && this.unreadable.has(ino)) return true;
    }
    return false;
  }

  #nodeOf(file: SimFile, keys: ReadonlyMap<number, LocalKey>): LocalNode {
    const { name, kind, token, meta } = file;
    const content = token === null ? null : { contentId: token, size: token.length };
    return { parent: keys.get(file.parent) ?? NaN, name, kind, sig: this.sig(file), content, meta };
  }

  #match(journal: Journal): Map<LocalKey, number> {
    const inodes = new Map<LocalKey, number>([[ROOT_ID, DISK_ROOT]]);
    const taken = new Set<number>();
    for (const id of allRows(journal)) {
      const row = journal.base.get(id);
      const file = row?.sig ? this.files.get(Number(row.sig.fileId)) : undefined;
      if (!row || file?.kind !== row.kind || taken.has(file.ino) || this.#isUnseen(file)) continue;
      inodes.set(id, file.ino);
      taken.add(file.ino);
    }
    this.#matchByPath(journal, { inodes, taken });
    return inodes;
  }

  #matchByPath(journal: Journal, on: { inodes: Map<LocalKey, number>; taken: Set<number> }): void {
    const folders: BaseId[] = [ROOT_ID];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const ino = on.inodes.get(folder);
      for (const row of journal.base.children(folder)) {
        const file = ino === undefined ? undefined : this.child(ino, row.localName);
        if (file?.kind === row.kind && !on.inodes.has(row.id) && !on.taken.has(file.ino) && !this.#isUnseen(file)) {
          on.inodes.set(row.id, file.ino);
          on.taken.add(file.ino);
        }
        if (row.kind === 'folder') folders.push(row.id);
      }
    }
  }

  #mustBeFree(place: { parent: number; name: string }, ino?: number): void {
    if (place.parent !== DISK_ROOT && this.files.get(place.parent)?.kind !== 'folder')
      throw new Error('no such folder');
    const folder = place.parent === DISK_ROOT ? '' : `${this.pathOf(place.parent)}/`;
    const refusal = this.kind.refusal(place.name, folder + place.name);
    if (refusal !== null) throw new Error(refusal);
    const there = this.child(place.parent, this.kind.stored(place.name));
    if (there && there.ino !== ino) throw new Error(`${place.name} is taken`);
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}

export function describe({ kind, token, meta }: { kind: string; token: string | null; meta: FileMeta }): string {
  return kind === 'folder' ? 'folder' : `${token} ${meta.mtimeMs} ${meta.exec}`;
}

/** Managed rows, folders first. */
function allRows(journal: Journal): BaseId[] {
  const ids: BaseId[] = [];
  const folders: BaseId[] = [ROOT_ID];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const row of journal.base.children(folder)) {
      if (row.state === 'managed') ids.push(row.id);
      if (row.kind === 'folder') folders.push(row.id);
    }
  }
  return ids;
}

function isAsInBase(journal: Journal, key: LocalKey, node: LocalNode): boolean {
  const row = journal.base.get(key);
  if (row?.state !== 'managed' || !row.sig) return false;
  const isPlace = row.parent === node.parent && row.localName === node.name;
  const isSig = row.sig.fileId === node.sig.fileId && row.sig.ctimeNs === node.sig.ctimeNs;
  return isPlace && isSig && row.contentId === (node.content?.contentId ?? null);
}
