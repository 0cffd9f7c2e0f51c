import { readdirSync, unlinkSync } from 'node:fs';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { findStat, type DiskContext } from './disk-context.ts';
import { withFolders, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { rescue } from './rescue.ts';
import { findNote, openStaging, removeNote, stagingPath, type Note } from './staging.ts';

/** So long a displaced file waits for programs that still hold it open. */
export const GRACE_MS = 10 * 60 * 1000;

export type Rescued = { readonly rescuedTo: string };

/**
 * Displaced files whose grace is over. Their bytes are in the cloud's history; so an untouched one goes, and one that somebody
 * kept writing to comes back beside the file that replaced it (R08).
 */
export function settleDisplaced(context: DiskContext, nowMs: number): readonly Rescued[] {
  if (!findStat(`${context.root}/${stagingPath('old')}`)) return [];
  return withFolders(context.root, (folders) => {
    const old = openStaging(folders, 'old');
    return namesIn(old).flatMap((name) => {
      const note = findNote(old, name);
      return note && note.atMs + GRACE_MS <= nowMs ? settleOne({ context, folders, old }, name, note) : [];
    });
  });
}

type Place = { readonly context: DiskContext; readonly folders: FolderSet; readonly old: FolderHandle };

function settleOne({ context, folders, old }: Place, name: string, note: Note): Rescued[] {
  const stats = findStat(old.at(name));
  const isUntouched = stats && Number(stats.size) === note.size && stats.mtimeNs === BigInt(note.mtimeNs);
  const rescued =
    stats && !isUntouched
      ? [{ rescuedTo: rescue(context, folders, { from: old, name, path: note.path, label: 'late change' }) }]
      : [];
  if (isUntouched) unlinkSync(old.at(name));
  removeNote(old, name);
  return rescued;
}

/** Everything in a part of staging except the notes. */
export function namesIn(folder: FolderHandle): readonly string[] {
  return readdirSync(folder.at('.')).filter((name) => !name.endsWith('.json'));
}

export const hasStaging = (context: DiskContext): boolean =>
  findStat(`${context.root}/${STAGING_FOLDER}`) !== undefined;
