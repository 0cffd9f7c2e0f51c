import type { SyncPolicy } from '../model/policy.ts';
import { SideTree } from '../plan/side-tree.ts';
import type { Entity } from './scene-types.ts';
import type { TargetTree } from './target.ts';

/** O14: the delete switch deletes what base knows; a folder in which somebody else keeps something stays, and is let go. */
export function keepWhatHoldsForeign(tree: TargetTree, policy: SyncPolicy): void {
  const scope = { entities: tree.entities(), leftBehind: tree.anew(), names: policy.names };
  const cloud = new SideTree(tree.scene, 'cloud', scope);
  const known = new Map<Entity, boolean>();
  const stays = (folder: Entity): boolean => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    known.set(folder, false);
    const holds = cloud.children(folder).some((child) => {
      const { t } = tree.get(child);
      return t === 'gone' ? stays(child) : t !== 'kept';
    });
    known.set(folder, holds);
    return holds;
  };
  for (const entity of tree.entities()) {
    const target = tree.get(entity);
    if (target.t !== 'gone' || target.rule !== 'SY-23' || !stays(entity)) continue;
    tree.set(entity, { t: 'detached', rule: 'SY-22' });
  }
}
