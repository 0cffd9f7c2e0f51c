import type { SyncMode } from '@tideline/contracts';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type BaseView,
  type CloudId,
  type CloudNode,
  type CloudOverlay,
  type LeftOut,
  type LocalKey,
  type LocalNode,
  type LocalOverlay,
  type Observed,
  type ThreeTrees,
} from '../model/tree.ts';
import type { IsExcluded, TaskFilter } from './compile-filter.ts';
import { goneTest } from '../reconcile/gone-from-cloud.ts';
import { cloudFromRow } from '../reconcile/scene.ts';
import { Sizes } from './sizes.ts';

/**
 * SY-26: what a filter leaves out is not decided about. New nodes are not seen. A node of base that a (changed) filter leaves out
 * is frozen on both sides: a filter never deletes. A node that is moved in the cloud from a place within to one that is left
 * out has left the task, as one that was deleted has (bidirectional); so has one that was moved there on the disk.
 * One that is moved on the disk from a place that is left out to one within is in the task again, and moves in the cloud as well.
 * A file that is too large on either side is left out by that alone, wherever it is or goes: it is frozen until it is small again.
 * The filter goes by the names that nodes have here.
 */
export function applyFilter(trees: ThreeTrees, { isExcluded, isTooLarge }: TaskFilter, mode: SyncMode): ThreeTrees {
  const paths = new Paths(trees, isExcluded);
  const sizes = new Sizes(trees, isTooLarge, mode);
  const filtering = { paths, sizes, mode, isFrozen: frozenTest(trees, paths, sizes) };
  const cloud = filterCloud(trees, filtering);
  return { ...trees, local: filterLocal(trees, filtering), cloud, leftOut: leftOut(trees, { ...filtering, cloud }) };
}

/** What is gone on both sides is nothing that anybody could leave out: base lets go of it, or it would hold its folder for ever. */
function frozenTest(trees: ThreeTrees, paths: Paths, sizes: Sizes): (key: LocalKey) => boolean {
  const isGone = goneTest(trees);
  return (key) => {
    if (!paths.isFrozen(key) && !sizes.isRowOut(key)) return false;
    return trees.local.get(key)?.t !== 'absent' || !isGone(trees.base.get(key)?.cloudId ?? '');
  };
}

type Filtering = {
  readonly paths: Paths;
  readonly sizes: Sizes;
  readonly mode: SyncMode;
  readonly isFrozen: (key: LocalKey) => boolean;
};
type Told = Pick<Filtering, 'isFrozen'> & { readonly cloud: CloudOverlay };

function leftOut(trees: ThreeTrees, told: Told): LeftOut {
  const rows = frozenRows(trees, told);
  const isGone = goneTest(trees);
  const isKnown = ({ cloudId }: BaseNode): boolean => trees.cloud.get(cloudId)?.t === 'present' || isGone(cloudId);
  const ids = (some: readonly BaseNode[]): ReadonlySet<BaseId> => new Set(some.map(({ id }) => id));
  const nameless = { local: ids(rows), cloud: ids(rows.filter(isKnown)) };
  return { cloud: hiddenInCloud(trees, rows, told).filter(({ id }) => !isGone(id)), nameless };
}

/** Known to be in the cloud, and not told on. What no overlay of the cloud mentions is where base has it. */
function hiddenInCloud(trees: ThreeTrees, rows: readonly BaseNode[], { cloud }: Told): readonly CloudNode[] {
  const hidden: CloudNode[] = [];
  const isTold = (id: CloudId): boolean => cloud.get(id)?.t === 'present';
  for (const [id, seen] of trees.cloud) if (seen.t === 'present' && !isTold(id)) hidden.push(seen.node);
  for (const row of rows) if (!trees.cloud.has(row.cloudId)) hidden.push(nodeOf(row, trees.base));
  return hidden;
}

