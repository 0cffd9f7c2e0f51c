import { ROOT_ID } from '../model/tree.ts';
import type { SyncPolicy } from '../model/policy.ts';
import { keptByOneSide } from './merge-both.ts';
import { NOWHERE } from './scene-types.ts';
import type { TargetTree } from './target.ts';

/**
 * SY-10, SY-26: who deletes a folder here does not see what the filter leaves out of it in the cloud. So it is not deleted there, and
 * comes back. (A folder that was deleted in the cloud stays here for what is left out of it, and is not made again there: C21.)
 */
export function keepWhatHoldsLeftOut(tree: TargetTree, policy: SyncPolicy): void {
  const { scene } = tree;
  for (const { parentId } of scene.trees.leftOut?.cloud ?? []) {
    const folder = scene.entityOf(parentId);
    if (folder === NOWHERE || folder === ROOT_ID || tree.get(folder).t !== 'gone') continue;
    const facts = scene.facts(folder);
    const kept = facts.cloud.t === 'present' ? keptByOneSide(facts, policy) : null;
    if (kept) tree.set(folder, kept);
  }
}
