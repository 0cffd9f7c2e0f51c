import { ROOT_ID, type BaseView, type LocalKey, type LocalOverlay } from '@tideline/sync-core';

/** Path of a node below the task's root as the disk has it now, for showing; undefined when a parent is not known. */
export function localPathOf(trees: { base: BaseView; local: LocalOverlay }, key: LocalKey): string | undefined {
  const names: string[] = [];
  let at = key;
  while (at !== ROOT_ID) {
    const place = placeOf(trees, at);
    if (!place || names.length > MAX_DEPTH) return undefined;
    names.push(place.name);
    at = place.parent;
  }
  return names.toReversed().join('/');
}

/** No file system nests deeper; a damaged journal must not loop for ever. */
const MAX_DEPTH = 4096;

function placeOf({ base, local }: { base: BaseView; local: LocalOverlay }, key: LocalKey) {
  const seen = local.get(key);
  if (seen?.t === 'present') return { name: seen.node.name, parent: seen.node.parent };
  const row = key > 0 ? base.get(key) : undefined;
  return row ? { name: row.localName, parent: row.parent } : undefined;
}
