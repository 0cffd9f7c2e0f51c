import type { CloudId } from '../model/tree.ts';
import type { SyncRule } from './rules.ts';
import type { Scene } from './scene.ts';
import type { Entity } from './scene-types.ts';

/** What a node shall be on both sides. */
export type Target = { readonly rule: SyncRule } & (
  | Kept
  /** Deleted wherever it still is. */
  | { readonly t: 'gone' }
  /** Left exactly as it is. */
  | { readonly t: 'frozen' }
  /** Upload mode: a cloud node without a part here. */
  | { readonly t: 'foreign' }
  /** Upload mode: base keeps the name only. */
  | { readonly t: 'detached' }
  /** A local file without a cloud part that gives up its name, and is seen as a new file from then on. */
  | {
      readonly t: 'aside';
      readonly parent: Entity;
      readonly name: string;
      readonly original: CloudId | null;
      readonly why: 'conflict' | 'yield';
    }
);

export type Kept = {
  readonly t: 'kept';
  readonly parent: Entity;
  readonly localName: string;
  readonly cloudName: string;
  /** Whose place it is: the side that need not move. */
  readonly placedBy: 'both' | 'local' | 'cloud';
  /**
   * Whose content it gets; `conflict`: the cloud's, after the local one got a name of its own; `older`: what is here is known to
   * be an older version of what is there, which makes it the last state known equal.
   */
  readonly content: 'same' | 'local' | 'cloud' | 'conflict' | 'older';
  /** Upload mode: to be made as a new cloud node, whatever base links it to. */
  readonly anew?: boolean;
};

/** The tree both sides are brought to: what was decided for the nodes that changed, and base for all others. */
export class TargetTree {
  readonly scene: Scene;
  readonly #targets = new Map<Entity, Target>();

  constructor(scene: Scene) {
    this.scene = scene;
  }

  entities(): readonly Entity[] {
    return [...this.#targets.keys()];
  }

  /** Those that get a new cloud node though they may have one. */
  anew(): readonly Entity[] {
    return this.entities().filter((entity) => {
      const target = this.get(entity);
      return target.t === 'kept' && target.anew === true;
    });
  }

  has(entity: Entity): boolean {
    return this.#targets.has(entity);
  }

  set(entity: Entity, target: Target): void {
    this.#targets.set(entity, target);
  }

  get(entity: Entity): Target {
    return this.#targets.get(entity) ?? this.#untouched(entity);
  }

  #untouched(entity: Entity): Target {
    const row = this.scene.row(entity);
    if (!row) return { t: 'frozen', rule: 'SY-14' };
    if (row.state === 'detached') return { t: 'detached', rule: 'SY-22' };
    const { parent, localName, cloudName } = row;
    return { t: 'kept', rule: 'SY-1', parent, localName, cloudName, placedBy: 'both', content: 'same' };
  }
}
