import { readdirSync, unlinkSync } from 'node:fs';
import { attempt } from './attempt.ts';
import { bringBack, findAt, isAt, type DiskJob } from './bring-back.ts';
import { lstat, type DiskContext } from './disk-context.ts';
import { withFolders, type FolderHandle } from './folder-handle.ts';
import { findNote, noteName, removeNote, type Note } from './note.ts';
import { toMtimeMs } from '../stat/sig.ts';
import { findStaging, namesIn, openStaging, setAside } from './staging.ts';

/** As long as the drive keeps chunks of an upload that was not committed. */
const KEEP_PARTS_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * K07, K09: what a crash, or a cycle that ended early, left in staging. Downloads are bytes of the cloud and are fetched again;
 * hidden nodes go back to where they were; displaced files go back when the operation that displaced them never ended and their
 * place is free. A file that nobody can say anything about is rescued. Answers the paths at which something is in sight again.
 * Cheap where nothing was left: for the start of any cycle.
 */
export function recover(context: DiskContext, unfinishedOpIds: ReadonlySet<string>): readonly string[] {
  return withFolders(context.root, (folders) => {
    const job: DiskJob = { context, folders };
    dropDownloads(findStaging(folders, 'new'));
    dropForgotten(findStaging(folders, 'part'), context.nowMs());
    const shown = showHidden(job);
    const old = findStaging(folders, 'old');
    const displaced = old ? recoverAllDisplaced(job, old, unfinishedOpIds) : [];
    for (const folder of [findStaging(folders, 'cycle'), old]) if (folder) dropLooseNotes(folder);
    return [...new Set([...context.rescued.splice(0), ...shown, ...displaced])];
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

/** Large downloads go on where an earlier try ended, unless nobody came back for them. */
function dropForgotten(parts: FolderHandle | undefined, nowMs: number): void {
  for (const name of namesIn(parts)) {
    const path = parts?.at(name) ?? '';
    if (toMtimeMs(lstat(path).mtimeNs) + KEEP_PARTS_MS < nowMs) unlinkSync(path);
  }
}

/** An operation that ended left its file here on purpose: that waits for its grace, and its note need not be read. */
function recoverAllDisplaced(job: DiskJob, old: FolderHandle, unfinishedOpIds: ReadonlySet<string>): string[] {
  const names = new Set(readdirSync(old.at('.')));
  return [...names].flatMap((name) => {
    if (name.endsWith('.json')) return [];
    const isToComeBack =
      !names.has(noteName(name)) || (isOf(name, unfinishedOpIds) && attempt(() => hasPlace(job, old, name)) === true);
    return isToComeBack ? tryBringBack(job, old, name) : [];
  });
}

/** Whether the place of a displaced file is free or may be made free, or is unknown. */
function hasPlace(job: DiskJob, old: FolderHandle, name: string): boolean {
  const note = findNote(old, name);
  const there = note && findAt(job, note.path);
  if (!note || !there || isAt(job, lstat(old.at(name)), note.path)) return true;
  return isReserved(there, note) && freePlace(job, { path: note.path, there, id: `reserved-${name}` });
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
function freePlace(job: DiskJob, reserved: { path: string; there: ReturnType<typeof lstat>; id: string }): boolean {
  const { path, there, id } = reserved;
  const expect = job.context.sigOf(there);
  return setAside(job, openStaging(job.folders, 'old'), { path, expect, id }) !== undefined;
}

function dropLooseNotes(folder: FolderHandle): void {
  const names = new Set(readdirSync(folder.at('.')));
  const noted = [...names].filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  for (const name of noted) if (!names.has(name)) removeNote(folder, name);
}
