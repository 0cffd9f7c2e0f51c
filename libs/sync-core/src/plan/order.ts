import { ROOT_ID } from '../model/tree.ts';
import type { Entity, Place } from '../reconcile/scene-types.ts';
import type { Draft, Ordering } from './draft.ts';
import { ExchangeGroup } from './exchange-group.ts';
import type { SideTree } from './side-tree.ts';

export type OrderRules = {
  readonly newOpId: () => string;
  /** Without deletes, what needs the names they would free waits. */
  readonly deletes: boolean;
  /** Names are exchanged in a circle in one request in the cloud, and by way of a place out of sight on the disk. */
  readonly side: 'local' | 'cloud';
};

export type Ordered<O> = { readonly ops: readonly O[]; readonly left: readonly Draft<O>[] };

const NOTHING: ReadonlyMap<Entity, unknown> = new Map();
type Blocker<O> = { readonly key: string; readonly by: Draft<O> | undefined };

/**
 * Puts the wanted operations of one side in an order in which each finds its folder there and its name free, by trying them out:
 * placements first, a delete before only where it frees a name, circles by exchange, then the deletes, whole subtrees as one.
 * What cannot run now is left; it is decided anew when this plan has run.
 */
export function order<O>(tree: SideTree, drafts: readonly Draft<O>[], rules: OrderRules): Ordered<O> {
  return new Order(tree, drafts, rules).run();
}

class Order<O> {
  readonly #tree: SideTree;
  readonly #rules: OrderRules;
  readonly #ops: O[] = [];
  #queue: Draft<O>[];
  readonly #changes: readonly Draft<O>[];
  /** Blocked, by what they wait for. */
  readonly #parked = new Map<string, Set<Draft<O>>>();
  readonly #parkedAt = new Map<Draft<O>, string>();
  /** Not done yet: who frees the place of an entity, who brings it there, who deletes it. */
  readonly #leaving = new Map<Entity, Draft<O>>();
  readonly #coming = new Map<Entity, Draft<O>>();
  readonly #deletes = new Map<Entity, Draft<O>>();
  readonly #staged = new Map<Draft<O>, number>();
  /** Done: for `after`. */
  readonly #freedBy = new Map<string, string>();
  readonly #madeBy = new Map<Entity, string>();
  readonly #leftFrom = new Map<Entity, string[]>();
  readonly #wokenBy = new Map<Draft<O>, Set<string>>();
  #groups = 0;

  constructor(tree: SideTree, drafts: readonly Draft<O>[], rules: OrderRules) {
    this.#tree = tree;
    this.#rules = rules;
    this.#queue = drafts.filter((draft) => draft.to !== null && draft.act !== 'change');
    this.#changes = drafts.filter((draft) => draft.act === 'change');
    for (const draft of drafts) {
      if (draft.act === 'create') this.#coming.set(draft.entity, draft);
      if (draft.act === 'move' || draft.act === 'aside' || draft.act === 'trash')
        this.#leaving.set(draft.entity, draft);
      if (draft.act === 'trash') this.#deletes.set(draft.entity, draft);
    }
  }

