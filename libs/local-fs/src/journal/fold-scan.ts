import type { LocalKey, ScanResult } from '@tideline/sync-core';
import { normalise, type Trees } from './normalise.ts';
import type { OverlayQueries } from './overlay-queries.ts';

/** Entries taken over before those that equal base are looked for. */
const BATCH = 1000;

/**
 * A full scan replaces the overlay; a partial one what lies directly in the listed folders or in new folders below them. Answers
 * the lowest key that was told.
 */
export function foldScan(trees: Trees, result: ScanResult, queries: OverlayQueries): LocalKey {
  if (result.full) trees.local.clear();
  else for (const folder of result.listed) forgetInside(trees, folder, queries);
  let lowest = 0;
  let keys: LocalKey[] = [];
  for (const [key, seen] of result.seen) {
    trees.local.set(key, seen);
    lowest = Math.min(lowest, key);
    keys.push(key);
    if (keys.length < BATCH) continue;
    normalise(trees, keys, []);
    keys = [];
  }
  normalise(trees, keys, []);
  return lowest;
}

function forgetInside(trees: Trees, folder: LocalKey, queries: OverlayQueries): void {
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const keys = at > 0 ? [...queries.childKeys(at), ...queries.keysOfBaseIn(at)] : queries.childKeys(at);
    for (const key of keys) {
      trees.local.delete(key);
      if (key < 0) open.push(key);
    }
  }
}
