import type { NodeId } from '@tideline/contracts';
import { seesMore } from '../drive/newly-readable.ts';
import type { SpaceParts } from '../grants/space-parts.ts';

/**
 * PE-6: folders with a grant on them or below, whose end could let the purger see more of what was trashed in them by itself: it moves
 * up to the folder above. Not looked at is where in the folder it lies; each place counts as if there were something.
 */
export function listOpening(parts: SpaceParts, folderIds: readonly NodeId[]): NodeId[] {
  const paths = parts.ids.map((id) => parts.pathUp(id));
  return folderIds.filter((folderId) => paths.some((path) => opens(parts, path, path.indexOf(folderId))));
}

function opens(parts: SpaceParts, path: readonly NodeId[], at: number): boolean {
  if (at < 0) return false;
  const [inside, above] = [path.slice(0, at + 1), path.slice(at + 1)];
  const had = parts.atomsAlong(path);
  return inside.some((_, kept) => seesMore(had, parts.atomsAlong([...inside.slice(0, kept), ...above])));
}