  run(): Ordered<O> {
    do this.#drain();
    while (this.#deleteForName() || this.#exchange() || this.#tryWhereFolderStays());
    if (this.#rules.deletes) for (const draft of [...this.#deletes.values()]) this.#deleteFromTop(draft);
    for (const draft of this.#changes) this.#emit(draft, {});
    return { ops: this.#ops, left: [...this.#stuck(), ...this.#deletes.values()] };
  }

  #drain(): void {
    for (let at = 0; at < this.#queue.length; at++) {
      const draft = this.#queue[at];
      if (!draft?.to) continue;
      const blocker = this.#blockerOf(draft);
      if (!blocker) this.#carryOut(draft, draft.to);
      else this.#park(draft, blocker.key);
    }
    this.#queue = [];
  }

  #park(draft: Draft<O>, key: string): void {
    this.#parkedAt.set(draft, key);
    this.#parked.set(key, (this.#parked.get(key) ?? new Set()).add(draft));
  }

  #unpark(draft: Draft<O>): void {
    const key = this.#parkedAt.get(draft);
    if (key === undefined) return;
    this.#parkedAt.delete(draft);
    this.#parked.get(key)?.delete(draft);
  }

  #stuck(): Draft<O>[] {
    return [...this.#parkedAt.keys()];
  }

  #blockerOf(draft: Draft<O>): Blocker<O> | null {
    if (!draft.to) return this.#deleteBlocker(draft.entity);
    const { parent, name } = draft.to;
    const isStillThere = draft.act === 'create' && this.#tree.placeOf(draft.entity) !== null;
    if (isStillThere) return { key: `moved ${draft.entity}`, by: this.#leaving.get(draft.entity) };
    const path: Entity[] = [];
    for (let at = parent; at !== ROOT_ID;) {
      if (at === draft.entity) return this.#pathBlocker(path);
      if (this.#tree.isSealed(at)) return { key: `sealed ${at}`, by: undefined };
      const place = this.#tree.placeOf(at);
      if (!place) return { key: `there ${at}`, by: this.#coming.get(at) };
      path.push(at);
      at = place.parent;
    }
    const occupant = this.#tree.occupant(parent, name);
    if (occupant === null || occupant === draft.entity) return null;
    return { key: `name ${this.#tree.slot(parent, name)}`, by: this.#leaving.get(occupant) };
  }

  /** A folder cannot go into itself: something on the way has to leave it first. */
  #pathBlocker(path: readonly Entity[]): Blocker<O> {
    const mover = path.find((entity) => this.#leaving.get(entity)?.act === 'move');
    return { key: `moved ${mover ?? 'never'}`, by: mover === undefined ? undefined : this.#leaving.get(mover) };
  }

  #deleteBlocker(entity: Entity): Blocker<O> | null {
    if (!this.#rules.deletes) return { key: 'deletes', by: undefined };
    for (const child of this.#tree.children(entity)) {
      if (!this.#deletes.has(child)) return { key: `moved ${child}`, by: this.#leaving.get(child) };
      const below = this.#deleteBlocker(child);
      if (below) return below;
    }
    return null;
  }

  #carryOut(draft: Draft<O>, to: Place): void {
    const group = this.#staged.get(draft);
    const after = this.#dependencies(draft, to);
    const opId = this.#emit(draft, { after, ...(group === undefined ? {} : { atomicGroup: group }) });
    this.#leave(draft.entity, opId);
    if (draft.act === 'aside') this.#madeBy.set(draft.entity, opId);
    else this.#arrive(draft.entity, to, opId);
  }

  #dependencies(draft: Draft<O>, to: Place): string[] {
    const after = new Set(this.#wokenBy.get(draft));
    const freed = this.#freedBy.get(this.#tree.slot(to.parent, to.name));
    if (freed !== undefined) after.add(freed);
    const before = this.#madeBy.get(draft.entity);
    if (before !== undefined) after.add(before);
    for (
      let at: Entity | undefined = to.parent;
      at !== undefined && at !== ROOT_ID;
      at = this.#tree.placeOf(at)?.parent
    ) {
      const made = this.#madeBy.get(at);
      if (made !== undefined) after.add(made);
    }
    return [...after];
  }

  /** The order of a plan shows in its operation ids: each is given when the operation takes its place. */
  #emit(draft: Draft<O>, ordering: Omit<Ordering, 'opId'>): string {
    const opId = this.#rules.newOpId();
    const { after, ...rest } = ordering;
    this.#ops.push(draft.build({ opId, ...rest, ...(after && after.length > 0 ? { after } : {}) }));
    return opId;
  }

  #leave(entity: Entity, opId: string): void {
    this.#leaving.delete(entity);
    const place = this.#tree.placeOf(entity);
    this.#tree.remove(entity);
    if (!place) return;
    const slot = this.#tree.slot(place.parent, place.name);
    this.#freedBy.set(slot, opId);
    const left = this.#leftFrom.get(place.parent) ?? [];
    left.push(opId);
    this.#leftFrom.set(place.parent, left);
    this.#wake(`name ${slot}`, opId);
    this.#wake(`moved ${entity}`, opId);
  }

  #arrive(entity: Entity, to: Place, opId: string): void {
    this.#coming.delete(entity);
    this.#tree.put(entity, to);
    this.#madeBy.set(entity, opId);
    this.#wake(`there ${entity}`, opId);
  }

  #wake(key: string, opId: string): void {
    for (const draft of [...(this.#parked.get(key) ?? [])]) {
      this.#unpark(draft);
      this.#queue.push(draft);
      this.#wokenBy.set(draft, (this.#wokenBy.get(draft) ?? new Set()).add(opId));
    }
  }

  #deleteForName(): boolean {
    for (const draft of this.#stuck()) {
      const by = this.#blockerOf(draft)?.by;
      if (by?.act === 'trash' && !this.#deleteBlocker(by.entity)) this.#deleteWhole(by);
    }
    return this.#queue.length > 0;
  }

  /**
   * SY-26: a folder that goes, but stays for the sake of what is left out of it, keeps its name for as long as that is there. Only the
   * disk can tell; who wants the name is sent there, and the person is told what is in the way.
   */
  #tryWhereFolderStays(): boolean {
    if (!this.#rules.deletes || this.#rules.side === 'cloud') return false;
    for (const draft of this.#stuck()) {
      const by = this.#blockerOf(draft)?.by;
      if (!draft.to || by?.act !== 'trash' || !this.#staysForLeftOut(by.entity)) continue;
      this.#unpark(draft);
      this.#carryOut(draft, draft.to);
    }
    return this.#queue.length > 0;
  }

  #staysForLeftOut(folder: Entity): boolean {
    const inside = this.#tree.children(folder);
    return inside.every((child) =>
      this.#deletes.has(child) ? this.#staysForLeftOut(child) : this.#tree.isLeftOut(child),
    );
  }

  #deleteFromTop(draft: Draft<O>): void {
    if (!this.#deletes.has(draft.entity)) return;
    const parent = this.#tree.placeOf(draft.entity)?.parent;
    if (parent !== undefined && this.#deletes.has(parent)) return; // goes with its folder, or after it was tried
    this.#deleteSubtree(draft);
  }

  /** One operation for all that is below, or where something stays there, one for each part that goes. */
  #deleteSubtree(draft: Draft<O>): void {
    if (!this.#deleteBlocker(draft.entity)) return void this.#deleteWhole(draft);
    for (const child of this.#tree.children(draft.entity)) {
      const below = this.#deletes.get(child);
      if (below) this.#deleteSubtree(below);
    }
  }

  #deleteWhole(draft: Draft<O>): string {
    const goes = this.#subtree(draft.entity);
    const opId = this.#emit(draft, { goes, after: this.#emptiedBy(goes) });
    this.#removeAll(goes, opId);
    return opId;
  }

  #subtree(entity: Entity): Entity[] {
    const goes = [entity];
    for (const each of goes) for (const child of this.#tree.children(each)) goes.push(child);
    return goes;
  }

  #emptiedBy(goes: readonly Entity[]): string[] {
    return [...new Set(goes.flatMap((entity) => this.#leftFrom.get(entity) ?? []))];
  }

  #removeAll(goes: readonly Entity[], opId: string): void {
    for (const entity of goes) this.#deletes.delete(entity);
    for (const entity of [...goes].reverse()) this.#leave(entity, opId);
  }

  /** Breaks circles among what is stuck; false when there is none, or none that can be broken. */
  #exchange(): boolean {
    let broke = false;
    for (const draft of this.#stuck()) {
      const circle = this.#parkedAt.has(draft) ? this.#circleFrom(draft) : null;
      if (!circle) continue;
      if (this.#rules.side === 'cloud' ? this.#exchangeAtOnce(circle) : this.#stageOne(circle)) broke = true;
    }
    return broke;
  }

  #circleFrom(start: Draft<O>): readonly Draft<O>[] | null {
    const path: Draft<O>[] = [];
    for (let at: Draft<O> | undefined = start; at; at = this.#blockerOf(at)?.by) {
      const seen = path.indexOf(at);
      if (seen >= 0) return path.slice(seen);
      path.push(at);
    }
    return null;
  }

  #stageOne(circle: readonly Draft<O>[]): boolean {
    const movable = circle.filter((draft) => draft.act === 'move' && !this.#staged.has(draft));
    const outermost = movable.sort((a, b) => a.entity - b.entity)[0];
    if (!outermost) return false;
    const draft = this.#innermost(outermost);
    this.#groups += 1;
    this.#staged.set(draft, this.#groups);
    const opId = this.#emit(draft, { staged: true, atomicGroup: this.#groups });
    this.#leave(draft.entity, opId);
    this.#coming.set(draft.entity, draft);
    this.#madeBy.set(draft.entity, opId);
    this.#unpark(draft);
    this.#queue.push(draft);
    return true;
  }

  /** What is in staging is out of reach with all that it holds: whatever has to leave it goes there before it. */
  #innermost(draft: Draft<O>): Draft<O> {
    for (const entity of this.#subtree(draft.entity).slice(1)) {
      const below = this.#leaving.get(entity);
      if (below?.act === 'move' && !this.#staged.has(below)) return this.#innermost(below);
    }
    return draft;
  }

  #exchangeAtOnce(circle: readonly Draft<O>[]): boolean {
    const own = this.#groupOf(circle);
    if (own.fits()) return this.#emitGroup(own);
    const all = this.#stuck().filter((draft) => this.#circleFrom(draft));
    const together = this.#groupOf(all);
    return all.length > circle.length && together.fits() ? this.#emitGroup(together) : false;
  }

  #groupOf(drafts: readonly Draft<O>[]): ExchangeGroup<O> {
    const deleted = this.#rules.deletes ? this.#deletes : NOTHING;
    return new ExchangeGroup(drafts, { tree: this.#tree, deleted });
  }

  #emitGroup(group: ExchangeGroup<O>): boolean {
    this.#groups += 1;
    const atomicGroup = this.#groups;
    const sorted = group.inOrder();
    const outside = new Set(sorted.flatMap((draft) => this.#groupDependencies(draft)));
    for (const draft of sorted) this.#unpark(draft);
    const done = sorted.map((draft) => {
      const goes = draft.to ? {} : { goes: group.subtreeThatGoes(draft.entity) };
      return { draft, opId: this.#emit(draft, { after: [...outside], atomicGroup, ...goes }) };
    });
    this.#applyGroup(done);
    return true;
  }

  /** All leave before any arrives: that is what an exchange is. */
  #applyGroup(done: readonly { readonly draft: Draft<O>; readonly opId: string }[]): void {
    for (const { draft, opId } of done) if (draft.to) this.#leave(draft.entity, opId);
    for (const { draft, opId } of done) if (!draft.to) this.#removeAll(this.#subtree(draft.entity), opId);
    for (const { draft, opId } of done) if (draft.to) this.#arrive(draft.entity, draft.to, opId);
  }

  #groupDependencies(draft: Draft<O>): readonly string[] {
    return draft.to ? this.#dependencies(draft, draft.to) : this.#emptiedBy(this.#subtree(draft.entity));
  }
}
