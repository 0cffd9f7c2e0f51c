import { readdirSync, unlinkSync } from 'node:fs';
import { codeOf } from '../scan/system-error.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { placeAt } from './place-at.ts';
import { rescue } from './rescue.ts';
import { hasStaging, namesIn } from './settle-displaced.ts';
import { findNote, openStaging, removeNote, type Note } from './staging.ts';

/**
 * K07, K09: what a crash left in staging. Downloads are bytes of the cloud and are fetched again; hidden nodes go back to where
 * they were; displaced files go back when the operation that displaced them never ended and their place is free. A file that
 * nobody can say anything about is rescued. Answers the paths that were brought back under another name.
 */
export function recover(context: DiskContext, unfinishedOpIds: ReadonlySet<string>): readonly string[] {
  if (!hasStaging(context)) return [];
  return withFolders(context.root, (folders) => {
    const work: Work = { context, folders };
    dropDownloads(openStaging(folders, 'new'));
    const cycle = openStaging(folders, 'cycle');
    const old = openStaging(folders, 'old');
    const hidden = namesIn(cycle).flatMap((name) => bringBack(work, cycle, name));
    const displaced = namesIn(old).flatMap((name) => recoverDisplaced(work, { old, name, unfinishedOpIds }));
    for (const folder of [cycle, old]) dropLooseNotes(folder);
    return [...hidden, ...displaced];
  });
}

type Work = { readonly context: DiskContext; readonly folders: FolderSet };

function dropDownloads(fresh: FolderHandle): void {
  for (const name of readdirSync(fresh.at('.'))) unlinkSync(fresh.at(name));
}

function recoverDisplaced(
  work: Work,
  { old, name, unfinishedOpIds }: { old: FolderHandle; name: string; unfinishedOpIds: ReadonlySet<string> },
): readonly string[] {
  const note = findNote(old, name);
  if (!note) return bringBack(work, old, name);
  // An operation that ended left it here on purpose: it waits for its grace.
  if (!isOf(name, unfinishedOpIds)) return [];
  if (isTaken(work, note.path)) return [];
  return bringBack(work, old, name);
}

/** Names begin with the id of the operation they belong to. */
function isOf(name: string, opIds: ReadonlySet<string>): boolean {
  if (opIds.has(name)) return true;
  for (const opId of opIds) if (opId !== '' && name.startsWith(opId)) return true;
  return false;
}

function isTaken({ folders }: Work, path: string): boolean {
  const { folder, name } = splitPath(path);
  try {
    return findStat(folders.get(folder).at(name)) !== undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return false;
    throw error;
  }
}

/** To its old place if it is known and free, else beside it, else into the root. */
function bringBack(work: Work, from: FolderHandle, name: string): readonly string[] {
  const note = findNote(from, name);
  const path = note?.path;
  if (note && hasSecondName(from, name, note)) {
    unlinkSync(from.at(name));
    removeNote(from, name);
    return [];
  }
  if (path !== undefined && returnTo(work, from, { name, path })) {
    removeNote(from, name);
    return [];
  }
  const request = { from, name, path: path ?? name, label: 'rescued' };
  const rescued = rescue(work.context, work.folders, request);
  removeNote(from, name);
  return [rescued];
}

/** Placing links first and unlinks then: a kill between the two leaves the file in its place and here. */
function hasSecondName(from: FolderHandle, name: string, note: Note): boolean {
  const stats = lstat(from.at(name));
  return stats.isFile() && Number(stats.nlink) > note.links;
}

function returnTo({ folders }: Work, from: FolderHandle, item: { name: string; path: string }): boolean {
  const { folder, name } = splitPath(item.path);
  try {
    const parent = folders.get(folder);
    if (placeAt(from.at(item.name), parent.at(name)) === 'taken') return false;
    parent.sync();
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return false;
    throw error;
  }
}

function dropLooseNotes(folder: FolderHandle): void {
  const names = new Set(readdirSync(folder.at('.')));
  for (const name of names) {
    if (name.endsWith('.json') && !names.has(name.slice(0, -'.json'.length))) unlinkSync(folder.at(name));
  }
}
