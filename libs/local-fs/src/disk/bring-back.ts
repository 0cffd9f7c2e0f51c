import { unlinkSync } from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { findNote, removeNote } from './note.ts';
import { isSameFile } from './is-same-file.ts';
import { placeAt } from './place-at.ts';
import { rescue } from './rescue.ts';

/** One piece of work on one root. */
export type DiskJob = { readonly context: DiskContext; readonly folders: FolderSet };

/**
 * Ends what was begun with a file or folder in staging, so that nothing stays hidden: it has its place already, or it goes back
 * to its old one if that is known and free, else beside it, else into the root. Answers where it is now; a name that nobody
 * expects is told to the caller of the disk too.
 */
export function bringBack(job: DiskJob, from: FolderHandle, name: string): string {
  const note = findNote(from, name);
  const there = note && [note.target, note.path].find((path) => isAt(job, lstat(from.at(name)), path));
  if (there !== undefined) unlinkSync(from.at(name));
  const found = there ?? (note && returnTo(job, { from, name }, note.path)) ?? rescueHidden(job, from, name);
  removeNote(from, name);
  return found;
}

/** Placing links first and unlinks then: a kill between the two leaves the file in its place and in staging. */
export function isAt(job: DiskJob, stats: ReturnType<typeof lstat>, path: string): boolean {
  return stats.isFile() && isSameFile(stats, findAt(job, path));
}

/** What stands at a path; nothing also where its folder is no longer there. */
export function findAt({ folders }: DiskJob, path: string): ReturnType<typeof findStat> {
  const { folder, name } = splitPath(path);
  return unlessGone(() => findStat(folders.get(folder).at(name)));
}

function returnTo({ folders }: DiskJob, { from, name }: { from: FolderHandle; name: string }, path: string) {
  const place = splitPath(path);
  return unlessGone(() => {
    const parent = folders.get(place.folder);
    if (placeAt(from.at(name), parent.at(place.name)) === 'taken') return undefined;
    parent.sync();
    return path;
  });
}

function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function rescueHidden({ context, folders }: DiskJob, from: FolderHandle, name: string): string {
  const path = findNote(from, name)?.path ?? name;
  const rescued = rescue(context, folders, { from, name, path, label: 'rescued' });
  context.rescued.push(rescued);
  return rescued;
}
