import { ROOT_ID } from '../model/tree.ts';
import type { Entity } from '../reconcile/scene-types.ts';
import type { Draft } from './draft.ts';
import type { SideTree } from './side-tree.ts';

type Given = {
  readonly tree: SideTree;
  /** What is deleted and not ordered yet, by entity; nothing, where nothing may be deleted. */
  readonly deleted: ReadonlyMap<Entity, unknown>;
};

/** Operations that wait for each other's places, and are to be carried out in one request: all leave before any arrives. */
export class ExchangeGroup<O> {
  readonly #drafts: readonly Draft<O>[];
  readonly #members: ReadonlyMap<Entity, Draft<O>>;
  readonly #tree: SideTree;
  readonly #deleted: ReadonlyMap<Entity, unknown>;

  constructor(drafts: readonly Draft<O>[], { tree, deleted }: Given) {
    this.#drafts = drafts;
    this.#members = new Map(drafts.map((draft) => [draft.entity, draft]));
    this.#tree = tree;
    this.#deleted = deleted;
  }

  /** Whether each can stand where it wants to once all have left where they stood. */
  fits(): boolean {
    const slots = new Set<string>();
    return this.#drafts.every((draft) => {
      const { to, entity } = draft;
      if (!to) return this.#goesWhole(entity);
      const slot = this.#tree.slot(to.parent, to.name);
      const occupant = this.#tree.occupant(to.parent, to.name);
      const isFree = !slots.has(slot) && (occupant === null || this.#leaves(occupant));
      slots.add(slot);
      return isFree && this.#reachesRoot(draft);
    });
  }

  /** New folders from the top down, then what moves, then what goes: so the drive finds each parent. */
  inOrder(): readonly Draft<O>[] {
    const rank = new Map(this.#drafts.map((draft) => [draft, this.#rankOf(draft)]));
    const rankOf = (draft: Draft<O>): number => rank.get(draft) ?? 0;
    return [...this.#drafts].sort((a, b) => (rankOf(a) === rankOf(b) ? b.entity - a.entity : rankOf(a) - rankOf(b)));
  }

  /** What goes with a folder: all that is in it but what moves out of it at the same time. */
  subtreeThatGoes(folder: Entity): readonly Entity[] {
    const goes = [folder];
    for (const each of goes) {
      for (const child of this.#tree.children(each)) if (!this.#members.get(child)?.to) goes.push(child);
    }
    return goes;
  }

  #rankOf(draft: Draft<O>): number {
    if (draft.act === 'create') return this.#newFoldersAbove(draft);
    return draft.act === 'trash' ? Infinity : 1e9;
  }

  #newFoldersAbove(draft: Draft<O>): number {
    let count = 0;
    for (let at: Draft<O> | undefined = draft; at?.act === 'create'; at = this.#members.get(at.to?.parent ?? 0))
      count += 1;
    return count;
  }

  #leaves(entity: Entity): boolean {
    const draft = this.#members.get(entity);
    return draft !== undefined && draft.act !== 'create';
  }

  #goesWhole(folder: Entity): boolean {
    if (this.#deleted.size === 0) return false;
    return this.#tree.children(folder).every((child) => {
      if (this.#deleted.has(child)) return this.#goesWhole(child);
      return this.#members.get(child)?.act === 'move';
    });
  }

  #reachesRoot({ to, entity }: Draft<O>): boolean {
    const passed = new Set([entity]);
    for (let at = to?.parent; at !== ROOT_ID;) {
      if (at === undefined || passed.has(at) || this.#tree.isSealed(at)) return false;
      passed.add(at);
      const member = this.#members.get(at);
      at = member ? member.to?.parent : this.#tree.placeOf(at)?.parent;
    }
    return true;
  }
}
