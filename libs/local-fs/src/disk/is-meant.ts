import type { Into } from '@tideline/sync-core';
import { isSameIdentity } from '../stat/sig.ts';
import type { DiskContext } from './disk-context.ts';
import type { FolderHandle } from './folder-handle.ts';

/** Whether the folder held open is the one that something is to be put into, and not another one that got its path since. */
export function isMeant({ sigOf }: DiskContext, folder: FolderHandle, into: Into | undefined): boolean {
  return !into || isSameIdentity(sigOf(folder.stats()), into);
}