function frozenRows({ base, local, cloud }: ThreeTrees, { isFrozen }: Told): readonly BaseNode[] {
  const rows = new Map<BaseId, BaseNode>();
  const note = (row: BaseNode | undefined) => {
    if (row && isFrozen(row.id)) rows.set(row.id, row);
  };
  for (const key of local.keys()) note(base.get(key));
  for (const id of cloud.keys()) note(base.byCloudId(id));
  return [...rows.values()];
}

function nodeOf(row: BaseNode, base: BaseView): CloudNode {
  return cloudFromRow(row, base.get(row.parent)?.cloudId ?? '');
}

function filterLocal(trees: ThreeTrees, { paths, sizes, isFrozen }: Filtering): LocalOverlay {
  const local = new Map<LocalKey, Observed<LocalNode>>();
  for (const [key, seen] of trees.local) {
    if (isFrozen(key)) local.set(key, isKnownToBeGone(trees, key) ? seen : frozen(seen));
    else if (key < 0 && sizes.isSeenOut(seen)) continue;
    else if (seen.t !== 'present' || !paths.isLocalOut(key)) local.set(key, seen);
    else if (key > 0) leave(trees, key, { sinceMs: seen.sinceMs, local });
  }
  return local;
}

/**
 * What is gone here holds no folder here. That may be told only where the overlay of the cloud has it as well, which is frozen then:
 * by itself it would be taken for a delete.
 */
function isKnownToBeGone({ base, local, cloud }: ThreeTrees, key: LocalKey): boolean {
  return local.get(key)?.t === 'absent' && cloud.has(base.get(key)?.cloudId ?? '');
}

/** What was moved to where the filter looks away has left with everything that base has in it and nobody saw elsewhere. */
function leave(
  { base, local: seen }: ThreeTrees,
  key: BaseId,
  { sinceMs, local }: { sinceMs: number; local: Map<LocalKey, Observed<LocalNode>> },
): void {
  const open = [key];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id !== key && seen.has(id)) continue;
    local.set(id, { t: 'absent', sinceMs });
    for (const row of base.children(id)) open.push(row.id);
  }
}

function filterCloud(trees: ThreeTrees, filtering: Filtering): CloudOverlay {
  const { paths, sizes, mode } = filtering;
  const cloud = new Map<CloudId, Observed<CloudNode>>();
  for (const [id, seen] of trees.cloud) {
    const row = trees.base.byCloudId(id);
    const isNewOut = () => paths.isCloudOut(id) || sizes.isSeenOut(seen);
    const told = row ? cloudOfRow(seen, { ...filtering, row, base: trees.base }) : cloudOfNew(seen, isNewOut, mode);
    if (told) cloud.set(id, told);
  }
  return cloud;
}

type Of = Filtering & { readonly row: BaseNode; readonly base: BaseView };

function cloudOfRow(seen: Observed<CloudNode>, { paths, mode, isFrozen, row, base }: Of): Observed<CloudNode> {
  if (isFrozen(row.id)) return frozen(seen);
  const isGone = paths.isFrozen(row.id); // but is not frozen: in a folder that is gone there
  if (seen.t !== 'present' || mode === 'upload' || isGone || !paths.isCloudOut(row.cloudId)) return seen;
  if (!paths.isRowOut(row.id)) return { t: 'absent', sinceMs: seen.sinceMs };
  // Moved into the task here: from which of the places that nobody looks at it comes is all the same.
  const { parentId, name } = nodeOf(row, base);
  return { ...seen, node: { ...seen.node, parentId, name } };
}

function cloudOfNew(seen: Observed<CloudNode>, isOut: () => boolean, mode: SyncMode): Observed<CloudNode> | undefined {
  return seen.t === 'present' && mode !== 'upload' && isOut() ? undefined : seen;
}

function frozen<T>({ sinceMs }: Observed<T>): Observed<T> {
  return { t: 'unknown', why: 'unsupported', sinceMs };
}

/**
 * What was moved in the cloud from a place that is left out to one within. (What its size leaves out stays that wherever it is moved.)
 */
