import { codeOf } from '../scan/system-error.ts';
import type { DiskContext } from './disk-context.ts';
import { splitPath, type FolderHandle, type FolderSet } from './folder-handle.ts';
import { joinPath } from '../scan/session.ts';
import { labelled } from './late-name.ts';
import { placeAt } from './place-at.ts';

export type RescueRequest = {
  readonly from: FolderHandle;
  readonly name: string;
  /** Where it once was; its folder may be gone. */
  readonly path: string;
  readonly label: string;
};

/** Brings bytes that nobody may lose back into sight, next to where they were, under a name of their own. */
export function rescue(context: DiskContext, folders: FolderSet, request: RescueRequest): string {
  const { folder, handle } = nearestFolder(context, folders, splitPath(request.path).folder);
  const { name } = splitPath(request.path);
  for (let number = 1; ; number += 1) {
    const rescued = labelled(name, { label: request.label, number });
    if (placeAt(request.from.at(request.name), handle.at(rescued)) === 'taken') continue;
    handle.sync();
    return joinPath(folder, rescued);
  }
}

function nearestFolder(
  context: DiskContext,
  folders: FolderSet,
  path: string,
): { readonly folder: string; readonly handle: FolderHandle } {
  try {
    return { folder: path, handle: folders.get(path) };
  } catch (error) {
    if (path === '' || !['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) throw error;
    return nearestFolder(context, folders, splitPath(path).folder);
  }
}
