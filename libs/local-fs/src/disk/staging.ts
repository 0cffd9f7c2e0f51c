import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { StatSig } from '@tideline/sync-core';
import { STAGING_FOLDER } from '@tideline/sync-core/filter';
import { codeOf } from '../scan/system-error.ts';
import { isSameBytes } from '../stat/sig.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import type { FolderHandle, FolderSet } from './folder-handle.ts';
import { placeAt } from './place-at.ts';

/**
 * Sub-folders of the staging folder: `new` holds downloads before they are placed, `old` what was moved aside, `cycle` nodes
 * hidden during a cycle of renames. Beside everything in `old` and `cycle` stands a note that says where it came from.
 */
export const STAGING_PARTS = ['new', 'old', 'cycle'] as const;
export type StagingPart = (typeof STAGING_PARTS)[number];

export const stagingPath = (part: StagingPart): string => `${STAGING_FOLDER}/${part}`;

/** Opens a part of the staging folder, making it if need be; only the owner may look inside. */
export function openStaging(folders: FolderSet, part: StagingPart): FolderHandle {
  makePrivate(folders.get('').at(STAGING_FOLDER));
  makePrivate(folders.get(STAGING_FOLDER).at(part));
  return folders.get(stagingPath(part));
}

function makePrivate(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Where a moved file came from, when, and what it looked like then. */
export type Note = {
  readonly path: string;
  readonly atMs: number;
  readonly size: number;
  readonly mtimeNs: string;
  readonly links: number;
};

const noteName = (name: string): string => `${name}.json`;

export function findNote(folder: FolderHandle, name: string): Note | undefined {
  try {
    return toNote(JSON.parse(readFileSync(folder.at(noteName(name)), 'utf8')));
  } catch {
    // Lost or cut off by a power failure: then the file is rescued under its own name.
    return undefined;
  }
}

function toNote(value: unknown): Note | undefined {
  const { path, atMs, size, mtimeNs, links } = Object(value) as Partial<Record<keyof Note, unknown>>;
  if (typeof path !== 'string' || typeof mtimeNs !== 'string' || !/^-?\d+$/.test(mtimeNs)) return undefined;
  const areNumbers = typeof atMs === 'number' && typeof size === 'number' && typeof links === 'number';
  return areNumbers ? { path, atMs, size, mtimeNs, links } : undefined;
}

export function removeNote(folder: FolderHandle, name: string): void {
  if (findStat(folder.at(noteName(name)))) unlinkSync(folder.at(noteName(name)));
}

export type Aside = {
  readonly folder: FolderHandle;
  readonly name: string;
  readonly from: FolderHandle;
  readonly fromName: string;
};

export type SetAside = {
  readonly context: DiskContext;
  readonly path: string;
  readonly expect: StatSig;
  readonly id: string;
};

/**
 * Moves what stands at a place out of sight and verifies afterwards that it was what was expected; if not, it goes back and
 * the answer is undefined. This is how nothing is overwritten or removed that nobody has seen.
 */
export function setAside(
  from: { folder: FolderHandle; name: string },
  to: FolderHandle,
  what: SetAside,
): Aside | undefined {
  const { context, path, expect } = what;
  const name = freeName(to, what.id);
  const { size, mtimeNs, links } = expect;
  const note: Note = { path, atMs: context.nowMs(), size, mtimeNs: mtimeNs.toString(), links };
  writeFileSync(to.at(noteName(name)), JSON.stringify(note), { flag: 'wx' });
  const aside: Aside = { folder: to, name, from: from.folder, fromName: from.name };
  try {
    renameSync(from.folder.at(from.name), to.at(name));
  } catch (error) {
    removeNote(to, name);
    throw error;
  }
  if (isSameBytes(context.sigOf(lstat(to.at(name))), expect)) return aside;
  putBack(aside);
  return undefined;
}

/** Back to its place, if that is still free; otherwise it stays aside with its note, to be rescued later. */
export function putBack({ folder, name, from, fromName }: Aside): void {
  if (placeAt(folder.at(name), from.at(fromName)) === 'placed') removeNote(folder, name);
}

function freeName(folder: FolderHandle, id: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? id : `${id}~${number}`;
    if (!findStat(folder.at(name)) && !findStat(folder.at(noteName(name)))) return name;
  }
}
