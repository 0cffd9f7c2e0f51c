import { unlinkSync } from 'node:fs';
import { isAt, type DiskJob } from './bring-back.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { withFolders, type FolderHandle } from './folder-handle.ts';
import { findNote, noteName, removeNote, type Note } from './note.ts';
import { toMtimeMs } from '../stat/sig.ts';
import { showHidden, tryBringBack } from './recover.ts';
import { rescue } from './rescue.ts';
import { findStaging, namesIn } from './staging.ts';

/** So long a displaced file waits for programs that still hold it open. */
export const GRACE_MS = 10 * 60 * 1000;

export type Rescued = { readonly rescuedTo: string };

/**
 * Displaced files whose grace is over. Their bytes are in the cloud's history; so an untouched one goes, and one that somebody
 * kept writing to comes back beside the file that replaced it (R08). Nothing else may stay in staging between two cycles: what
 * is hidden comes back, and whatever has come back since the last call is told.
 */
export function settleDisplaced(context: DiskContext, nowMs: number): readonly Rescued[] {
  const found = withFolders(context.root, (folders) => {
    const job = { context, folders };
    const shown = showHidden(job);
    const old = findStaging(folders, 'old');
    const late = old ? namesIn(old).flatMap((name) => settleOne(job, { old, name, nowMs })) : [];
    return [...shown, ...late];
  });
  const paths = new Set([...context.rescued.splice(0), ...found]);
  return [...paths].map((rescuedTo) => ({ rescuedTo }));
}

function settleOne(job: DiskJob, { old, name, nowMs }: { old: FolderHandle; name: string; nowMs: number }): string[] {
  if (isYoungerThanGrace(old, name, nowMs)) return [];
  const note = findNote(old, name);
  if (!note) return tryBringBack(job, old, name);
  if (note.atMs + GRACE_MS > nowMs) return [];
  if (isUntouched(lstat(old.at(name)), note) || isAt(job, lstat(old.at(name)), note.path)) {
    unlinkSync(old.at(name));
    removeNote(old, name);
    return [];
  }
  const rescued = rescue(job.context, job.folders, { from: old, name, path: note.path, label: 'late change' });
  removeNote(old, name);
  return [rescued];
}

/** Thousands may wait after a large change, in every cycle: their notes need not be read to know that. */
function isYoungerThanGrace(old: FolderHandle, name: string, nowMs: number): boolean {
  const written = findStat(old.at(noteName(name)));
  return written !== undefined && toMtimeMs(written.mtimeNs) + GRACE_MS > nowMs;
}

/** Size and time of writing alone would not do: programs put the time back. */
function isUntouched(stats: ReturnType<typeof lstat>, { size, mtimeNs, ctimeNs }: Note): boolean {
  const isAsExpected = Number(stats.size) === size && stats.mtimeNs === BigInt(mtimeNs);
  return isAsExpected && ctimeNs !== undefined && stats.ctimeNs === BigInt(ctimeNs);
}
