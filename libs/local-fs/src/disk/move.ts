import { mkdirSync } from 'node:fs';
import type { DiskResult, StatSig } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { isExpected, isSameIdentity } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { placeAt } from './place-at.ts';
import { openStaging, putBack, removeNote, setAside, type Aside } from './staging.ts';

type Moved = DiskResult<{ sig: StatSig }>;

export function makeFolder(context: DiskContext, path: string): Moved {
  const { folder, name } = splitPath(path);
  return withFolders(context.root, (folders) => {
    const parent = folders.get(folder);
    try {
      mkdirSync(parent.at(name));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return CHANGED;
      throw error;
    }
    parent.sync();
    return { t: 'done', sig: context.sigOf(lstat(parent.at(name))) };
  });
}

export type MoveRequest = { readonly from: string; readonly to: string; readonly expect: StatSig };

/** By way of the staging folder, so that what is moved is verified after nobody else can take it, and nothing is overwritten. */
export function move(context: DiskContext, { from, to, expect }: MoveRequest): Moved {
  return withFolders(context.root, (folders) => {
    const source = splitPath(from);
    const target = splitPath(to);
    const fromFolder = folders.get(source.folder);
    const toFolder = folders.get(target.folder);
    const before = context.sigOf(lstat(fromFolder.at(source.name)));
    if (!isExpected(expect, before)) return CHANGED;
    if (!isFree(context, toFolder.at(target.name), before)) return CHANGED;
    const aside = hide(context, { from, expect, id: `move-${before.fileId}` }, folders);
    if (!aside) return CHANGED;
    if (!settleAt(aside, toFolder, target.name)) return CHANGED;
    fromFolder.sync();
    if (toFolder !== fromFolder) toFolder.sync();
    return { t: 'done', sig: context.sigOf(lstat(toFolder.at(target.name))) };
  });
}

/** Nothing is there, or the very same node under a name that the disk cannot tell apart (M19: a change of case). */
function isFree(context: DiskContext, path: string, moving: StatSig): boolean {
  const there = findStat(path);
  return !there || isSameIdentity(context.sigOf(there), moving);
}

type HideRequest = { readonly from: string; readonly expect: StatSig; readonly id: string };

function hide(context: DiskContext, request: HideRequest, folders: FolderSet): Aside | undefined {
  const { folder, name } = splitPath(request.from);
  const cycle = openStaging(folders, 'cycle');
  const what = { context, path: request.from, expect: request.expect, id: request.id };
  return setAside({ folder: folders.get(folder), name }, cycle, what);
}

/** Whether it found its place; if not it is back where it was. */
function settleAt(aside: Aside, folder: FolderHandle, name: string): boolean {
  try {
    if (placeAt(aside.folder.at(aside.name), folder.at(name)) === 'placed') {
      removeNote(aside.folder, aside.name);
      return true;
    }
  } catch (error) {
    putBack(aside);
    throw error;
  }
  putBack(aside);
  return false;
}

export function moveToStaging(context: DiskContext, request: HideRequest): DiskResult<object> {
  return withFolders(context.root, (folders) => {
    const { folder, name } = splitPath(request.from);
    const parent = folders.get(folder);
    if (!isExpected(request.expect, context.sigOf(lstat(parent.at(name))))) return CHANGED;
    const cycle = openStaging(folders, 'cycle');
    if (findStat(cycle.at(request.id))) return CHANGED;
    if (!hide(context, request, folders)) return CHANGED;
    cycle.sync();
    parent.sync();
    return { t: 'done' };
  });
}

export function unstage(context: DiskContext, id: string, to: string): Moved {
  return withFolders(context.root, (folders) => {
    const { folder, name } = splitPath(to);
    const parent = folders.get(folder);
    const cycle = openStaging(folders, 'cycle');
    if (placeAt(cycle.at(id), parent.at(name)) === 'taken') return CHANGED;
    removeNote(cycle, id);
    parent.sync();
    return { t: 'done', sig: context.sigOf(lstat(parent.at(name))) };
  });
}
