import { ROOT_ID, type BaseId, type BaseView, type LocalKey, type LocalOverlay } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';

/** Deeper than any path the system allows: where the tree has a ring, there is no path. */
const MAX_DEPTH = 2100;

type Place = { readonly parent: LocalKey; readonly name: string };

/**
 * Where local nodes are right now: base, patched by what the scan saw and by the moves and folders made since.
 * Paths are looked up when an operation runs, so that a renamed parent never leaves a stale path behind.
 */
export type LiveTree = {
  /** `undefined` when the node, or a folder above it, is not on this disk. */
  pathOf(key: LocalKey): RelativePath | undefined;
  /** Where it is, or was before it went from this disk: what is said of a delete is said of that path. */
  lastPathOf(key: LocalKey): RelativePath | undefined;
  childPath(parent: LocalKey, name: string): RelativePath | undefined;
  /** The folder it is in; `undefined` when it is not on this disk. */
  folderOf(key: LocalKey): LocalKey | undefined;
  put(key: LocalKey, place: Place): void;
  /** A local entry got its base id: whatever lies below it is found under either. */
  adopt(key: LocalKey, id: BaseId): void;
};

export function createLiveTree(base: BaseView, local: LocalOverlay): LiveTree {
  const moved = new Map<LocalKey, Place>();
  const adopted = new Map<LocalKey, BaseId>();

  const placeOf = (key: LocalKey): Place | undefined => {
    const done = moved.get(key);
    if (done) return done;
    const seen = local.get(key);
    if (seen) return seen.t === 'present' ? seen.node : seen.t === 'absent' ? undefined : placeInBase(key);
    return placeInBase(key);
  };
  const placeInBase = (key: LocalKey): Place | undefined => {
    const row = base.get(key);
    return row && { parent: row.parent, name: row.localName };
  };

  const pathBy = (key: LocalKey, find: (at: LocalKey) => Place | undefined): RelativePath | undefined => {
    const names: string[] = [];
    for (let at = adopted.get(key) ?? key; at !== ROOT_ID;) {
      const place = find(at);
      if (!place || names.length === MAX_DEPTH) return undefined;
      names.push(place.name);
      at = adopted.get(place.parent) ?? place.parent;
    }
    return names.reverse().join('/');
  };

  const tree: LiveTree = {
    pathOf: (key) => pathBy(key, placeOf),
    lastPathOf: (key) => pathBy(key, (at) => placeOf(at) ?? placeInBase(at)),
    childPath(parent, name) {
      const folder = tree.pathOf(parent);
      if (folder === undefined) return undefined;
      return folder === '' ? name : `${folder}/${name}`;
    },
    folderOf: (key) => placeOf(adopted.get(key) ?? key)?.parent,
    put(key, place) {
      moved.set(key, place);
    },
    adopt(key, id) {
      const place = placeOf(key);
      if (place) moved.set(id, place);
      adopted.set(key, id);
    },
  };
  return tree;
}
