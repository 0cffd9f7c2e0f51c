import { contentIdOf } from '@tideline/contracts';
import { ROOT_ID, type BaseNode, type LocalKey, type LocalNode, type Observed } from '../model/tree.ts';
import type { Hashes } from '../ports/clock.ts';
import type { RelativePath, RootState } from '../ports/disk.ts';
import type { Journal, ScanResult } from '../ports/journal.ts';
import type { Scanner } from '../ports/scanner.ts';
import { cutBytes } from './cut-bytes.ts';
import type { MemoryDisk } from './memory-disk.ts';

/** Reads the whole of a `MemoryDisk` and tells the differences from base, by identity first and by path second. */
export class MemoryScanner implements Scanner {
  readonly #disk: MemoryDisk;
  readonly #journal: Journal;
  readonly #hashes: Hashes;
  readonly #nowMs: () => number;

  constructor(disk: MemoryDisk, journal: Journal, clock: { hashes: Hashes; nowMs: () => number }) {
    this.#disk = disk;
    this.#journal = journal;
    this.#hashes = clock.hashes;
    this.#nowMs = clock.nowMs;
  }

  async root(): Promise<RootState> {
    return { t: 'ok', identity: 'root-1' };
  }

  async scan(): Promise<ScanResult> {
    const seen = new Map<LocalKey, Observed<LocalNode>>();
    const keys = this.#match();
    let nextKey = -1;
    const keyOf = (path: RelativePath): LocalKey => {
      const key = keys.get(path) ?? nextKey--;
      keys.set(path, key);
      return key;
    };
    for (const [path, inode] of [...this.#disk.entries()].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const slash = path.lastIndexOf('/');
      const parent = slash < 0 ? ROOT_ID : keyOf(path.slice(0, slash));
      const node = this.#nodeAt(path, inode, parent);
      if (!this.#equalsBase(keyOf(path), node))
        seen.set(keyOf(path), { t: 'present', node, sinceMs: this.#sinceOf(keyOf(path), node) });
    }
    const there = new Set(keys.values());
    for (const id of allBaseIds(this.#journal)) {
      if (!there.has(id)) seen.set(id, { t: 'absent', sinceMs: this.#sinceOf(id, null) });
    }
    const files = [...this.#disk.entries().values()].filter((inode) => inode.kind === 'file').length;
    const counts = { files, folders: this.#disk.entries().size - files, skipped: 0 };
    return { full: true, seen, listed: new Set(), ...counts, unreadable: [] };
  }

  /** Base ids of paths: the inode decides; a path whose inode is unknown keeps the id that base has there for the same kind. */
  #match(): Map<RelativePath, LocalKey> {
    const entries = [...this.#disk.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = allBaseIds(this.#journal).flatMap((id) => this.#journal.base.get(id) ?? []);
    const byInode = new Map(rows.flatMap((row) => (row.sig ? [[row.sig.fileId, row.id] as const] : [])));
    const keys = new Map<RelativePath, LocalKey>();
    for (const [path, inode] of entries) {
      const id = byInode.get(inode.fileId);
      if (id !== undefined) keys.set(path, id);
    }
    const taken = new Set(keys.values());
    for (const [path, inode] of entries) {
      const row = keys.has(path) ? undefined : this.#rowAt(path, keys);
      if (row?.kind !== inode.kind || taken.has(row.id)) continue;
      keys.set(path, row.id);
      taken.add(row.id);
    }
    return keys;
  }

  #rowAt(path: RelativePath, keys: ReadonlyMap<RelativePath, LocalKey>): BaseNode | undefined {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? ROOT_ID : keys.get(path.slice(0, slash));
    return parent === undefined ? undefined : this.#journal.base.childByLocalName(parent, path.slice(slash + 1));
  }

  #nodeAt(
    path: RelativePath,
    inode: { kind: 'file' | 'folder'; bytes: Uint8Array; exec: boolean },
    parent: LocalKey,
  ): LocalNode {
    const sig = this.#disk.sigOf(path);
    const file = inode.kind === 'file';
    const chunks = cutBytes(inode.bytes, this.#hashes);
    const contentId = contentIdOf(chunks, (text) => this.#hashes.sha256Hex(text));
    const size = inode.bytes.length;
    const content = file ? { contentId, size, ...(chunks.length > 1 ? { chunks } : {}) } : null;
    const meta = { mtimeMs: file ? Number(sig.mtimeNs / 1_000_000n) : 0, exec: inode.exec };
    return { parent, name: path.slice(path.lastIndexOf('/') + 1), kind: inode.kind, sig, content, meta };
  }

  #equalsBase(key: LocalKey, node: LocalNode): boolean {
    const row = this.#journal.base.get(key);
    if (!row?.sig || row.parent !== node.parent || row.localName !== node.name) return false;
    return (
      row.sig.fileId === node.sig.fileId &&
      row.sig.mtimeNs === node.sig.mtimeNs &&
      row.contentId === (node.content?.contentId ?? null)
    );
  }

  /** Since when it is as it is now; null: gone. */
  #sinceOf(key: LocalKey, node: LocalNode | null): number {
    const before = this.#journal.localOverlay().get(key);
    const isAsBefore =
      before?.t === 'present' ? node !== null && isSame(before.node, node) : node === null && before?.t === 'absent';
    return before && isAsBefore ? before.sinceMs : this.#nowMs();
  }
}

function isSame(a: LocalNode, b: LocalNode): boolean {
  const isPlace = a.parent === b.parent && a.name === b.name;
  return isPlace && a.sig.fileId === b.sig.fileId && a.sig.mtimeNs === b.sig.mtimeNs && a.sig.size === b.sig.size;
}

function allBaseIds(journal: Journal): number[] {
  const ids: number[] = [];
  const folders = [ROOT_ID];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const row of journal.base.children(folder)) {
      if (row.state !== 'managed') continue;
      ids.push(row.id);
      if (row.kind === 'folder') folders.push(row.id);
    }
  }
  return ids;
}
