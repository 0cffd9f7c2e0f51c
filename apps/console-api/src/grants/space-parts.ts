import type { Atom, NodeId } from '@tideline/contracts';
import type { SpaceRow } from './access.store.ts';
import type { AccessTree } from './access-tree.ts';
import { collectBarriers, type Barriers } from './barriers.ts';

/** Folders below the root of one space where grants say something to one subject: nowhere else do rights change on the way down. */
export class SpaceParts {
  readonly ids: readonly NodeId[];
  readonly #tree: AccessTree;
  readonly #space: SpaceRow;

  constructor(tree: AccessTree, space: SpaceRow, ids: readonly NodeId[]) {
    this.#tree = tree;
    this.#space = space;
    this.ids = ids;
  }

  /** What of folders the subject may not do the same with as with the folder itself: rights are narrower there. */
  barriersTo(atoms: readonly Atom[], through: { readonly throughBin: boolean }): Barriers {
    return collectBarriers(this.#tree, { nodeIds: this.ids, atoms, ...through });
  }

  /** Of a part and of the folders above it. */
  parentOf(id: NodeId): NodeId | null {
    return this.#tree.parentOf(id);
  }

  /** A part or a folder above one, and all above it. */
  pathUp(id: NodeId): NodeId[] {
    return [id, ...this.#tree.foldersAbove(id, { throughBin: true })];
  }

  /** What may be done with a node that stands at the lower end of a path to the root, be it there or not. */
  atomsAlong(path: readonly NodeId[]): ReadonlySet<Atom> {
    return this.#tree.rightsAlong(path, this.#space).atoms;
  }

  /** The first on a path of which something is said: below it, nothing on two paths differs that meet there. */
  nearestOn(path: readonly NodeId[]): NodeId | undefined {
    return path.find((id) => this.#tree.isSpokenOf(id));
  }
}
