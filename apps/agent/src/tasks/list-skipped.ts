import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FilesAnswer, TaskFile } from '../local-api/messages.ts';
import { findLeftOutByKind, findLeftOutByName, findLeftOutBySize, type Filters } from './left-out.ts';

export type ListSkipped = {
  readonly root: string;
  readonly filters: Filters;
  readonly cursor: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
};

/**
 * TA-3: what is left out on purpose, read from the disk, as the journal keeps only its count. Folder by folder by name, like what
 * is completed; a folder that is left out stands for all that is in it. The cursor is the last path of the page before.
 */
export async function listSkipped(options: ListSkipped): Promise<FilesAnswer> {
  const after = options.cursor === undefined ? [] : options.cursor.split('/');
  const page: TaskFile[] = [];
  for await (const file of walkSkipped(options, '', after)) {
    if (page.length === options.limit) return { files: page, next: page.at(-1)?.path ?? null };
    page.push(file);
  }
  return { files: page, next: null };
}

async function* walkSkipped(options: ListSkipped, folder: string, after: readonly string[]): AsyncGenerator<TaskFile> {
  options.signal.throwIfAborted();
  await setImmediate(); // the loop is given back between two folders
  const [first, ...rest] = after;
  for (const entry of readSorted(join(options.root, folder))) {
    if (first !== undefined && entry.name < first) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const file = toSkipped(options, entry, path);
    if (file && entry.name !== first) yield file;
    if (!file && entry.isDirectory()) yield* walkSkipped(options, path, entry.name === first ? rest : []);
  }
}

function toSkipped({ root, filters }: ListSkipped, entry: Dirent, path: string): TaskFile | undefined {
  const isFolder = entry.isDirectory();
  const leftOut =
    findLeftOutByKind(entry, path) ??
    findLeftOutByName(filters, path, isFolder) ??
    (isFolder ? mounted(root, entry, path) : tooLarge({ root, filters }, path));
  if (!leftOut) return undefined;
  return { path, leftOut, ...(isFolder || entry.isFile() ? { kind: isFolder ? 'folder' : 'file' } : {}) };
}

/** The size is asked for only where it matters. */
function tooLarge({ root, filters }: Pick<ListSkipped, 'root' | 'filters'>, path: string): TaskFile['leftOut'] {
  if (filters.every(({ maxFileBytes }) => maxFileBytes === Infinity)) return undefined;
  const there = lstatSync(join(root, path), { throwIfNoEntry: false });
  return there?.isFile() ? findLeftOutBySize(filters, path, there.size) : undefined;
}

function mounted(root: string, entry: Dirent, path: string): TaskFile['leftOut'] {
  if (!entry.isDirectory()) return undefined;
  const there = lstatSync(join(root, path), { throwIfNoEntry: false });
  return there && there.dev !== lstatSync(root).dev ? { by: 'mount', path } : undefined;
}

/** By code units, so that the order is the same everywhere and `<` agrees with it. */
function readSorted(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((left, right) => (left.name === right.name ? 0 : left.name < right.name ? -1 : 1));
  } catch {
    return []; // unreadable or gone: a problem, listed among what failed
  }
}
