import type { BaseId, LocalKey, ScanResult } from '@tideline/sync-core';
import { normalise, type Trees } from './normalise.ts';

/** A full scan replaces the overlay; a partial one what lies directly in the listed folders or in new folders below them. */
export function foldScan(trees: Trees, result: ScanResult): void {
  if (result.full) trees.local.clear();
  else for (const key of entriesBelonging(trees, result.listed)) trees.local.remove(key);
  for (const [key, seen] of result.seen) trees.local.set(key, seen);
  normalise(trees, result.seen.keys(), []);
}

function entriesBelonging(trees: Trees, listed: ReadonlySet<BaseId>): readonly LocalKey[] {
  const isInside = insideTest(trees, listed);
  const belonging: LocalKey[] = [];
  for (const [key, seen] of trees.local.entries) {
    const isHere = seen.t === 'present' && isInside(seen.node.parent);
    const wasHere = key > 0 && isBaseChildOf(trees, key, listed);
    if (isHere || wasHere) belonging.push(key);
  }
  return belonging;
}

function isBaseChildOf(trees: Trees, key: LocalKey, listed: ReadonlySet<BaseId>): boolean {
  const parent = trees.base.get(key)?.parent;
  return parent !== undefined && listed.has(parent);
}

/** Whether a folder is listed, or new and (through new folders only) below a listed one. */
function insideTest(trees: Trees, listed: ReadonlySet<BaseId>): (folder: LocalKey) => boolean {
  const known = new Map<LocalKey, boolean>();
  const isInside = (folder: LocalKey): boolean => {
    if (folder > 0) return listed.has(folder);
    const before = known.get(folder);
    if (before !== undefined) return before;
    const seen = trees.local.entries.get(folder);
    const inside = seen?.t === 'present' && isInside(seen.node.parent);
    known.set(folder, inside);
    return inside;
  };
  return isInside;
}