export function movedIn(trees: ThreeTrees, isExcluded: IsExcluded): readonly BaseId[] {
  const paths = new Paths(trees, isExcluded);
  const entered: BaseId[] = [];
  for (const [id, seen] of trees.cloud) {
    const row = seen.t === 'present' ? trees.base.byCloudId(id) : undefined;
    if (!row || seen.t !== 'present' || !paths.isFrozen(row.id) || paths.isCloudOut(id)) continue;
    if (isMovedInCloud(seen.node, row, trees.base)) entered.push(row.id);
  }
  return entered;
}

function isMovedInCloud(node: CloudNode, row: BaseNode, base: BaseView): boolean {
  return node.name !== row.cloudName || node.parentId !== base.get(row.parent)?.cloudId;
}

type Path = { readonly path: string; readonly isOut: boolean };
const ROOT_PATH: Path = { path: '', isOut: false };

/** Paths of what the overlays mention, by way of folders that many of them share. */
class Paths {
  readonly #base: BaseView;
  readonly #trees: ThreeTrees;
  readonly #isExcluded: IsExcluded;
  readonly #rows = new Map<BaseId, Path>();
  readonly #local = new Map<LocalKey, Path>();
  readonly #cloud = new Map<CloudId, Path>();

  constructor(trees: ThreeTrees, isExcluded: IsExcluded) {
    this.#base = trees.base;
    this.#trees = trees;
    this.#isExcluded = isExcluded;
  }

  isRowOut(key: LocalKey): boolean {
    return key > 0 && this.#row(key).isOut;
  }

  /** In base at a place that is left out, and not moved into the task on the disk. */
  isFrozen(key: LocalKey): boolean {
    if (!this.isRowOut(key)) return false;
    return this.#trees.local.get(key)?.t !== 'present' || this.#localPath(key).isOut;
  }

  isLocalOut(key: LocalKey): boolean {
    return this.#localPath(key).isOut;
  }

  isCloudOut(id: CloudId): boolean {
    return this.#cloudPath(id).isOut;
  }

  #row(id: BaseId): Path {
    const row = this.#base.get(id);
    if (id === ROOT_ID || !row) return ROOT_PATH;
    return this.#memo(this.#rows, id, () => this.#below(this.#row(row.parent), row.localName, row.kind));
  }

  #localPath(key: LocalKey): Path {
    const seen = this.#trees.local.get(key);
    if (seen?.t !== 'present') return this.#row(key);
    const { parent, name, kind } = seen.node;
    return this.#memo(this.#local, key, () => this.#below(this.#localPath(parent), name, kind));
  }

  #cloudPath(id: CloudId): Path {
    const row = this.#base.byCloudId(id);
    const seen = this.#trees.cloud.get(id);
    if (seen?.t === 'present') {
      const { parentId, name, kind } = seen.node;
      const nameHere = row?.cloudName === name ? row.localName : name;
      return this.#memo(this.#cloud, id, () => this.#below(this.#cloudPath(parentId), nameHere, kind));
    }
    const parent = row && row.id !== ROOT_ID ? this.#base.get(row.parent) : undefined;
    if (!row || !parent) return ROOT_PATH;
    return this.#memo(this.#cloud, id, () => this.#below(this.#cloudPath(parent.cloudId), row.localName, row.kind));
  }

  #below(parent: Path, name: string, kind: 'file' | 'folder'): Path {
    const path = parent.path === '' ? name : `${parent.path}/${name}`;
    return { path, isOut: parent.isOut || this.#isExcluded(path, kind === 'folder') };
  }

  /** A loop of parents ends at the root; what is in it is never decided about anyway. */
  #memo<K>(known: Map<K, Path>, key: K, make: () => Path): Path {
    const before = known.get(key);
    if (before) return before;
    known.set(key, ROOT_PATH);
    const path = make();
    known.set(key, path);
    return path;
  }
}
