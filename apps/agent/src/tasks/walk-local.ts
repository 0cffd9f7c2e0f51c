import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { IsOut, PreviewEntry, PreviewFolder } from './preview.ts';

export type WalkOptions = {
  /** Whether a path below the root is left out (filters and TA-9). */
  readonly isExcluded: IsOut;
  readonly signal: AbortSignal;
};

/**
 * Names and sizes of everything below a folder, folder by folder. Synchronous calls are several times cheaper than promises
 * here; the loop is given back between two folders.
 */
export async function* walkLocal(root: string, options: WalkOptions): AsyncGenerator<PreviewFolder> {
  const stack = [''];
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    options.signal.throwIfAborted();
    const folder = readFolder(root, path, options);
    for (const entry of folder.entries) if (entry.kind === 'folder') stack.push(below(path, entry.name));
    yield folder;
    await setImmediate();
  }
}

function readFolder(root: string, path: string, { isExcluded }: WalkOptions): PreviewFolder {
  const entries: PreviewEntry[] = [];
  let excluded = 0;
  let skipped = 0;
  let listed: Dirent[];
  try {
    listed = readdirSync(join(root, path), { withFileTypes: true });
  } catch {
    return { path, entries, excluded, skipped, unreadable: true }; // counted and said; the first scan tells why
  }
  for (const dirent of listed) {
    const kind = dirent.isDirectory() ? 'folder' : dirent.isFile() ? 'file' : undefined;
    const size = kind === 'file' ? sizeOf(join(root, path, dirent.name)) : 0;
    if (!kind) skipped += 1;
    else if (isExcluded(below(path, dirent.name), kind, size)) excluded += 1;
    else entries.push({ name: dirent.name, kind, size });
  }
  return { path, entries, excluded, skipped, unreadable: false };
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
