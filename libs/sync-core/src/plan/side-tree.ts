import type { NameRules } from '../model/policy.ts';
import { ROOT_ID, type BaseId, type BaseNode, type BaseView } from '../model/tree.ts';
import { localNameKey } from '../naming/name-rules.ts';
import type { Scene } from '../reconcile/scene.ts';
import { NOWHERE, type Entity, type Place } from '../reconcile/scene-types.ts';

type Scope = {
  /** What the decision looked at. */
  readonly entities: readonly Entity[];
  /** Of them, those that get a new cloud node though they have one. */
  readonly leftBehind: readonly Entity[];
  readonly names: NameRules;
};

/** Stands for cloud nodes that lost their entity, or have none; counted downwards. */
const STRANGER = -(2 ** 50);
const NONE: ReadonlySet<Entity> = new Set();

/**
 * The tree of one side, on which a plan is tried out: what the decision looked at as it stands there, base for everything else.
 * A sealed folder could not be read: nothing is known of what it holds, so nothing is put into it.
 */
export class SideTree {
  readonly #base: BaseView;
  readonly #side: 'local' | 'cloud';
  readonly #keyOf: (name: string) => string;
  readonly #foldsCase: boolean;
  readonly #places = new Map<Entity, Place | null>();
  readonly #slots = new Map<string, Entity>();
  readonly #children = new Map<Entity, Set<Entity>>();
  readonly #sealed = new Set<Entity>();
  readonly #strangers = new Map<Entity, 'file' | 'folder'>();
  readonly #byName = new Map<BaseId, Map<string, BaseNode[]>>();
  /** They are in their folders, but keep nobody from having their names. */
  readonly #nameless: ReadonlySet<Entity>;
  readonly #unclaimed = new Set<string>();

  constructor(scene: Scene, side: 'local' | 'cloud', scope: Scope) {
    const { names } = scope;
    this.#base = scene.trees.base;
    this.#side = side;
    this.#foldsCase = side === 'local' && !names.caseSensitive;
    this.#keyOf = this.#foldsCase ? (name) => localNameKey(name, names) : (name) => name;
    this.#nameless = scene.trees.leftOut?.nameless[side] ?? NONE;
    for (const entity of scope.entities) this.#read(scene, entity);
    if (side === 'cloud') this.#leaveBehind(scene, new Set(scope.leftBehind));
    if (side === 'cloud') this.#placeLeftOut(scene);
  }

  #placeLeftOut(scene: Scene): void {
    for (const node of scene.trees.leftOut?.cloud ?? []) {
      const parent = scene.entityOf(node.parentId);
      if (parent === NOWHERE || this.occupant(parent, node.name) !== null) continue;
      this.put(this.#stranger(node.kind), { parent, name: node.name });
    }
  }

