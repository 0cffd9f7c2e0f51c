import type { NodeId, UserId } from '@tideline/contracts';
import type { ChainNode, SpaceRow, TeamDistance } from './access.store.ts';
import { judge, type CallerFacts, type Judgement, type Rights, type Statement } from './rights.ts';

export type Caller = CallerFacts & { readonly userId: UserId; readonly teams: readonly TeamDistance[] };
export type Found = { readonly chains: readonly ChainNode[]; readonly spaces: readonly SpaceRow[] };

/** Chains and statements of one call in memory; rights of a folder are decided once. */
export class AccessTree {
  readonly caller: Caller;
  readonly spaces: readonly SpaceRow[];
  readonly #nodes: ReadonlyMap<string, ChainNode>;
  readonly #spaces: ReadonlyMap<string, SpaceRow>;
  readonly #statements: ReadonlyMap<string, readonly Statement[]>;
  readonly #decided = new Map<string, Judgement>();

  constructor(caller: Caller, found: Found, statements: readonly Statement[]) {
    this.caller = caller;
    this.spaces = found.spaces;
    this.#nodes = new Map(found.chains.map((node) => [node.id, node]));
    this.#spaces = new Map(found.spaces.map((space) => [space.id, space]));
    this.#statements = Map.groupBy(statements, (statement) => statement.nodeId);
  }

  spaceOf(id: NodeId): SpaceRow | undefined {
    const node = this.#nodes.get(id);
    return node && this.#spaces.get(node.spaceId);
  }

  rightsOf(id: NodeId): Rights | undefined {
    return this.judgementOf(id)?.rights;
  }

  judgementOf(id: NodeId): Judgement | undefined {
    const space = this.spaceOf(id);
    if (!space) return undefined;
    // Nodes without statements of their own share the decision of the nearest ancestor that has some.
    const start = this.#find(id, (node) => this.#statements.has(node.id));
    const key = start?.id ?? space.id;
    const known = this.#decided.get(key);
    if (known) return known;
    const judgement = judge(this.caller, space, { [Symbol.iterator]: () => this.#statementsFrom(start) });
    this.#decided.set(key, judgement);
    return judgement;
  }

  /** Rights on a node of the space that would be found at the lower end of this path to the root. */
  rightsAlong(path: readonly NodeId[], space: SpaceRow): Rights {
    const chain = { [Symbol.iterator]: () => this.#statementsOn(path) };
    return judge(this.caller, space, chain).rights;
  }

  isFolder(id: NodeId): boolean {
    return this.#nodes.get(id)?.kind === 'folder';
  }

  /** Whether a grant on the node itself says something. */
  isSpokenOf(id: NodeId): boolean {
    return this.#statements.has(id);
  }

  parentOf(id: NodeId): NodeId | null {
    return this.#nodes.get(id)?.parentId ?? null;
  }

  isLive(id: NodeId): boolean {
    return this.#find(id, (node) => node.trashed) === undefined;
  }

  /** Whether it was deleted for good, be it that its own row is still to be found: what was trashed by itself before that outlives it. */
  isPurged(id: NodeId): boolean {
    return this.#find(id, (node) => node.trashed)?.purged ?? false;
  }

  isLiveBelow(id: NodeId, rootId: NodeId): boolean {
    return id !== rootId && this.#find(id, (node) => node.trashed || node.id === rootId)?.id === rootId;
  }

  /** Folders above a node from below upwards; not beyond what is in the bin by itself, unless `throughBin`. */
  *foldersAbove(id: NodeId, { throughBin }: { readonly throughBin: boolean }): Iterable<NodeId> {
    for (let node = this.#nodes.get(id); node && (throughBin || !node.trashed);) {
      node = this.#above(node);
      if (node) yield node.id;
    }
  }

  /** The node itself or the nearest above it that fits. */
  #find(id: NodeId, fits: (node: ChainNode) => boolean): ChainNode | undefined {
    let node = this.#nodes.get(id);
    while (node && !fits(node)) node = this.#above(node);
    return node;
  }

  /** No further than somebody reads: the nearest folder that says something mostly says it all. */
  *#statementsFrom(start: ChainNode | undefined): Iterator<readonly Statement[]> {
    for (let node = start; node; node = this.#above(node)) {
      const statements = this.#statements.get(node.id);
      if (statements) yield statements;
    }
  }

  *#statementsOn(path: readonly NodeId[]): Iterator<readonly Statement[]> {
    for (const id of path) {
      const statements = this.#statements.get(id);
      if (statements) yield statements;
    }
  }

  #above(node: ChainNode): ChainNode | undefined {
    return node.parentId === null ? undefined : this.#nodes.get(node.parentId);
  }
}
