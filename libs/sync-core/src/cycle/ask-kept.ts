import type { Plan } from '../model/plan.ts';
import type { IsKept } from '../model/policy.ts';
import type { LocalKey, ThreeTrees } from '../model/tree.ts';
import type { Cloud, FileVersion } from '../ports/cloud.ts';

/**
 * Contents that a plan would keep beside, or put on top of, the node that is there: the only ones whose history is worth asking for.
 */
export function contestedIn(plan: Plan, { base, local }: ThreeTrees): FileVersion[] {
  const contentOf = (key: LocalKey): string | null => {
    const seen = local.get(key);
    if (seen) return seen.t === 'present' ? (seen.node.content?.contentId ?? null) : null;
    return base.get(key)?.contentId ?? null;
  };
  const copies = plan.local.flatMap((op) => {
    if (op.op !== 'localSetAside' || op.why !== 'conflict' || op.original === null) return [];
    const contentId = contentOf(op.key);
    return contentId === null ? [] : [{ nodeId: op.original, contentId }];
  });
  const onTop = plan.cloud.flatMap((op) => {
    if (op.op !== 'cloudUpload' || op.target.t !== 'version') return [];
    return [{ nodeId: op.cloudId, contentId: op.content.contentId }];
  });
  return [...copies, ...onTop];
}

/** Null: nothing was to be asked, or nothing of it is kept. */
export async function askKept(cloud: Cloud, asked: readonly FileVersion[]): Promise<IsKept | null> {
  if (asked.length === 0) return null;
  const kept = new Set((await cloud.keptVersions(asked)).map(keyOf));
  return kept.size === 0 ? null : (nodeId, contentId) => kept.has(keyOf({ nodeId, contentId }));
}

function keyOf({ nodeId, contentId }: FileVersion): string {
  return `${nodeId} ${contentId}`;
}
