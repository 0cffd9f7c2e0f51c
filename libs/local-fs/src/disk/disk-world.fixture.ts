import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PlaceRequest, StatSig } from '@tideline/sync-core';
import { createDiskContext } from './disk-context.ts';
import { createDisk, type LocalDisk } from './local-disk.ts';

/** For specs: a real folder with a trash of its own, and the disk port on it. */
export type DiskWorld = {
  readonly root: string;
  readonly trash: string;
  readonly disk: LocalDisk;
  path(name: string): string;
  write(name: string, text: string): StatSig;
  sig(name: string): StatSig;
  text(name: string): string;
  /** Every file below the root except staging, with its text. */
  tree(): Record<string, string>;
  /** Files that stand in staging, notes left out. */
  staged(): readonly string[];
  close(): Promise<void>;
};

export function createDiskWorld(): DiskWorld {
  const home = mkdtempSync(join(tmpdir(), 'tideline-disk-'));
  const root = join(home, 'root');
  const trash = join(home, 'Trash');
  mkdirSync(root);
  const disk = createDisk({ root, homeTrash: trash });
  const context = createDiskContext({ root, homeTrash: trash });
  const path = (name: string) => join(root, name);
  const sig = (name: string) => context.sigOf(lstatSync(path(name), { bigint: true }));
  return {
    root,
    trash,
    disk,
    path,
    sig,
    write: (name, text) => {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), text);
      return sig(name);
    },
    text: (name) => readFileSync(path(name), 'utf8'),
    tree: () => Object.fromEntries(filesIn(root, '').filter(([name]) => !name.startsWith('.tideline~sync/'))),
    staged: () =>
      filesIn(root, '')
        .map(([name]) => name)
        .filter((name) => name.startsWith('.tideline~sync/') && !name.endsWith('.json')),
    close: async () => {
      await disk.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function filesIn(root: string, folder: string): [string, string][] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, name);
    return [[name, entry.isFile() ? readFileSync(join(root, name), 'utf8') : `(${'link'})`]];
  });
}

export function request(path: string, text: string, change: Partial<PlaceRequest> = {}): PlaceRequest {
  const opId = createHash('sha256').update(`${path} ${text}`).digest('hex').slice(0, 16);
  const from = { bytes: new TextEncoder().encode(text) };
  return { opId, path, replaces: null, meta: { mtimeMs: 1_700_000_000_123, exec: false }, from, ...change };
}
