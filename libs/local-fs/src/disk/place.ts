import { closeSync, constants, fchmodSync, fstatSync, futimesSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { DiskResult, FileMeta, PlaceRequest, StatSig } from '@tideline/sync-core';
import { codeOf } from '../scan/system-error.ts';
import { isExpected, isSameBytes, toUtimeSeconds } from '../stat/sig.ts';
import { attempt, CHANGED } from './attempt.ts';
import { bringBack, type DiskJob } from './bring-back.ts';
import { findStat, lstat, type DiskContext } from './disk-context.ts';
import { splitPath, withFolders, type FolderHandle } from './folder-handle.ts';
import type { MakeDurable } from './make-durable.ts';
import { placeAt } from './place-at.ts';
import { openStaging, setAside } from './staging.ts';

type Placed = DiskResult<{ sig: StatSig }>;
/** A file in staging with the bytes of a request, and what it looks like there. */
type Staged = { readonly t: 'staged'; readonly name: string; readonly sig: StatSig };
/** A request whose bytes are in staging; or the answer that it came to already. */
type Prepared = { readonly request: PlaceRequest; readonly ready: Staged | Placed };

type Work = DiskJob & {
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
      return { t: 'staged', name, sig: dress(work, fd, { meta: request.meta, mode }) } as const;
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
    return { t: 'staged', name, sig: dress(work, fd, look) };
  } finally {
    closeSync(fd);
  }
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

/** Answers what the file looks like then, which is what has to stand at its place afterwards. */
function dress({ context }: Work, fd: number, { meta, mode }: Look): StatSig {
  if ((fstatSync(fd).mode & 0o777) !== mode) fchmodSync(fd, mode);
  const seconds = toUtimeSeconds(meta.mtimeMs);
  futimesSync(fd, seconds, seconds);
  return context.sigOf(fstatSync(fd, { bigint: true }));
}

function swapIn(work: Work, { request, ready }: Prepared): Placed {
  if (ready.t !== 'staged') return ready;
  const staged = work.fresh.at(ready.name);
  const result = attempt(() => swapOne(work, request, ready));
  if (result.t !== 'done' && findStat(staged)) unlinkSync(staged);
  return result;
}

function swapOne(work: Work, request: PlaceRequest, staged: Staged): Placed {
  const { context, folders } = work;
  const { folder, name } = splitPath(request.path);
  const parent = folders.get(folder);
  work.touched.add(parent);
  if (request.replaces === null) return land(work, staged, parent.at(name));
  if (!isExpected(request.replaces, context.sigOf(lstat(parent.at(name))))) return CHANGED;
  const old = openStaging(folders, 'old');
  work.touched.add(old);
  const what = { path: request.path, expect: request.replaces, id: request.opId, nextSize: staged.sig.size };
  const aside = setAside(work, old, what);
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
  if (placeAt(fresh.at(name), target) === 'taken') return CHANGED;
  const placed = findStat(target);
  if (!placed || !isSameBytes(context.sigOf(placed), sig)) return CHANGED;
  return { t: 'done', sig: context.sigOf(placed) };
}
