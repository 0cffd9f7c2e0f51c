import { ROOT_ID, type BaseId, type BaseNode } from '../model/tree.ts';
import type { CycleDeps } from './cycle-types.ts';

/**
 * Whether a node that one side lacks, or a folder above it, cannot be seen on the other side, or the other way round. In recovery
 * it comes back once it is seen (FI-4); without recovery its absence would be taken for a delete.
 */
export function leavesOutOfSight({ journal }: CycleDeps): boolean {
  const { base } = journal;
  const { local, cloud } = journal.notPresent();
  const rowsOf = (state: 'absent' | 'unknown') => ({
    local: local.flatMap(([key, { t }]) => (t === state ? (base.get(key) ?? []) : [])),
    cloud: cloud.flatMap(([id, { t }]) => (t === state ? (base.byCloudId(id) ?? []) : [])),
  });
  const lost = rowsOf('absent');
  const hidden = rowsOf('unknown');
  const meet = (some: readonly BaseNode[], others: readonly BaseNode[]): boolean =>
    some.length > 0 && others.length > 0 && (areBelow(some, idsOf(others)) || areBelow(others, idsOf(some)));
  const areBelow = (rows: readonly BaseNode[], ids: ReadonlySet<BaseId>): boolean =>
    rows.some((row) => {
      let at: BaseNode | undefined = row;
      while (at && at.id !== ROOT_ID && !ids.has(at.id)) at = base.get(at.parent); // the root is its own parent
      return at !== undefined && ids.has(at.id);
    });
  return meet(lost.cloud, hidden.local) || meet(lost.local, hidden.cloud);
}

function idsOf(rows: readonly BaseNode[]): ReadonlySet<BaseId> {
  return new Set(rows.map(({ id }) => id));
}
