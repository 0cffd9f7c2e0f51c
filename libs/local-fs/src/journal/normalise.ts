import { ROOT_ID, type BaseId, type BaseNode, type CloudId, type LocalKey, type LocalNode } from '@tideline/sync-core';
import { isSameSig } from '../stat/sig.ts';
import type { BaseStore } from './base-store.ts';
import { isCloudEqual, isLocalEqual } from './equal-to-base.ts';
import type { CloudOverlayStore, LocalOverlayStore } from './overlay-store.ts';

export type Trees = {
  readonly base: BaseStore;
  readonly local: LocalOverlayStore;
  readonly cloud: CloudOverlayStore;
};

/**
 * Overlay entries that now equal base vanish; base takes over their signature or revision, which are no differences.
 * Only `keys` and `cloudIds` can have become equal by what was just written.
 */
export function normalise(trees: Trees, keys: Iterable<LocalKey>, cloudIds: Iterable<CloudId>): void {
  const refreshed = new Map<BaseId, BaseNode>();
  const current = (row: BaseNode | undefined) => row && (refreshed.get(row.id) ?? row);
  for (const key of keys) {
    const row = current(trees.base.get(key));
    const update = settleLocal(trees, key, row);
    if (update) refreshed.set(update.id, update);
  }
  for (const id of cloudIds) {
    const row = current(trees.base.byCloudId(id));
    const update = settleCloud(trees, id, row);
    if (update) refreshed.set(update.id, update);
  }
  if (refreshed.size > 0) trees.base.write({ rows: [...refreshed.values()], forget: [] });
}

/** Answers the base row with the signature that follows, if it has to change. */
function settleLocal(trees: Trees, key: LocalKey, row: BaseNode | undefined): BaseNode | undefined {
  const seen = trees.local.get(key);
  if (!seen) return undefined;
  // A detached row keeps a name only: what happens to the local file makes it neither absent nor equal.
  if (seen.t === 'absent' && row?.state !== 'managed') trees.local.delete(key);
  if (seen.t !== 'present' || row?.state !== 'managed') return undefined;
  return takeOverLocal(trees, seen.node, row);
}

function takeOverLocal(trees: Trees, node: LocalNode, row: BaseNode): BaseNode | undefined {
  if (!isLocalEqual(node, row)) return undefined;
  trees.local.delete(row.id);
  const isRefreshed = row.sig === null || row.sig.ctimeNs !== node.sig.ctimeNs || !isSameSig(row.sig, node.sig);
  return isRefreshed ? { ...row, sig: node.sig } : undefined;
}

/** Answers the base row with the revision that follows, if it has to change. */
function settleCloud(trees: Trees, id: CloudId, row: BaseNode | undefined): BaseNode | undefined {
  const seen = trees.cloud.get(id);
  if (!seen) return undefined;
  if (seen.t === 'absent' && !row) trees.cloud.delete(id);
  if (seen.t !== 'present' || !row) return undefined;
  const parent = row.id === ROOT_ID ? undefined : trees.base.get(row.parent);
  if (!isCloudEqual(seen.node, row, parent?.cloudId)) return undefined;
  trees.cloud.delete(id);
  return row.rev === seen.node.rev ? undefined : { ...row, rev: seen.node.rev };
}
