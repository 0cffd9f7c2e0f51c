import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID } from '../model/tree.ts';
import { isMovedHere, isMovedInCloud, keptByOneSide } from './merge-both.ts';
import { NOWHERE, type Entity, type Facts } from './scene-types.ts';
import type { TargetTree } from './target.ts';

/**
 * SY-7: who moves a folder moves what it holds. When the other side deleted the folder, its contents were moved away from that
 * delete with it, though none of them changed by itself.
 */
export function keepWhatMovedFoldersHold(tree: TargetTree, policy: SyncPolicy): void {
  const known = new Map<Entity, boolean>();
  for (const entity of tree.entities()) {
    const target = tree.get(entity);
    if (target.t !== 'gone' || target.rule !== 'SY-8') continue;
    const facts = tree.scene.facts(entity);
    if (!isCarried(tree, facts, known)) continue;
    const kept = keptByOneSide(facts, policy);
    if (kept) tree.set(entity, { ...kept, rule: 'SY-7' });
  }
}

function isCarried(tree: TargetTree, { local, cloud }: Facts, known: Map<Entity, boolean>): boolean {
  const side = cloud.t === 'present' ? cloud : local;
  return side.t === 'present' && carries(tree, side.parent, known);
}

/** Whether a folder is gone on one side, and was moved on the other, by itself or with a folder above it that is gone, too. */
function carries(tree: TargetTree, folder: Entity, known: Map<Entity, boolean>): boolean {
  if (folder === ROOT_ID || folder === NOWHERE) return false;
  const before = known.get(folder);
  if (before !== undefined) return before;
  const facts = tree.scene.facts(folder);
  const isOneSided = (facts.local.t === 'absent') !== (facts.cloud.t === 'absent');
  const carried = isOneSided && (isMovedByItself(facts) || isCarried(tree, facts, known));
  known.set(folder, carried);
  return carried;
}

function isMovedByItself({ local, cloud, row }: Facts): boolean {
  if (row?.state !== 'managed') return false;
  if (cloud.t === 'present') return isMovedInCloud(cloud, row);
  return local.t === 'present' && isMovedHere(local, row);
}
