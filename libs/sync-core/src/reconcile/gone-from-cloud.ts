import {
  ROOT_ID,
  type BaseId,
  type BaseView,
  type CloudId,
  type CloudOverlay,
  type ThreeTrees,
} from '../model/tree.ts';

export type GoneFromCloud = {
  /** Every cloud node that is gone, by its own tombstone or with a folder above it. */
  readonly ids: ReadonlySet<CloudId>;
  /** Of them, those in base. */
  readonly rows: readonly BaseId[];
};

/**
 * The feed tells of a deleted folder only: what base has below it, and what is not known to be elsewhere, went with it. Not so
 * what is unknown: it may have left the folder for where nothing is seen before the folder went (SA-4).
 * Costs as much as what is gone.
 */
export function goneFromCloud(trees: ThreeTrees): GoneFromCloud {
  const isGone = goneTest(trees);
  const ids = new Set<CloudId>();
  const rows: BaseId[] = [];
  const visit = (cloudId: CloudId): void => {
    const open = [cloudId];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (ids.has(id) || !isGone(id)) continue;
      ids.add(id);
      const row = trees.base.byCloudId(id);
      if (!row) continue;
      rows.push(row.id);
      if (row.kind === 'folder') for (const child of trees.base.children(row.id)) open.push(child.cloudId);
    }
  };
  for (const cloudId of trees.cloud.keys()) visit(cloudId);
  return { ids, rows };
}

type KnownTrees = {
  readonly base: Pick<BaseView, 'get' | 'byCloudId'>;
  readonly cloud: Pick<CloudOverlay, 'get'>;
};

export function isGoneFromCloud(trees: KnownTrees, cloudId: CloudId): boolean {
  return goneTest(trees)(cloudId);
}

/** For many questions about the same trees. */
export function goneTest({ base, cloud }: KnownTrees): (cloudId: CloudId) => boolean {
  const rootId = base.get(ROOT_ID)?.cloudId;
  const known = new Map<CloudId, boolean>();
  const parentOf = (cloudId: CloudId): CloudId | undefined => {
    const seen = cloud.get(cloudId);
    if (seen?.t === 'present') return seen.node.parentId;
    const row = base.byCloudId(cloudId);
    return row && base.get(row.parent)?.cloudId;
  };
  const isGone = (cloudId: CloudId): boolean => {
    if (cloudId === rootId) return false;
    const before = known.get(cloudId);
    if (before !== undefined) return before;
    known.set(cloudId, false); // a loop of parents proves nothing
    const seen = cloud.get(cloudId)?.t;
    if (seen === 'unknown') return false;
    const parent = parentOf(cloudId);
    const gone = seen === 'absent' || (parent !== undefined && isGone(parent));
    known.set(cloudId, gone);
    return gone;
  };
  return isGone;
}
