import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type BaseNode } from '../model/tree.ts';
import { cloudNameFor, isEdited, isMovedInCloud, isOlderVersion } from './merge-both.ts';
import type { SyncRule } from './rules.ts';
import type { Scene } from './scene.ts';
import { NOWHERE, type CloudState, type Entity, type Facts, type LocalState } from './scene-types.ts';
import type { Kept, Target, TargetTree } from './target.ts';

type Here = Extract<LocalState, { t: 'present' }>;
type There = Extract<CloudState, { t: 'present' }>;

/**
 * UP: the cloud follows the disk, the disk follows nothing. A node whose cloud item was moved there loses its link and is made
 * anew at its place, and with a folder everything in it: so decisions go from the top down.
 */
export class UploadMerge {
  readonly #tree: TargetTree;
  readonly #scene: Scene;
  readonly #policy: SyncPolicy;

  constructor(tree: TargetTree, policy: SyncPolicy) {
    this.#tree = tree;
    this.#scene = tree.scene;
    this.#policy = policy;
  }

  decide(entity: Entity): void {
    if (entity === ROOT_ID || this.#tree.has(entity)) return;
    // Before the parents are asked for: a loop of parents in what was observed ends here.
    this.#tree.set(entity, { t: 'frozen', rule: 'SY-14' });
    const target = this.#merge(this.#scene.facts(entity));
    this.#tree.set(entity, target);
    if (target.t === 'kept' && target.anew) this.#decideBelow(entity);
  }

  #decideBelow(entity: Entity): void {
    if (this.#scene.row(entity)?.kind !== 'folder') return;
    for (const child of this.#scene.trees.base.children(entity)) this.decide(child.id);
  }

  #merge(facts: Facts): Target {
    const { local, cloud, row } = facts;
    if (local.t === 'unknown' || cloud.t === 'unknown') return { t: 'frozen', rule: 'SY-14' };
    if (local.t === 'absent') return this.#mergeAbsent(row, cloud);
    const place = { parent: local.parent, localName: local.name, cloudName: cloudNameFor(local.name, row) };
    const kept = { t: 'kept', ...place, placedBy: 'local', content: 'local' } as const;
    if (cloud.t === 'absent') return { ...kept, anew: true, rule: 'SY-20' };
    if (this.#isCut(facts, cloud, kept)) return { ...kept, anew: true, rule: 'SY-21' };
    return { ...kept, ...linked(facts, { local, cloud, cloudName: kept.cloudName }, this.#policy) };
  }

  #mergeAbsent(row: BaseNode | undefined, cloud: CloudState): Target {
    if (cloud.t === 'absent') return { t: 'gone', rule: 'SY-9' };
    if (!row) return { t: 'foreign', rule: 'SY-24' };
    const isDeleted = row.state === 'managed' && this.#policy.propagateDeletes && !this.#policy.recovery;
    return isDeleted ? { t: 'gone', rule: 'SY-23' } : { t: 'detached', rule: 'SY-22' };
  }

  /** UP-7: somebody moved the item in the cloud, or a folder that holds it. */
  #isCut({ row }: Facts, cloud: There, place: { parent: Entity; cloudName: string }): boolean {
    if (cloud.parent === NOWHERE || this.#isInMovedFolder(cloud)) return true;
    const isThere = cloud.parent === place.parent && cloud.name === place.cloudName;
    return !isThere && (row === undefined || isMovedInCloud(cloud, row));
  }

  /** Also a folder that is here no more takes what it holds away when it is moved there. */
  #isInMovedFolder({ parent }: There): boolean {
    if (parent === ROOT_ID || parent === NOWHERE) return false;
    this.decide(parent);
    const above = this.#tree.get(parent);
    if (above.t === 'kept') return above.anew === true;
    const { cloud, row } = this.#scene.facts(parent);
    if (cloud.t !== 'present' || row === undefined) return false;
    return isMovedInCloud(cloud, row) || this.#isInMovedFolder(cloud);
  }
}

function linked(
  { row }: Facts,
  { local, cloud, cloudName }: { local: Here; cloud: There; cloudName: string },
  policy: SyncPolicy,
): Pick<Kept, 'placedBy' | 'content'> & { rule: SyncRule } {
  const isThere = cloud.parent === local.parent && cloud.name === cloudName;
  const content = contentOf({ local, cloud, row }, policy);
  if (content === 'older') return { placedBy: isThere ? 'both' : 'local', content, rule: 'SY-16' };
  const isForeignHead = content === 'same' && local.contentId !== cloud.contentId;
  return { placedBy: isThere ? 'both' : 'local', content, rule: isThere && isForeignHead ? 'SY-21' : 'SY-20' };
}

type Sides = { readonly local: Here; readonly cloud: There; readonly row: BaseNode | undefined };

/**
 * UP-2, UP-6: only an edit made here makes a version; on top of whatever the head is. So does, in recovery, what was backed up and
 * is in no version any more: a restored server has lost it (SY-16).
 */
function contentOf({ local, cloud, row }: Sides, policy: SyncPolicy): 'same' | 'local' | 'older' {
  if (local.contentId === cloud.contentId) return 'same';
  const isBackedUp = row?.state === 'managed' && !isEdited(local, row);
  if (!policy.recovery) return isBackedUp ? 'same' : 'local';
  if (!isOlderVersion(local, cloud, policy)) return 'local';
  return isBackedUp ? 'same' : 'older';
}
