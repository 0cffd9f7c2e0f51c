import { closeSync, constants, fchmodSync, fstatSync, futimesSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { DiskResult, FileMeta, PlaceRequest, StatSig } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { isExpected, isSameBytes, toUtimeSeconds } from '../stat/sig.ts';
import { attempt, CHANGED } from './attempt.ts';
import { bringBack, type DiskJob } from './bring-back.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders, type FolderHandle } from './folder-handle.ts';
import { makeFlushed } from './flush.ts';
import { isMeant } from './is-meant.ts';
import type { MakeDurable } from './make-durable.ts';
import { placeFileAt } from './place-at.ts';
import { openStaging, setAside, stagingPath } from './staging.ts';

export type Placed = DiskResult<{ sig: StatSig }>;
/** A file in staging with the bytes of a request, and what it looks like there. */
export type Staged = { readonly t: 'staged'; readonly name: string; readonly sig: StatSig };
/** What a file in staging is to become. */
export type Swap = Pick<PlaceRequest, 'opId' | 'path' | 'replaces' | 'replaced' | 'into'> & { readonly staged: Staged };
/** Folders whose names changed, as paths. */
export type Swapped = { readonly results: readonly Placed[]; readonly touched: readonly string[] };

type Work = DiskJob & { readonly fresh: FolderHandle };

/**
 * Puts files in place, in an order that a power failure at any moment leaves old or new content everywhere, never none: all
 * bytes to staging, made durable together; then each file's predecessor aside and the file into its place; then the folders.
 */
export function place(context: DiskContext, requests: readonly PlaceRequest[], makeDurable: MakeDurable): Placed[] {
  const prepared = prepare(context, requests);
  makeFlushed(context, { files: prepared.flatMap(stagedPath), folders: [] }, makeDurable);
  const { results, touched } = swapIn(context, swapsOf(requests, prepared));
  const lost = makeFlushed(context, { files: [], folders: touched }, makeDurable);
  return placedOf(requests, { prepared, results, lost });
}

/** Writes the bytes of requests to staging; or answers what a request came to already. */
export function prepare(context: DiskContext, requests: readonly PlaceRequest[]): (Staged | Placed)[] {
  return withFolders(context.root, (folders) => {
    const work: Work = { context, folders, fresh: openStaging(folders, 'new') };
    const umask = process.umask();
    return requests.map((request) => prepareOne(work, request, umask));
  });
}

/** To be called when what is staged is durable. The names are durable once the touched folders are. */
export function swapIn(context: DiskContext, swaps: readonly Swap[]): Swapped {
  return withFolders(context.root, (folders) => {
    const work: Work = { context, folders, fresh: openStaging(folders, 'new') };
    const touched = new Set<string>();
    return { results: swaps.map((swap) => swapOne(work, swap, touched)), touched: [...touched] };
  });
}

export function stagedPath(prepared: Staged | Placed): string[] {
  return prepared.t === 'staged' ? [`${stagingPath('new')}/${prepared.name}`] : [];
}

export function swapsOf(requests: readonly PlaceRequest[], prepared: readonly (Staged | Placed)[]): Swap[] {
  return requests.flatMap(({ opId, path, replaces, replaced, into = null }, index) => {
    const staged = prepared[index];
    const known = replaced ? { replaced } : {};
    return staged?.t === 'staged' ? [{ opId, path, replaces, ...known, into, staged }] : [];
  });
}

/** The answers in the order of the requests; `lost`: folders that went before their names were durable, so nobody vouches for them. */
export function placedOf(
  requests: readonly PlaceRequest[],
  {
    prepared,
    results,
    lost,
  }: Pick<Swapped, 'results'> & {
    readonly prepared: readonly (Staged | Placed)[];
    readonly lost: readonly string[];
  },
): Placed[] {
  const left = results.values();
  const gone = new Set(lost);
  return requests.map(({ path }, index) => {
    const ready = prepared[index];
    const result = ready?.t === 'staged' ? left.next().value : ready;
    return !result || gone.has(splitPath(path).folder) ? CHANGED : result;
  });
}

function prepareOne(work: Work, request: PlaceRequest, umask: number): Staged | Placed {
  return attempt(() => {
    const mode = modeFor(work, request, umask);
    if ('staged' in request.from) return finishStaged(work, request.from.staged, { meta: request.meta, mode });
    const name = request.opId;
    const fd = openNew(work.fresh.at(name), mode);
    try {
      writeAll(fd, request.from.bytes);
      // The system takes the mask from the rights of a new file.
      if ((mode & umask) !== 0) fchmodSync(fd, mode);
      return { t: 'staged', name, sig: dress(work, fd, request.meta) } as const;
    } finally {
      closeSync(fd);
    }
  });
}

/** A name left by an earlier try holds nothing but bytes of the cloud. */
function openNew(path: string, mode: number): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return openSync(path, flags, mode);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    unlinkSync(path);
    return openSync(path, flags, mode);
  }
}