  #stranger(kind: 'file' | 'folder'): Entity {
    const stranger = STRANGER - this.#strangers.size;
    this.#strangers.set(stranger, kind);
    return stranger;
  }

  /**
   * These entities get other cloud nodes; those they had stay where they are with what others have put into them, and belong to
   * nobody here.
   */
  #leaveBehind(scene: Scene, entities: ReadonlySet<Entity>): void {
    const strangers = new Map<Entity, Entity>();
    for (const entity of entities) {
      strangers.set(entity, this.#stranger(scene.kindOf(entity)));
      this.remove(entity);
    }
    for (const [entity, stranger] of strangers) {
      const state = scene.cloud(entity);
      if (state.t !== 'present' || state.parent === NOWHERE) continue;
      this.put(stranger, { parent: strangers.get(state.parent) ?? state.parent, name: state.name });
    }
    for (const [entity, place] of [...this.#places]) {
      const parent = place === null ? undefined : strangers.get(place.parent);
      if (place && parent !== undefined) this.put(entity, { parent, name: place.name });
    }
  }

  #read(scene: Scene, entity: Entity): void {
    const state = this.#side === 'local' ? scene.local(entity) : scene.cloud(entity);
    const row = scene.row(entity);
    if (state.t === 'present') return this.put(entity, state);
    this.#places.set(entity, null);
    if (state.t === 'absent' || this.#isElsewhere(entity)) return;
    this.#sealed.add(entity);
    if (row) this.put(entity, { parent: row.parent, name: this.#nameOf(row) });
  }

  placeOf(entity: Entity): Place | null {
    const known = this.#places.get(entity);
    if (known !== undefined) return known;
    const row = entity > 0 ? this.#base.get(entity) : undefined;
    return row && this.#isThere(row) ? { parent: row.parent, name: this.#nameOf(row) } : null;
  }

  /** What a cloud node is that has no entity (any more); undefined for everything else. */
  strangerKind(entity: Entity): 'file' | 'folder' | undefined {
    return this.#strangers.get(entity);
  }

  isSealed(entity: Entity): boolean {
    return this.#sealed.has(entity);
  }

  occupant(parent: Entity, name: string): Entity | null {
    const known = this.#slots.get(this.slot(parent, name));
    if (known !== undefined) return known;
    return (parent > 0 ? this.#untouchedChild(parent, name)?.id : undefined) ?? null;
  }

  /** What a filter leaves out stays where it is, whatever becomes of its folder. */
  isLeftOut(entity: Entity): boolean {
    return this.#nameless.has(entity);
  }

  /** For names that are given out: better one that nobody has, and nobody may have. */
  isNameKnown(parent: Entity, name: string): boolean {
    return this.occupant(parent, name) !== null || this.#unclaimed.has(this.slot(parent, name));
  }

  children(parent: Entity): readonly Entity[] {
    const known = [...(this.#children.get(parent) ?? [])];
    if (parent <= 0) return known;
    const rows = this.#base.children(parent).filter((row) => !this.#places.has(row.id) && this.#isThere(row));
    return [...known, ...rows.map((row) => row.id)];
  }

  put(entity: Entity, { parent, name }: Place): void {
    this.remove(entity);
    this.#places.set(entity, { parent, name });
    if (this.#nameless.has(entity)) this.#unclaimed.add(this.slot(parent, name));
    else this.#slots.set(this.slot(parent, name), entity);
    const siblings = this.#children.get(parent) ?? new Set();
    this.#children.set(parent, siblings.add(entity));
  }

  remove(entity: Entity): void {
    const place = this.placeOf(entity);
    this.#places.set(entity, null);
    if (!place) return;
    const slot = this.slot(place.parent, place.name);
    if (this.#slots.get(slot) === entity) this.#slots.delete(slot);
    this.#children.get(place.parent)?.delete(entity);
  }

  /** Names with one slot cannot stand beside each other on this side. */
  slot(parent: Entity, name: string): string {
    return `${parent}/${this.#keyOf(name)}`;
  }

  /**
   * Base may have further nodes at one place: one that is deleted on one side keeps it there until both sides are one again. The
   * whole folder is asked only where a node that the decision looked at had the name.
   */
  #untouchedChild(parent: BaseId, name: string): BaseNode | undefined {
    if (!this.#foldsCase) {
      const row =
        this.#side === 'cloud' ? this.#base.childByCloudName(parent, name) : this.#base.childByLocalName(parent, name);
      if (!row || this.#isUntouched(row)) return row;
    }
    return this.#allByName(parent)
      .get(this.#keyOf(name))
      ?.find((row) => this.#isUntouched(row));
  }

  #allByName(parent: BaseId): ReadonlyMap<string, BaseNode[]> {
    const known = this.#byName.get(parent);
    if (known) return known;
    const byName = Map.groupBy(this.#base.children(parent), (row) => this.#keyOf(this.#nameOf(row)));
    this.#byName.set(parent, byName);
    return byName;
  }

  #isUntouched(row: BaseNode): boolean {
    return row.id !== ROOT_ID && !this.#places.has(row.id) && this.#isThere(row);
  }

  /** A detached row has nothing on the disk. */
  #isThere(row: BaseNode): boolean {
    return this.#side === 'cloud' ? !this.#isElsewhere(row.id) : row.state === 'managed';
  }

  /** Left out, and known to be gone from the cloud, or to be where it stands as a stranger: base does not tell where it is. */
  #isElsewhere(entity: Entity): boolean {
    return this.#side === 'cloud' && this.#nameless.has(entity);
  }

  #nameOf(row: BaseNode): string {
    return this.#side === 'cloud' ? row.cloudName : row.localName;
  }
}
