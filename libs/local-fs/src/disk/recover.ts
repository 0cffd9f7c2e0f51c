import { readdirSync, unlinkSync } from 'node:fs';
import { attempt } from './attempt.ts';
import { bringBack, findAt, isAt, type DiskJob } from './bring-back.ts';
import { lstat, type DiskContext } from './disk-context.ts';
import { withFolders, type FolderHandle } from './folder-handle.ts';
import { findNote, noteName, removeNote, type Note } from './note.ts';
import { findStaging, namesIn, openStaging, setAside } from './staging.ts';

/**
 * K07, K09: what a crash, or a cycle that ended early, left in staging. Downloads are bytes of the cloud and are fetched again;
 * hidden nodes go back to where they were; displaced files go back when the operation that displaced them never ended and their
 * place is free. A file that nobody can say anything about is rescued. Answers the paths that were brought back under another
 * name. Cheap where nothing was left: for the start of any cycle.
 */
export function recover(context: DiskContext, unfinishedOpIds: ReadonlySet<string>): readonly string[] {
  return withFolders(context.root, (folders) => {
    const job: DiskJob = { context, folders };
    dropDownloads(findStaging(folders, 'new'));
    showHidden(job);
    const old = findStaging(folders, 'old');
    if (old) recoverAllDisplaced(job, old, unfinishedOpIds);
    for (const folder of [findStaging(folders, 'cycle'), old]) if (folder) dropLooseNotes(folder);
    return context.rescued.splice(0);
  });
}

/** Nodes hidden in a cycle of renames that came to no end go back to their places. Answers where they are now. */
export function showHidden(job: DiskJob): readonly string[] {
  const cycle = findStaging(job.folders, 'cycle');
  return cycle ? namesIn(cycle).flatMap((name) => tryBringBack(job, cycle, name)) : [];
}

/** What the disk refuses now is tried again with the next cycle, and keeps nothing else from coming back. */
export function tryBringBack(job: DiskJob, from: FolderHandle, name: string): string[] {
  const found = attempt(() => bringBack(job, from, name));
  return typeof found === 'string' ? [found] : [];
}

function dropDownloads(fresh: FolderHandle | undefined): void {
  if (fresh) for (const name of readdirSync(fresh.at('.'))) unlinkSync(fresh.at(name));
}

/** An operation that ended left its file here on purpose: that waits for its grace, and its note need not be read. */
function recoverAllDisplaced(job: DiskJob, old: FolderHandle, unfinishedOpIds: ReadonlySet<string>): void {
  const names = new Set(readdirSync(old.at('.')));
  for (const name of names) {
    if (name.endsWith('.json')) continue;
    if (!names.has(noteName(name))) tryBringBack(job, old, name);
    else if (isOf(name, unfinishedOpIds)) attempt(() => recoverDisplaced(job, old, name));
  }
}

function recoverDisplaced(job: DiskJob, old: FolderHandle, name: string): void {
  const note = findNote(old, name);
  const there = note && findAt(job, note.path);
  if (!note || !there || isAt(job, lstat(old.at(name)), note.path)) bringBack(job, old, name);
  else if (isReserved(there, note)) putBackOver(job, { old, name, note });
}

/** Names begin with the id of the operation they belong to. */
function isOf(name: string, opIds: ReadonlySet<string>): boolean {
  if (opIds.has(name)) return true;
  for (const opId of opIds) if (opId !== '' && name.startsWith(opId)) return true;
  return false;
}

/** Where the file system has no links a name is reserved by an empty file, over which a kill kept the whole one from moving. */
const isReserved = (there: ReturnType<typeof lstat>, { nextSize }: Note): boolean =>
  there.isFile() && there.size === 0n && nextSize > 0;

/** The empty file waits in turn, because somebody may be writing to it by now. */
function putBackOver(job: DiskJob, item: { old: FolderHandle; name: string; note: Note }): void {
  const { old, name, note } = item;
  const there = findAt(job, note.path);
  const expect = there && job.context.sigOf(there);
  if (!expect || !setAside(job, openStaging(job.folders, 'old'), { path: note.path, expect, id: `reserved-${name}` }))
    return;
  bringBack(job, old, name);
}

function dropLooseNotes(folder: FolderHandle): void {
  const names = new Set(readdirSync(folder.at('.')));
  const noted = [...names].filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  for (const name of noted) if (!names.has(name)) removeNote(folder, name);
}
