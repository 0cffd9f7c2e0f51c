import { closeSync, constants, fchmodSync, fstatSync, futimesSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { DiskResult, FileMeta, PlaceRequest, StatSig } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { isExpected, toUtimeSeconds } from '../stat/sig.ts';
import { attempt, CHANGED } from './attempt.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders, type FolderHandle, type FolderSet } from './folder-handle.ts';
import type { MakeDurable } from './make-durable.ts';
import { placeAt } from './place-at.ts';
import { openStaging, putBack, setAside } from './staging.ts';

type Placed = DiskResult<{ sig: StatSig }>;
/** A request whose bytes are in staging, under this name; or the answer that it came to already. */
type Prepared = {
  readonly request: PlaceRequest;
  readonly ready: { readonly t: 'staged'; readonly name: string } | Placed;
};

type Work = {
  readonly context: DiskContext;
  readonly folders: FolderSet;
  readonly fresh: FolderHandle;
  readonly makeDurable: MakeDurable;
  /** Folders whose names changed. */
  readonly touched: Set<FolderHandle>;
};

/**
 * Puts files in place, in an order that a power failure at any moment leaves old or new content everywhere, never none: all
 * bytes to staging, made durable together; then each file's predecessor aside and the file into its place; then the folders.
 */
export function place(context: DiskContext, requests: readonly PlaceRequest[], makeDurable: MakeDurable): Placed[] {
  return withFolders(context.root, (folders) => {
    const fresh = openStaging(folders, 'new');
    const work: Work = { context, folders, fresh, makeDurable, touched: new Set() };
    const prepared = requests.map((request) => ({ request, ready: prepare(work, request) }));
    const staged = prepared.flatMap(({ ready }) => (ready.t === 'staged' ? [fresh.at(ready.name)] : []));
    makeDurable(staged, context.root);
    const results = prepared.map((item) => swapIn(work, item));
    syncFolders(work);
    return results;
  });
}

/** Many folders at once are made durable like many files. */
function syncFolders({ context, touched, makeDurable }: Work): void {
  makeDurable(
    [...touched].map((folder) => folder.at('.')),
    context.root,
  );
}

function prepare(work: Work, request: PlaceRequest): Prepared['ready'] {
  return attempt(() => {
    const mode = modeFor(work, request);
    if ('staged' in request.from) return finishStaged(work, request.from.staged, { meta: request.meta, mode });
    const name = request.opId;
    const fd = openNew(work.fresh.at(name), mode);
    try {
      writeAll(fd, request.from.bytes);
      dress(fd, request.meta, mode);
    } finally {
      closeSync(fd);
    }
    return { t: 'staged', name } as const;
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

function finishStaged(work: Work, name: string, look: { meta: FileMeta; mode: number }): Prepared['ready'] {
  const fd = openSync(work.fresh.at(name), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    dress(fd, look.meta, look.mode);
  } finally {
    closeSync(fd);
  }
  return { t: 'staged', name };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

const RW_ALL = 0o666;

/** A new file gets what the system gives new files; one that replaces another keeps who may read and write it. */
function modeFor({ folders }: Work, request: PlaceRequest): number {
  const { folder, name } = splitPath(request.path);
  const there = request.replaces ? findStat(folders.get(folder).at(name)) : undefined;
  const rights = there ? Number(there.mode) & RW_ALL : RW_ALL & ~process.umask();
  return withExec(rights, request.meta.exec);
}

/** Who may read may run. */
export const withExec = (mode: number, exec: boolean): number => (exec ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);

function dress(fd: number, meta: FileMeta, mode: number): void {
  if ((fstatSync(fd).mode & 0o777) !== mode) fchmodSync(fd, mode);
  const seconds = toUtimeSeconds(meta.mtimeMs);
  futimesSync(fd, seconds, seconds);
}

function swapIn(work: Work, { request, ready }: Prepared): Placed {
  if (ready.t !== 'staged') return ready;
  const staged = work.fresh.at(ready.name);
  const result = attempt(() => swapOne(work, request, staged));
  if (result.t !== 'done' && findStat(staged)) unlinkSync(staged);
  return result;
}

function swapOne(work: Work, request: PlaceRequest, staged: string): Placed {
  const { context, folders } = work;
  const { folder, name } = splitPath(request.path);
  const parent = folders.get(folder);
  const target = parent.at(name);
  work.touched.add(parent);
  if (request.replaces === null) {
    return placeAt(staged, target) === 'taken' ? CHANGED : { t: 'done', sig: context.sigOf(lstat(target)) };
  }
  if (!isExpected(request.replaces, context.sigOf(lstat(target)))) return CHANGED;
  const old = openStaging(folders, 'old');
  work.touched.add(old);
  const what = { context, path: request.path, expect: request.replaces, id: request.opId };
  const aside = setAside({ folder: parent, name }, old, what);
  if (!aside) return CHANGED;
  try {
    // Somebody made a file there in the meantime: theirs stays, ours is planned anew.
    if (placeAt(staged, target) === 'taken') return CHANGED;
  } catch (error) {
    putBack(aside);
    throw error;
  }
  return { t: 'done', sig: context.sigOf(lstat(target)) };
}
