import { ROOT_ID } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { CycleDeps } from './cycle-types.ts';
import { createLiveTree } from './live-tree.ts';

/** Older absences have been looked at again already, or wait for a person. */
const RECENT_MS = 60_000;
const MAX_FOLDERS = 1000;

/**
 * Folders out of which something has gone just now. An editor that saves by deleting and making anew leaves a moment in which
 * a file is not there: it is looked for once more when the delete has settled.
 */
export function recentlyGone({ journal, clock }: CycleDeps): ReadonlySet<RelativePath> {
  const live = createLiveTree(journal.base, journal.localOverlay());
  const folders = new Set<RelativePath>();
  for (const [key, seen] of journal.notPresent().local) {
    if (seen.t !== 'absent' || clock.nowMs() - seen.sinceMs > RECENT_MS) continue;
    const row = journal.base.get(key);
    const folder = row && (row.parent === ROOT_ID ? '' : live.pathOf(row.parent));
    if (folder !== undefined) folders.add(folder);
    if (folders.size >= MAX_FOLDERS) break;
  }
  return folders;
}
