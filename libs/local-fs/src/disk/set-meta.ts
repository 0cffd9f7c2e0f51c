import { closeSync, fchmodSync, fstatSync, fsyncSync, futimesSync, openSync, type BigIntStats } from 'node:fs';
import type { DiskResult, FileMeta, StatSig } from '@tideline/sync-core';
import { READ_FLAGS } from '../hash/hash-file.ts';
import { isExpected, RACY_CTIME, toFileMeta, toUtimeSeconds } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import type { DiskContext } from './disk-context.ts';
import { splitPath, withFolders } from './folder-handle.ts';
import { withExec } from './place.ts';

export type SetMetaRequest = { readonly path: string; readonly expect: StatSig; readonly meta: FileMeta };

/** Times on disk come in steps of at most this (FAT). */
const COARSEST_MS = 2000;

/** Time and executable bit of the file that is expected, through one descriptor: a file put there meanwhile is not touched. */
export function setMeta(context: DiskContext, { path, expect, meta }: SetMetaRequest): DiskResult<{ sig: StatSig }> {
  const { folder, name } = splitPath(path);
  return withFolders(context.root, (folders) => {
    const fd = openSync(folders.get(folder).at(name), READ_FLAGS);
    try {
      const before = fstatSync(fd, { bigint: true });
      if (!isExpected(expect, context.sigOf(before))) return CHANGED;
      const mode = Number(before.mode) & 0o7777;
      if (withExec(mode, meta.exec) !== mode) fchmodSync(fd, withExec(mode, meta.exec));
      const seconds = toUtimeSeconds(meta.mtimeMs);
      futimesSync(fd, seconds, seconds);
      // Before the long call: what is written during it must not be vouched for.
      const after = fstatSync(fd, { bigint: true });
      fsyncSync(fd);
      if (after.size !== before.size || isJustWritten(context, after, meta)) return CHANGED;
      return { t: 'done', sig: vouchedSig(context, after, meta) };
    } finally {
      closeSync(fd);
    }
  });
}

/** Not our time, but the present one. */
function isJustWritten({ nowMs }: DiskContext, after: BigIntStats, meta: FileMeta): boolean {
  const { mtimeMs } = toFileMeta(after);
  return mtimeMs !== Math.round(meta.mtimeMs) && Math.abs(nowMs() - mtimeMs) <= COARSEST_MS;
}

/**
 * Our time covers up a write that came just before it, so the next scan is to read the file once more. Where the disk does not
 * hold what was asked for it is not to look again, or what it cannot hold would be taken for a change made here (BI-6).
 */
function vouchedSig(context: DiskContext, after: BigIntStats, meta: FileMeta): StatSig {
  const sig = context.sigOf(after);
  const held = toFileMeta(after);
  const isHeld = held.mtimeMs === Math.round(meta.mtimeMs) && held.exec === meta.exec;
  return isHeld ? { ...sig, ctimeNs: RACY_CTIME } : sig;
}
