import type { DiskResult } from '@tideline/sync-core';
import { hashFile, READ_BYTES } from '../hash/hash-file.ts';
import { isExpected } from '../stat/sig.ts';
import { attempt, CHANGED } from './attempt.ts';
import { lstat, type DiskContext } from './disk-context.ts';
import type { DiskWork } from './disk-protocol.ts';
import { makeFlushed } from './flush.ts';
import { createMakeDurable } from './make-durable.ts';
import { makeFolder, move, moveToStaging, unstage } from './move.ts';
import { place, prepare, swapIn } from './place.ts';
import { recover } from './recover.ts';
import { removeFolder, trashFile } from './remove.ts';
import { reuse } from './reuse.ts';
import { setMeta } from './set-meta.ts';
import { displaced, settleDisplaced, surfaceDisplaced } from './settle-displaced.ts';

/** All operations on one root that change it or take long, run one after another. */
export function createDiskWork(context: DiskContext): DiskWork {
  const makeDurable = createMakeDurable();
  let buffer: Uint8Array | null = null; // most tasks never ask for a manifest
  return {
    manifest: (path, expect) =>
      attempt((): ReturnType<DiskWork['manifest']> => {
        const absolute = `${context.root}/${path}`;
        const { volume } = context.sigOf(lstat(absolute));
        buffer ??= new Uint8Array(READ_BYTES);
        const hashed = hashFile(absolute, { volume, buffer });
        if (hashed.t === 'busy' || !isExpected(expect, hashed.sig)) return CHANGED;
        return { t: 'done', contentId: hashed.content.contentId, chunks: chunksOf(hashed.content) };
      }),
    reuse: (request) => attempt(() => ({ t: 'done', missing: reuse(context, request) })),
    place: (requests) => allOrNone(requests, () => place(context, requests, makeDurable)),
    prepare: (requests) => allOrNone(requests, () => prepare(context, requests)),
    swapIn: (swaps) => attempt(() => ({ t: 'done', ...swapIn(context, swaps) })),
    flush: (what) => makeFlushed(context, what, makeDurable),
    makeFolder: (path, into) => attempt(() => makeFolder(context, path, into)),
    move: (from, to, moving) => attempt(() => move(context, { from, to, ...moving })),
    moveToStaging: (id, from, expect) => attempt(() => moveToStaging(context, { id, from, expect })),
    unstage: (id, to, into = null) => attempt(() => unstage(context, { id, to, into })),
    setMeta: (path, expect, meta) => attempt(() => setMeta(context, { path, expect, meta })),
    trashFile: (id, path, expect) => attempt(() => trashFile(context, { id, path, expect })),
    removeFolder: (path, expect) => attempt(() => removeFolder(context, path, expect)),
    settleDisplaced: (nowMs, only) => settleDisplaced(context, nowMs, only),
    displaced: () => displaced(context),
    surfaceDisplaced: (kept) => surfaceDisplaced(context, kept),
    recover: (unfinishedOpIds) => recover(context, unfinishedOpIds),
  };
}

type Content = Extract<ReturnType<typeof hashFile>, { t: 'hashed' }>['content'];
type Chunks = Extract<ReturnType<DiskWork['manifest']>, { t: 'done' }>['chunks'];

function chunksOf({ contentId, size, chunks }: Content): Chunks {
  if (chunks) return chunks;
  return size === 0 ? [] : [{ hash: contentId as Chunks[number]['hash'], size }];
}

/** A batch that cannot begin at all (the root is gone, the disk is full) is refused as a whole. */
function allOrNone<T>(requests: readonly unknown[], work: () => readonly T[]): readonly (T | DiskResult<never>)[] {
  const answers = attempt(() => ({ t: 'done' as const, results: work() }));
  return answers.t === 'done' ? answers.results : requests.map(() => answers);
}
