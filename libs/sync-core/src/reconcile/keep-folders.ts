import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID } from '../model/tree.ts';
import { keptByOneSide, placeThere } from './merge-both.ts';
import type { Entity } from './scene-types.ts';
import type { Kept, TargetTree } from './target.ts';

/** SY-10, SY-11: the merged places are made one tree: no node without its folder, no folder inside itself. */
export function makeTree(tree: TargetTree, policy: SyncPolicy): void {
  for (;;) {
    keepFolders(tree, policy);
    const loop = findLoop(tree);
    if (!loop) return;
    undoOneMove(tree, loop, policy);
  }
}

function keepFolders(tree: TargetTree, policy: SyncPolicy): void {
  const open = tree.entities().slice();
  for (let entity = open.pop(); entity !== undefined; entity = open.pop()) {
    const target = tree.get(entity);
    if (target.t !== 'kept' && target.t !== 'aside') continue;
    if (target.parent === ROOT_ID || tree.get(target.parent).t !== 'gone') continue;
    const folder = keptByOneSide(tree.scene.facts(target.parent), policy);
    if (folder) {
      tree.set(target.parent, folder);
      open.push(target.parent);
    } else if (target.t === 'kept') tree.set(entity, { ...target, parent: ROOT_ID });
  }
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

/** The order of the cloud stands: of the moves made here that close the loop, one goes back to where the cloud has the folder. */
function undoOneMove(tree: TargetTree, loop: readonly Entity[], policy: SyncPolicy): void {
  for (const entity of [...loop].sort((a, b) => b - a)) {
    const target = tree.get(entity);
    const { cloud, row } = tree.scene.facts(entity);
    if (target.t !== 'kept' || target.placedBy !== 'local' || cloud.t !== 'present') continue;
    const undone: Kept = { ...target, ...placeThere(cloud, row, policy), placedBy: 'cloud' };
    tree.set(entity, { ...undone, rule: 'SY-11' });
    return;
  }
  throw new Error(`no move to undo in a loop of ${loop.length} folders`);
}