type Look = { readonly meta: FileMeta; readonly mode: number };

function finishStaged(work: Work, name: string, look: Look): Staged {
  const fd = openSync(work.fresh.at(name), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    if ((fstatSync(fd).mode & 0o777) !== look.mode) fchmodSync(fd, look.mode);
    return { t: 'staged', name, sig: dress(work, fd, look.meta) };
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

const RW_ALL = 0o666;

/** A new file gets what the system gives new files; one that replaces another keeps who may read and write it. */
function modeFor({ folders }: Work, request: PlaceRequest, umask: number): number {
  const { folder, name } = splitPath(request.path);
  const there = request.replaces ? findStat(folders.get(folder).at(name)) : undefined;
  const rights = there ? Number(there.mode) & RW_ALL : RW_ALL & ~umask;
  return withExec(rights, request.meta.exec);
}

/** Who may read may run. */
export const withExec = (mode: number, exec: boolean): number => (exec ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);

/** Answers what the file looks like then, which is what has to stand at its place afterwards. */
function dress({ context }: Work, fd: number, meta: FileMeta): StatSig {
  const seconds = toUtimeSeconds(meta.mtimeMs);
  futimesSync(fd, seconds, seconds);
  return context.sigOf(fstatSync(fd, { bigint: true }));
}

function swapOne(work: Work, swap: Swap, touched: Set<string>): Placed {
  const fresh = work.fresh.at(swap.staged.name);
  const result = attempt(() => moveIn(work, swap, touched));
  if (result.t !== 'done' && findStat(fresh)) unlinkSync(fresh);
  return result;
}

function moveIn(work: Work, { opId, path, replaces, replaced, into, staged }: Swap, touched: Set<string>): Placed {
  const { context, folders } = work;
  const { folder, name } = splitPath(path);
  const parent = folders.get(folder);
  if (!isMeant(context, parent, into)) return CHANGED;
  touched.add(folder);
  if (replaces === null) return land(work, staged, parent.at(name));
  if (!isExpected(replaces, context.sigOf(lstat(parent.at(name))))) return CHANGED;
  const old = openStaging(folders, 'old');
  touched.add(stagingPath('old'));
  const aside = setAside(work, old, { path, expect: replaces, id: opId, nextSize: staged.sig.size, holds: replaced });
  if (!aside) return CHANGED;
  try {
    return land(work, staged, parent.at(name));
  } catch (error) {
    if (findStat(aside.folder.at(aside.name))) bringBack(work, aside.folder, aside.name);
    throw error;
  }
}

/**
 * `changed` where somebody made a file in the meantime: theirs stays, ours is planned anew. So it does when somebody saved over
 * ours as soon as it stood there: base must not vouch for a file that is not the one we wrote.
 */
function land({ context, fresh }: Work, { name, sig }: Staged, target: string): Placed {
  if (placeFileAt(fresh.at(name), target) === 'taken') return CHANGED;
  const placed = findStat(target);
  if (!placed || !isSameBytes(context.sigOf(placed), sig)) return CHANGED;
  return { t: 'done', sig: context.sigOf(placed) };
}
