import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID } from '../model/tree.ts';
import { keptByOneSide } from './merge-both.ts';
import type { TargetTree } from './target.ts';

/** SY-10: no node without its folder; a folder that was deleted stays where the side that still has it has it. */
export function keepFolders(tree: TargetTree, policy: SyncPolicy): void {
  const open = tree.entities().slice();
  for (let entity = open.pop(); entity !== undefined; entity = open.pop()) {
    const target = tree.get(entity);
    if (target.t !== 'kept' && target.t !== 'aside') continue;
    if (target.parent === ROOT_ID || tree.get(target.parent).t !== 'gone') continue;
    const folder = keptByOneSide(tree.scene.facts(target.parent), policy);
    // What has a place has it from a side on which its folder is.
    if (!folder) throw new Error('a folder that neither side has cannot hold anything');
    tree.set(target.parent, folder);
    open.push(target.parent);
  }
}
