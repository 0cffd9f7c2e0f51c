import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { DiskResult, Into, StatSig } from '@tideline/sync-core';
import { isAlwaysExcluded, STAGING_FOLDER } from '@tideline/sync-core/filter';
import { codeOf } from '../scan/system-error.ts';
import { isExpected } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import { bringBack } from './bring-back.ts';
import { lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders } from './folder-handle.ts';
import { isMeant } from './is-meant.ts';
import { removeNote } from './note.ts';
import { openStaging, setAside } from './staging.ts';
import { findTrash, moveToTrash } from './xdg-trash.ts';

export type TrashRequest = { readonly id: string; readonly path: string; readonly expect: StatSig };

/** BI-3: out of sight first, verified there, then to the trash of the system, from where a person can take it back. */
export function trashFile(context: DiskContext, { id, path, expect }: TrashRequest): DiskResult<object> {
  const { folder, name } = splitPath(path);
  return withFolders(context.root, (folders) => {
    const parent = folders.get(folder);
    const stats = lstat(parent.at(name));
    if (stats.isDirectory() || !isExpected(expect, context.sigOf(stats))) return CHANGED;
    const old = openStaging(folders, 'old');
    const job = { context, folders };
    const aside = setAside(job, old, { path, expect, id });
    if (!aside) return CHANGED;
    try {
      const item = { from: old.at(aside.name), originalPath: join(context.root, path), atMs: context.nowMs() };
      moveToTrash(findTrash(context), item);
    } catch (error) {
      bringBack(job, old, aside.name);
      throw error;
    }
    removeNote(old, aside.name);
    parent.sync();
    return { t: 'done' };
  });
}

/** R10, C21, C22: a folder goes only when nothing of a person is in it, and it is the one that was seen (SY-40). */
export function removeFolder(context: DiskContext, path: string, expect?: Into): DiskResult<object> {
  if (path === '') return { t: 'refused', code: 'EPERM' };
  const { folder, name } = splitPath(path);
  return withFolders(context.root, (folders) => {
    const parent = folders.get(folder);
    const inside = folders.get(path);
    if (!isMeant(context, inside, expect)) return CHANGED;
    const names = readdirSync(inside.at('.'));
    if (!names.every(isDeletableLeftover)) return CHANGED;
    if (names.some((leftover) => lstat(inside.at(leftover)).isDirectory())) return CHANGED;
    for (const leftover of names) unlinkSync(inside.at(leftover));
    try {
      rmdirSync(parent.at(name));
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return CHANGED;
      throw error;
    }
    parent.sync();
    return { t: 'done' };
  });
}

/** What file managers and editors leave behind: a folder that holds nothing else counts as empty (C22). */
const isDeletableLeftover = (name: string): boolean => name !== STAGING_FOLDER && isAlwaysExcluded(name);
