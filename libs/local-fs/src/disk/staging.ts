import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import type { FileVersion, StatSig } from '@tideline/sync-core';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { codeOf } from '../scan/system-error.ts';
import { mayHideWrites } from '../scan/trust.ts';
import { isSameBytes } from '../stat/sig.ts';
import { bringBack, type DiskJob } from './bring-back.ts';
import { findStat, lstat } from './disk-context.ts';
import { splitPath, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { addToNote, beginNote, noteName, removeNote } from './note.ts';

/**
 * Sub-folders of the staging folder: `new` holds downloads before they are placed, `part` large ones that are not whole yet, by
 * content, `old` what was moved aside, `cycle` nodes hidden during a cycle of renames. Beside everything in `old` and `cycle` stands a note that says where it came from.
 */
export const STAGING_PARTS = ['new', 'part', 'old', 'cycle'] as const;
export type StagingPart = (typeof STAGING_PARTS)[number];

export const stagingPath = (part: StagingPart): string => `${STAGING_FOLDER}/${part}`;

/** Opens a part of the staging folder, making it if need be; only the owner may look inside. */
export function openStaging(folders: FolderSet, part: StagingPart): FolderHandle {
  makePrivate(folders.get('').at(STAGING_FOLDER));
  makePrivate(folders.get(STAGING_FOLDER).at(part));
  return folders.get(stagingPath(part));
}

/** A part of the staging folder if it is there; nothing is made. */
export function findStaging(folders: FolderSet, part: StagingPart): FolderHandle | undefined {
  try {
    return folders.get(stagingPath(part));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function makePrivate(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Everything in a part of staging except the notes. */
export function namesIn(folder: FolderHandle | undefined): readonly string[] {
  return folder ? readdirSync(folder.at('.')).filter((name) => !name.endsWith('.json')) : [];
}

/** Asked at the start of every cycle, when there mostly is nothing: no worker needs to be woken for that. */
export function isStagingEmpty(root: string): boolean {
  return STAGING_PARTS.every((part) => {
    try {
      return readdirSync(`${root}/${stagingPath(part)}`).length === 0;
    } catch (error) {
      return codeOf(error) === 'ENOENT';
    }
  });
}

/** To read so much costs nothing; it need not be asked whether it is worth it. */
const READ_ANYWAY_BYTES = 1024 * 1024;

/** A file or folder that is out of sight in a part of staging. */
export type Aside = { readonly folder: FolderHandle; readonly name: string };

export type SetAside = {
  readonly path: string;
  readonly expect: StatSig;
  readonly id: string;
  /** Where it goes to, if it is on its way. */
  readonly target?: string;
  /** Size of the file that is to stand at its place instead. */
  readonly nextSize?: number;
  /** Whose content it is, where it is not to be told from its looks alone later. */
  readonly holds?: FileVersion | undefined;
};

/**
 * Moves what stands at a place out of sight and verifies afterwards that it was what was expected; if not, it goes back and
 * the answer is undefined. This is how nothing is overwritten or removed that nobody has seen.
 */
export function setAside(job: DiskJob, to: FolderHandle, what: SetAside): Aside | undefined {
  const { context, folders } = job;
  const { folder, name } = splitPath(what.path);
  const aside: Aside = { folder: to, name: freeName(to, what.id) };
  noteDown(job, aside, what);
  try {
    renameSync(folders.get(folder).at(name), to.at(aside.name));
  } catch (error) {
    removeNote(to, aside.name);
    throw error;
  }
  const stats = lstat(to.at(aside.name));
  addToNote(to, aside.name, { ctimeNs: stats.ctimeNs.toString() });
  if (isSameBytes(context.sigOf(stats), what.expect)) return aside;
  bringBack(job, to, aside.name);
  return undefined;
}

function noteDown({ context }: DiskJob, { folder, name }: Aside, what: SetAside): void {
  const { path, expect, target = path, nextSize = 0, holds } = what;
  const { size, mtimeNs } = expect;
  const atMs = context.nowMs();
  const isInDoubt = size <= READ_ANYWAY_BYTES || mayHideWrites(expect, atMs);
  beginNote(folder, name, { path, target, atMs, size, mtimeNs: mtimeNs.toString(), nextSize, holds, isInDoubt });
}

function freeName(folder: FolderHandle, id: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? id : `${id}~${number}`;
    if (!findStat(folder.at(name)) && !findStat(folder.at(noteName(name)))) return name;
  }
}
