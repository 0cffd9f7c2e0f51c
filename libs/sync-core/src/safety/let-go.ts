import { ROOT_ID, type BaseId, type BaseNode, type BaseView, type CloudOverlay } from '../model/tree.ts';
import type { Advance } from '../ports/journal.ts';
import { isGoneFromCloud } from '../reconcile/gone-from-cloud.ts';
import { cloudFromRow } from '../reconcile/scene.ts';

/**
 * Takes nodes, and what base has below them, out of base without touching either side: what is in the cloud is new from there,
 * what is on the disk is new from here once it is scanned again. So nothing is deleted on either side because of what base knew.
 */
export function letGo(trees: { base: BaseView; cloud: CloudOverlay }, ids: Iterable<BaseId>): Advance {
  const { base, cloud } = trees;
  const rows = withAllBelow(base, ids);
  const unseen = rows.filter((row) => !cloud.has(row.cloudId) && !isGoneFromCloud(trees, row.cloudId));
  return {
    forget: rows.map((row) => row.id),
    local: rows.map((row) => ({ key: row.id, seen: 'equal' as const })),
    cloud: unseen.map((row) => {
      const node = cloudFromRow(row, base.get(row.parent)?.cloudId ?? '');
      return { id: row.cloudId, seen: { t: 'present' as const, node, sinceMs: 0 } };
    }),
  };
}

/** Rows of base and what it has below them, folders before what they hold; the root is never among them. */
export function withAllBelow(base: BaseView, ids: Iterable<BaseId>): readonly BaseNode[] {
  const found = new Map<BaseId, BaseNode>();
  const stack = [...ids].filter((id) => id !== ROOT_ID);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const row = found.has(id) ? undefined : base.get(id);
    if (!row) continue;
    found.set(id, row);
    if (row.kind === 'folder') for (const child of base.children(id)) stack.push(child.id);
  }
  return [...found.values()];
}
