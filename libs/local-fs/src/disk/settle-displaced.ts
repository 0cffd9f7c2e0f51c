import { unlinkSync } from 'node:fs';
import type { FileVersion } from '@tideline/sync-core';
import { hashFile, READ_BYTES } from '../hash/hash-file.ts';
import { attempt } from './attempt.ts';
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
 * Displaced files whose grace is over, of which the drive has what they hold: `only` one of these, where it may have lost some (FI-4).
 * So an untouched one goes, and one that somebody kept writing to comes back beside the file that replaced it (R08). Nothing else may
 * stay in staging between two cycles: what is hidden comes back, and whatever has come back since the last call is told.
 */
export function settleDisplaced(
  context: DiskContext,
  nowMs: number,
  only?: readonly FileVersion[],
): readonly Rescued[] {
  const keys = only && new Set(only.map(keyOf));
  const mayGo = ({ holds }: Note): boolean => !keys || (holds !== undefined && keys.has(keyOf(holds)));
  const found = withFolders(context.root, (folders) => {
    const job = { context, folders };
    const shown = showHidden(job);
    const old = findStaging(folders, 'old');
    const late = namesIn(old).flatMap((name) => (old ? trySettle(job, { old, name, nowMs, mayGo }) : []));
    return [...shown, ...late];
  });
  const paths = new Set([...context.rescued.splice(0), ...found]);
  return [...paths].map((rescuedTo) => ({ rescuedTo }));
}

type Displaced = {
  readonly old: FolderHandle;
  readonly name: string;
  readonly nowMs: number;
  readonly mayGo: (note: Note) => boolean;
};

/** What the disk refuses now is tried again with the next cycle. */
function trySettle(job: DiskJob, displaced: Displaced): string[] {
  const settled = attempt(() => settleOne(job, displaced));
  return Array.isArray(settled) ? settled : [];
}

function settleOne(job: DiskJob, { old, name, nowMs, mayGo }: Displaced): string[] {
  if (isYoungerThanGrace(old, name, nowMs)) return [];
  const note = findNote(old, name);
  if (!note) return tryBringBack(job, old, name);
  if (note.atMs + GRACE_MS > nowMs || !mayGo(note)) return [];
  const isBack = isAt(job, lstat(old.at(name)), note.path);
  if (isBack || (isUntouched(lstat(old.at(name)), note) && holdsStill(old.at(name), note))) {
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

/** SY-45: where its looks prove nothing, its bytes are those that the drive was told. */
function holdsStill(path: string, { isInDoubt, holds }: Note): boolean {
  if (!isInDoubt || !holds) return true;
  const hashed = hashFile(path, { volume: '', buffer: new Uint8Array(READ_BYTES) });
  return hashed.t === 'hashed' && hashed.content.contentId === holds.contentId;
}

/** FI-4: what displaced files hold, for whoever asks a drive that was restored whether it still has it. */
export function displaced({ root }: DiskContext): readonly FileVersion[] {
  return withFolders(root, (folders) => {
    const old = findStaging(folders, 'old');
    return namesIn(old).flatMap((name) => (old && findNote(old, name)?.holds) ?? []);
  });
}

/** FI-4: what the drive has lost stands nowhere else any more: it comes back into sight. */
export function surfaceDisplaced(context: DiskContext, kept: readonly FileVersion[]): readonly string[] {
  const keep = new Set(kept.map(keyOf));
  return withFolders(context.root, (folders) => {
    const old = findStaging(folders, 'old');
    return namesIn(old).flatMap((name) => {
      const note = old && findNote(old, name);
      if (!old || !note || note.size === 0 || (note.holds && keep.has(keyOf(note.holds)))) return [];
      const found = attempt(() => rescue(context, folders, { from: old, name, path: note.path, label: 'rescued' }));
      if (typeof found !== 'string') return [];
      removeNote(old, name);
      return [found];
    });
  });
}

const keyOf = ({ nodeId, contentId }: FileVersion): string => `${nodeId} ${contentId}`;

/** Size and time of writing alone would not do: programs put the time back. */
function isUntouched(stats: ReturnType<typeof lstat>, { size, mtimeNs, ctimeNs }: Note): boolean {
  const isAsExpected = Number(stats.size) === size && stats.mtimeNs === BigInt(mtimeNs);
  return isAsExpected && ctimeNs !== undefined && stats.ctimeNs === BigInt(ctimeNs);
}
