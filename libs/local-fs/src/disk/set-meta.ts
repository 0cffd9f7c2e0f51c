import { closeSync, fchmodSync, fstatSync, fsyncSync, futimesSync, openSync } from 'node:fs';
import type { DiskResult, FileMeta, StatSig } from '@tideline/sync-core';
import { READ_FLAGS } from '../hash/hash-file.ts';
import { isExpected, toUtimeSeconds } from '../stat/sig.ts';
import { CHANGED } from './attempt.ts';
import type { DiskContext } from './disk-context.ts';
import { splitPath, withFolders } from './folder-handle.ts';
import { withExec } from './place.ts';

export type SetMetaRequest = { readonly path: string; readonly expect: StatSig; readonly meta: FileMeta };

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
      fsyncSync(fd);
      return { t: 'done', sig: context.sigOf(fstatSync(fd, { bigint: true })) };
    } finally {
      closeSync(fd);
    }
  });
}
