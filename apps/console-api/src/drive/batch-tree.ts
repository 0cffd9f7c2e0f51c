import type { Atom, DriveNode, NodeId } from '@tideline/contracts';

export type RightsByNode = ReadonlyMap<string, { readonly atoms: ReadonlySet<Atom> }>;

type Content = {
  readonly nodes: Map<string, DriveNode>;
  readonly names: Map<string, Set<string>>;
  readonly created: Set<string>;
};

/** The part of a space that batches are about, in memory: what the database holds, changed by the operations before. */
export class BatchTree {
  readonly #content: Content;
  readonly #rights: RightsByNode;

  constructor(nodes: readonly DriveNode[], rights: RightsByNode, content: Content = emptyContent()) {
    this.#content = content;
    this.#rights = rights;
    for (const node of nodes) {
      content.nodes.set(node.id, node);
      this.#occupy(node);
    }
  }

  /** The same nodes in the eyes of another caller: what one puts, all see. */
  seenBy(rights: RightsByNode): BatchTree {
    return new BatchTree([], rights, this.#content);
  }

  find(id: NodeId): DriveNode | undefined {
    return this.#content.nodes.get(id);
  }

  /** Rights of a node that this batch or one before it made are those of the folder it was made in. */
  atomsOf(id: NodeId): ReadonlySet<Atom> {
    for (let node = this.find(id); node; node = node.parentId ? this.find(node.parentId) : undefined) {
      const rights = this.#rights.get(node.id);
      if (rights) return rights.atoms;
      if (!this.#content.created.has(node.id)) return NOTHING; // it was there before the batch, and the caller may not see it
    }
    return NOTHING;
  }

  /** Whether this batch or one before it made the node. */
  isMade(id: NodeId): boolean {
    return this.#content.created.has(id);
  }

  put(node: DriveNode): void {
    const before = this.#content.nodes.get(node.id);
    if (before) this.#content.names.get(nameKey(before))?.delete(before.id);
    else this.#content.created.add(node.id);
    this.#content.nodes.set(node.id, node);
    this.#occupy(node);
  }

  /** Takes back the last `put` of a node. */
  undo(after: DriveNode, before: DriveNode | null): void {
    if (before) {
      this.put(before);
      return;
    }
    this.#content.names.get(nameKey(after))?.delete(after.id);
    this.#content.nodes.delete(after.id);
    this.#content.created.delete(after.id);
  }

  /** Another live node that has this name in this folder. */
  findOccupant(parentId: NodeId | null, name: string, exceptId: NodeId): DriveNode | undefined {
    const ids = this.#content.names.get(nameKey({ parentId, name })) ?? NO_IDS;
    const other = [...ids].find((id) => id !== exceptId);
    return other === undefined ? undefined : this.#content.nodes.get(other);
  }

  /** The node and its ancestors upwards; ends at the root, or where it would come round again. */
  chainOf(id: NodeId): DriveNode[] {
    const chain: DriveNode[] = [];
    const seen = new Set<string>();
    let node = this.find(id);
    while (node && !seen.has(node.id)) {
      seen.add(node.id);
      chain.push(node);
      node = node.parentId ? this.find(node.parentId) : undefined;
    }
    return chain;
  }

  isInBin(id: NodeId): boolean {
    return this.chainOf(id).some((node) => node.trashedAt !== null);
  }

  /** Whether going up from the node never reaches a root. */
  isCircular(id: NodeId): boolean {
    return this.chainOf(id).at(-1)?.parentId !== null;
  }

  #occupy(node: DriveNode): void {
    if (node.trashedAt !== null) return;
    const key = nameKey(node);
    const ids = this.#content.names.get(key);
    if (ids) ids.add(node.id);
    else this.#content.names.set(key, new Set([node.id]));
  }
}

function emptyContent(): Content {
  return { nodes: new Map(), names: new Map(), created: new Set() };
}

const NOTHING: ReadonlySet<Atom> = new Set();
const NO_IDS: ReadonlySet<string> = new Set();

function nameKey(place: { readonly parentId: string | null; readonly name: string }): string {
  return `${place.parentId ?? ''}/${place.name}`;
}
