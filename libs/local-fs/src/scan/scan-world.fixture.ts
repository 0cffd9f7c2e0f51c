import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT_ID, type BaseId, type BaseNode, type LocalNode, type ScanResult } from '@tideline/sync-core';
import { openJournal } from '../journal/open-journal.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import { createScanner, type FolderScanner } from './scanner.ts';

/** For specs: a real folder, a journal and a scanner, and a stand-in for the engine that takes everything over into base. */
export type ScanWorld = {
  readonly root: string;
  readonly journal: SqliteJournal;
  readonly scanner: FolderScanner;
  path(name: string): string;
  write(name: string, text: string): void;
  /** Scans, folds and answers the differences by path: kind of change, and the path in base if that is another one. */
  scan(dirty?: 'all' | readonly string[]): Promise<ScanResult>;
  differences(): Record<string, string>;
  /** Both sides are equal now: base becomes what the overlay says. */
  settle(): void;
  sync(): Promise<void>;
  close(): Promise<void>;
};

export function createScanWorld(options: { exclude?: readonly string[] } = {}): ScanWorld {
  const home = mkdtempSync(join(tmpdir(), 'tideline-scan-'));
  const root = join(home, 'root');
  mkdirSync(root);
  const journalPath = join(home, 'journal.db');
  const journal = openJournal(journalPath);
  journal.advance({ rows: [rootRow()] });
  const scanner = createScanner({ root, journalPath, ...options });
  const signal = new AbortController().signal;
  const scan: ScanWorld['scan'] = async (dirty = 'all') => {
    const result = await scanner.scan(dirty === 'all' ? dirty : new Set(dirty), signal);
    journal.foldScan(result);
    return result;
  };
  const world: ScanWorld = {
    root,
    journal,
    scanner,
    path: (name) => join(root, name),
    write: (name, text) => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    },
    scan,
    differences: () => differences(journal),
    settle: () => settle(journal),
    // Files just written are told again: their signature could still hide a second write.
    sync: async () => {
      for (let told = await scan(); told.seen.size > 0; told = await scan()) settle(journal);
    },
    close: async () => {
      await scanner.close();
      journal.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return world;
}

function rootRow(): BaseNode {
  const cloudId = randomUUID();
  const place = { parent: ROOT_ID, localName: '', cloudName: '', cloudId, rev: 1 };
  const nothing = { contentId: null, size: null, sig: null, meta: { mtimeMs: 0, exec: false } };
  return { id: ROOT_ID, kind: 'folder', state: 'managed', ...place, ...nothing };
}

function settle(journal: SqliteJournal): void {
  const overlay = [...journal.localOverlay()];
  const ids = new Map<number, BaseId>();
  for (const [key, seen] of overlay) if (seen.t === 'present') ids.set(key, key > 0 ? key : journal.allocateIds(1));
  const rows = overlay.flatMap(([key, seen]) =>
    seen.t === 'present' ? [toRow(journal, { id: ids.get(key) ?? key, ids }, seen.node)] : [],
  );
  journal.advance({
    rows,
    forget: overlay.filter(([, seen]) => seen.t === 'absent').map(([key]) => key),
    adopt: [...ids].filter(([key]) => key < 0).map(([key, id]) => ({ key, id })),
    local: overlay.filter(([key]) => key > 0).map(([key]) => ({ key, seen: 'equal' as const })),
  });
}

type Taken = { readonly id: BaseId; readonly ids: ReadonlyMap<number, BaseId> };

function toRow(journal: SqliteJournal, { id, ids }: Taken, node: LocalNode): BaseNode {
  const before = journal.base.get(id);
  return {
    id,
    parent: ids.get(node.parent) ?? node.parent,
    localName: node.name,
    cloudName: node.name.normalize('NFC'),
    kind: node.kind,
    cloudId: before?.cloudId ?? randomUUID(),
    rev: (before?.rev ?? 0) + 1,
    contentId: node.content?.contentId ?? null,
    size: node.content?.size ?? null,
    meta: node.meta,
    sig: node.sig,
    state: 'managed',
  };
}

function differences(journal: SqliteJournal): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [key, seen] of journal.localOverlay()) {
    const base = key > 0 ? journal.base.get(key) : undefined;
    const was = base && basePath(journal, base.id);
    if (seen.t === 'present') told[localPath(journal, key)] = changeOf(seen.node, base, was);
    else told[was ?? String(key)] = seen.t === 'absent' ? 'absent' : `unknown ${seen.why}`;
  }
  return told;
}

function changeOf(node: LocalNode, base: BaseNode | undefined, was: string | undefined): string {
  if (!base) return `new ${node.kind}`;
  const isMoved = node.parent !== base.parent || node.name !== base.localName;
  const moved = isMoved ? [`was ${was}`] : [];
  const edited = (node.content?.contentId ?? null) === base.contentId ? [] : ['edited'];
  return [...moved, ...edited].join(', ') || 'meta';
}

function localPath(journal: SqliteJournal, key: number): string {
  if (key === ROOT_ID) return '';
  const seen = journal.localOverlay().get(key);
  const base = journal.base.get(key);
  const place = seen?.t === 'present' ? seen.node : base && { parent: base.parent, name: base.localName };
  if (!place) return `?${key}`;
  const folder = localPath(journal, place.parent);
  return folder === '' ? place.name : `${folder}/${place.name}`;
}

function basePath(journal: SqliteJournal, id: BaseId): string {
  const base = journal.base.get(id);
  if (!base || id === ROOT_ID) return '';
  const folder = basePath(journal, base.parent);
  return folder === '' ? base.localName : `${folder}/${base.localName}`;
}
