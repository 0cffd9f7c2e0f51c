import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { codeOf } from '../scan/system-error.ts';
import { toMtimeMs, toUtimeSeconds } from '../stat/sig.ts';
import { findMount, listMounts } from '../volume/mounts.ts';
import { findStat } from './disk-context.ts';
import { syncFolder } from './folder-handle.ts';

/** A trash folder of the freedesktop.org specification. Paths in it are relative to `topFolder`, or full in the home trash. */
export type TrashFolder = { readonly path: string; readonly topFolder: string | null };

export type TrashPlaces = { readonly root: string; readonly homeTrash: string };

/**
 * The trash for files below `root`: the home trash on the same volume, else one at the top of the root's volume, else (nothing
 * can be made there) the home trash by copying.
 */
export function findTrash({ root, homeTrash }: TrashPlaces): TrashFolder {
  const home: TrashFolder = { path: homeTrash, topFolder: null };
  if (deviceOf(homeTrash) === lstatSync(root).dev) return prepare(home);
  const topFolder = findMount(listMounts(), root)?.mountPoint;
  return (topFolder === undefined ? undefined : findTopTrash(topFolder)) ?? prepare(home);
}

function findTopTrash(topFolder: string): TrashFolder | undefined {
  const uid = process.getuid?.() ?? 0;
  const shared = findStat(join(topFolder, '.Trash'));
  // Only a real folder with the sticky bit may be shared by several users.
  const isShared = shared?.isDirectory() === true && (shared.mode & 0o1000n) !== 0n;
  const candidates = [...(isShared ? [join(topFolder, '.Trash', String(uid))] : []), join(topFolder, `.Trash-${uid}`)];
  for (const path of candidates) {
    try {
      return prepare({ path, topFolder });
    } catch {
      // Read-only or not ours: the next one.
    }
  }
  return undefined;
}

function prepare(trash: TrashFolder): TrashFolder {
  for (const part of ['files', 'info']) mkdirSync(join(trash.path, part), { recursive: true, mode: 0o700 });
  return trash;
}

/** The volume on which a folder is or would be made. */
function deviceOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats ? stats.dev : deviceOf(dirname(path));
}

export type TrashItem = { readonly from: string; readonly originalPath: string; readonly atMs: number };

/** Moves a file into the trash. Its note is made first, because its name reserves the name of the file. */
export function moveToTrash(trash: TrashFolder, { from, originalPath, atMs }: TrashItem): void {
  const name = reserveName(trash, { originalPath, atMs });
  try {
    moveFile(from, join(trash.path, 'files', name));
  } catch (error) {
    unlinkSync(infoPath(trash, name));
    throw error;
  }
}

const infoPath = (trash: TrashFolder, name: string): string => join(trash.path, 'info', `${name}.trashinfo`);

function reserveName(trash: TrashFolder, item: { originalPath: string; atMs: number }): string {
  for (let number = 1; ; number += 1) {
    const name = numbered(basename(item.originalPath), number);
    if (findStat(join(trash.path, 'files', name))) continue;
    try {
      const fd = openSync(infoPath(trash, name), 'wx', 0o600);
      writeSync(fd, trashInfo(trash, item));
      closeSync(fd);
      return name;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Room for the number and `.trashinfo` in a name of 255 bytes. */
const MAX_STEM_BYTES = 200;

function numbered(name: string, number: number): string {
  const extension = extname(name);
  const stem = cutToBytes(name.slice(0, name.length - extension.length), MAX_STEM_BYTES);
  const tail = cutToBytes(extension, 40);
  return number === 1 ? `${stem}${tail}` : `${stem}.${number}${tail}`;
}

function cutToBytes(text: string, maxBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxBytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}

export function trashInfo(trash: TrashFolder, item: { originalPath: string; atMs: number }): string {
  const path = trash.topFolder === null ? item.originalPath : relative(trash.topFolder, item.originalPath);
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `[Trash Info]\nPath=${encoded}\nDeletionDate=${localTime(new Date(item.atMs))}\n`;
}

/** The specification wants the local time without a zone. */
function localTime(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    makeDurable(to, lstatSync(from, { bigint: true }).mtimeNs);
    syncFolder(dirname(to));
    unlinkSync(from);
  }
}

/** The copy is the only one as soon as the original goes: it must outlive a power failure before that. */
function makeDurable(path: string, mtimeNs: bigint): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const seconds = toUtimeSeconds(toMtimeMs(mtimeNs));
    futimesSync(fd, seconds, seconds);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
