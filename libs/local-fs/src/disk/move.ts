import { mkdirSync } from 'node:fs';
import type { DiskResult, Into, Moving, StatSig } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { isExpected, isSameIdentity } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import { bringBack, type DiskJob } from './bring-back.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders } from './folder-handle.ts';
import { isMeant } from './is-meant.ts';
import { addToNote, findNote, removeNote } from './note.ts';
import { placeAt } from './place-at.ts';
import { openStaging, setAside, type Aside } from './staging.ts';

type Moved = DiskResult<{ sig: StatSig }>;

export function makeFolder(context: DiskContext, path: string, into?: Into): Moved {
  const { folder, name } = splitPath(path);
  return withFolders(context.root, (folders) => {
    const parent = folders.get(folder);
    if (!isMeant(context, parent, into)) return CHANGED;
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

export type MoveRequest = Moving & { readonly from: string; readonly to: string };

/** By way of the staging folder, so that what is moved is verified after nobody else can take it, and nothing is overwritten. */
export function move(context: DiskContext, { from, to, expect, into = null }: MoveRequest): Moved {
  return withFolders(context.root, (folders) => {
    const source = splitPath(from);
    const target = splitPath(to);
    const fromFolder = folders.get(source.folder);
    const toFolder = folders.get(target.folder);
    if (!isMeant(context, toFolder, into)) return CHANGED;
    const before = context.sigOf(lstat(fromFolder.at(source.name)));
    if (!isExpected(expect, before)) return CHANGED;
    if (!isFree(context, toFolder.at(target.name), before)) return CHANGED;
    const job = { context, folders };
    const aside = hide(job, { from, target: to, expect, id: `move-${before.fileId}` });
    const sig = aside && settleAt(job, aside, { to, into });
    if (!sig) return CHANGED;
    fromFolder.sync();
    if (toFolder !== fromFolder) toFolder.sync();
    return { t: 'done', sig };
  });
}

/** Nothing is there, or the very same node under a name that the disk cannot tell apart (M19: a change of case). */
function isFree(context: DiskContext, path: string, moving: StatSig): boolean {
  const there = findStat(path);
  return !there || isSameIdentity(context.sigOf(there), moving);
}

type HideRequest = { readonly from: string; readonly expect: StatSig; readonly id: string };

function hide(job: DiskJob, { from, target = from, expect, id }: HideRequest & { target?: string }): Aside | undefined {
  return setAside(job, openStaging(job.folders, 'cycle'), { path: from, target, expect, id });
}

type Target = Pick<MoveRequest, 'to' | 'into'>;

/** What it looks like at its new place; undefined when it is not there but back where it was, or at least in sight. */
function settleAt(job: DiskJob, { folder, name }: Aside, { to: path, into }: Target): StatSig | undefined {
  const before = job.context.sigOf(lstat(folder.at(name)));
  try {
    const to = splitPath(path);
    const parent = job.folders.get(to.folder);
    const target = parent.at(to.name);
    if (isMeant(job.context, parent, into) && placeAt(folder.at(name), target) === 'placed') {
      removeNote(folder, name);
      const sig = job.context.sigOf(lstat(target));
      // Somebody saved over it at once: that is an edit, to be observed first.
      return isSameIdentity(sig, before) ? sig : undefined;
    }
  } catch (error) {
    if (findStat(folder.at(name))) bringBack(job, folder, name);
    throw error;
  }
  bringBack(job, folder, name);
  return undefined;
}

export function moveToStaging(context: DiskContext, request: HideRequest): DiskResult<object> {
  return withFolders(context.root, (folders) => {
    const { folder, name } = splitPath(request.from);
    const parent = folders.get(folder);
    if (!isExpected(request.expect, context.sigOf(lstat(parent.at(name))))) return CHANGED;
    const cycle = openStaging(folders, 'cycle');
    if (findStat(cycle.at(request.id))) return CHANGED;
    if (!hide({ context, folders }, request)) return CHANGED;
    cycle.sync();
    parent.sync();
    return { t: 'done' };
  });
}

export type UnstageRequest = Target & { readonly id: string };

export function unstage(context: DiskContext, { id, to, into = null }: UnstageRequest): Moved {
  return withFolders(context.root, (folders) => {
    const cycle = openStaging(folders, 'cycle');
    if (findNote(cycle, id)) addToNote(cycle, id, { target: to });
    const sig = settleAt({ context, folders }, { folder: cycle, name: id }, { to, into });
    if (!sig) return CHANGED;
    folders.get(splitPath(to).folder).sync();
    return { t: 'done', sig };
  });
}
