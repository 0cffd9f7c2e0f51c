import type { PlanProblem } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID } from '../model/tree.ts';
import { NOWHERE, type Entity } from './scene-types.ts';
import type { TargetTree } from './target.ts';

/**
 * SY-35: what would stand at a path that the device cannot hold is told and left as it is on both sides, and so is everything below
 * it. What already stands there stays, as long as it is not to be moved to another such path.
 */
export function leaveTooLong(tree: TargetTree, { names, mode }: SyncPolicy): PlanProblem[] {
  const { maxPathUnits } = names;
  if (maxPathUnits === undefined || mode === 'upload') return [];
  const lengths = new Lengths(tree);
  const problems: PlanProblem[] = [];
  for (const entity of tree.entities()) {
    const target = tree.get(entity);
    if (target.t !== 'kept' || isThereAlready(tree, entity)) continue;
    const length = lengths.of(entity);
    if (length <= maxPathUnits) continue;
    tree.set(entity, { t: 'frozen', rule: 'SY-35' });
    const cloudId = tree.scene.cloudIdOf(entity);
    const params = { name: target.localName, length, max: maxPathUnits };
    problems.push({
      key: tree.scene.local(entity).t === 'present' ? entity : null,
      cloudId,
      code: 'PATH_TOO_LONG',
      params,
    });
  }
  return problems;
}

function isThereAlready(tree: TargetTree, entity: Entity): boolean {
  const target = tree.get(entity);
  const local = tree.scene.local(entity);
  if (target.t !== 'kept' || local.t !== 'present') return false;
  return local.parent === target.parent && local.name === target.localName;
}

/** Lengths of paths in the target tree, as asked for; a folder that is left alone keeps the length it was to have. */
class Lengths {
  readonly #tree: TargetTree;
  readonly #known = new Map<Entity, number>();

  constructor(tree: TargetTree) {
    this.#tree = tree;
  }

  of(entity: Entity): number {
    if (entity === ROOT_ID || entity === NOWHERE) return -1; // the first name has no separator before it
    const known = this.#known.get(entity);
    if (known !== undefined) return known;
    this.#known.set(entity, 0); // a loop of parents has no path
    const length = this.#measure(entity);
    this.#known.set(entity, length);
    return length;
  }

  #measure(entity: Entity): number {
    const target = this.#tree.get(entity);
    if (target.t === 'kept') return this.of(target.parent) + 1 + target.localName.length;
    const local = this.#tree.scene.local(entity);
    return local.t === 'present' ? this.of(local.parent) + 1 + local.name.length : 0;
  }
}
