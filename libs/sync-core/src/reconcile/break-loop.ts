import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID } from '../model/tree.ts';
import { placeThere } from './merge-both.ts';
import type { Entity } from './scene-types.ts';
import type { TargetTree } from './target.ts';

/**
 * SY-11: the order of the cloud stands. Of the moves made here that close a loop, one goes back to where the cloud has the folder.
 * Answers whether there was a loop.
 */
export function breakLoop(tree: TargetTree, policy: SyncPolicy): boolean {
  const loop = findLoop(tree);
  if (loop) undoOneMove(tree, loop, policy);
  return loop !== null;
}

function findLoop(tree: TargetTree): readonly Entity[] | null {
  const cleared = new Set<Entity>([ROOT_ID]);
  for (const start of tree.entities()) {
    const path: Entity[] = [];
    const onPath = new Set<Entity>();
    for (let at = start; !cleared.has(at);) {
      if (onPath.has(at)) return path.slice(path.indexOf(at));
      path.push(at);
      onPath.add(at);
      const target = tree.get(at);
      if (target.t !== 'kept') break;
      at = target.parent;
    }
    for (const entity of path) cleared.add(entity);
  }
  return null;
}

function undoOneMove(tree: TargetTree, loop: readonly Entity[], policy: SyncPolicy): void {
  for (const entity of [...loop].sort((a, b) => b - a)) {
    const target = tree.get(entity);
    const { cloud, row } = tree.scene.facts(entity);
    if (target.t !== 'kept' || target.placedBy !== 'local' || cloud.t !== 'present') continue;
    tree.set(entity, { ...target, ...placeThere(cloud, row, policy), placedBy: 'cloud', rule: 'SY-11' });
    return;
  }
  // Neither side has a loop by itself, so one of its places is from here and another one known there.
  throw new Error(`no move to undo in a loop of ${loop.length} folders`);
}
