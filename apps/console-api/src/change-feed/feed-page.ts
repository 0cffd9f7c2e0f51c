/** One state of a node that was or is in force after the cursor; `toSeq` null: the present one. */
export type PastState = {
  readonly nodeId: string;
  readonly parentId: string | null;
  readonly kind: 'file' | 'folder';
  readonly rev: number;
  readonly trashed: boolean;
  /** The node is no longer in this space; `trashed` is true as well. */
  readonly gone: 'left' | 'purged' | null;
  readonly fromSeq: number;
  readonly toSeq: number | null;
};
export type FeedWindow = {
  readonly rootId: string;
  /** Seq of the caller's cursor: the caller knows the root's tree as it was then, or newer. */
  readonly cursorSeq: number;
  /** Nodes that changed in the window of this page, in the order of their changes; a node may come twice. */
  readonly changed: readonly string[];
  /** States after the cursor of these nodes and of all that were their ancestors since, up to the root. */
  readonly states: readonly PastState[];
  /** Folders below the root that the caller may not list. */
  readonly hidden: ReadonlySet<string>;
};
export type GoneReason = 'left' | 'trashed' | 'purged' | 'revoked';
export type FeedPlan = {
  /** To be told with their present state, parents before children. */
  readonly nodes: readonly { readonly id: string; readonly entered: boolean }[];
  readonly gone: readonly { readonly id: string; readonly gone: GoneReason; readonly rev: number }[];
};

/**
 * Parts the states of a window into those that are all there is to know of their nodes, and the nodes whose other states have to
 * be asked for, folders above included. `rev` counts every change of place, so a first state that is still in force is the only
 * place its node ever had; most of a first sync is made of such.
 */
export function splitWindow(
  window: readonly PastState[],
  rootId: string,
): { readonly only: readonly PastState[]; readonly askedIds: readonly string[] } {
  const only = window.filter((state) => state.rev === 1 && state.toSeq === null && state.nodeId !== rootId);
  const known = new Set(only.map((state) => state.nodeId));
  const asked = new Set<string>();
  for (const { nodeId } of window) if (!known.has(nodeId)) asked.add(nodeId);
  for (const { parentId } of only) if (parentId !== null && !known.has(parentId)) asked.add(parentId);
  return { only, askedIds: [...asked] };
}

/**
 * Decides what a page of the feed says. Nodes are told as they are now, not as they were in the window, so a page may speak of
 * things that happen to places after it. Three rules keep the reader's tree whole all the same:
 * - an ancestor whose place changed after the cursor is told together with the node below it, and so is all between them;
 * - a node that moved away is told as gone whenever any place since the cursor may have shown it to the reader (more is harmless,
 *   less is not); one that stayed in its folder goes with that folder;
 * - gone comes after the nodes, so that what moved out of a folder has left it before the folder takes its descendants along.
 */
export function planFeedPage(window: FeedWindow): FeedPlan {
  const tree = new FeedTree(window);
  const nodes = new Map<string, { id: string; entered: boolean }>();
  const gone = new Map<string, FeedPlan['gone'][number]>();
  for (const id of window.changed) {
    for (const each of tree.isInScope(id) ? tree.unknownPathTo(id) : []) {
      if (!nodes.has(each)) nodes.set(each, { id: each, entered: tree.hasEntered(each) });
    }
    if (!tree.isInScope(id) && tree.hasMoved(id) && tree.mayBeKnown(id)) {
      gone.set(id, { id, gone: tree.whyGone(id), rev: tree.revOf(id) });
    }
  }
  return { nodes: [...nodes.values()], gone: [...gone.values()] };
}

/** What the states of a node come to. */
type Story = { readonly firstSeq: number; readonly now: PastState; readonly hasMoved: boolean };

class FeedTree {
  readonly #window: FeedWindow;
  readonly #stories: ReadonlyMap<string, Story>;
  readonly #inScope = new Map<string, boolean>();
  #knowable: ReadonlySet<string> | undefined;

  constructor(window: FeedWindow) {
    this.#window = window;
    this.#stories = toStories(window.states);
  }

  isInScope(id: string): boolean {
    const known = this.#inScope.get(id);
    if (known !== undefined) return known;
    const inScope = id === this.#window.rootId || this.#isBelow(id);
    this.#inScope.set(id, inScope);
    return inScope;
  }

  /** From the highest node with a new place down to the node itself; above it everything is where the reader knows it. */
  unknownPathTo(id: string): string[] {
    const path: string[] = [];
    for (let at: string | null = id; at !== null && at !== this.#window.rootId; at = this.#now(at)?.parentId ?? null) {
      path.unshift(at);
    }
    const highest = path.findIndex((each) => this.hasNewPlace(each));
    if (highest >= 0) return path.slice(highest);
    return [id];
  }

  /** Made since the cursor, or moved. */
  hasNewPlace(id: string): boolean {
    return this.hasMoved(id) || (this.#stories.get(id)?.firstSeq ?? 0) > this.#window.cursorSeq;
  }

  /** Moved, trashed or restored since the cursor, back and forth included. */
  hasMoved(id: string): boolean {
    return this.#stories.get(id)?.hasMoved ?? false;
  }

  /** A folder that was moved or restored may hold what the reader never heard of; one that was only made may not. */
  hasEntered(id: string): boolean {
    if (id === this.#window.rootId) return false; // its tree came along with it
    return this.#now(id)?.kind === 'folder' && this.hasMoved(id);
  }

  mayBeKnown(id: string): boolean {
    this.#knowable ??= reachFrom(this.#window.rootId, this.#window.states); // most pages never ask
    return this.#knowable.has(id);
  }

  whyGone(id: string): GoneReason {
    for (let at: string | null = id; at !== null && at !== this.#window.rootId; at = this.#now(at)?.parentId ?? null) {
      const now = this.#now(at);
      if (now?.gone) return now.gone;
      if (now?.trashed) return 'trashed';
      if (this.#window.hidden.has(at)) return 'revoked';
    }
    return 'left';
  }

  revOf(id: string): number {
    return this.#now(id)?.rev ?? 0;
  }

  #isBelow(id: string): boolean {
    const now = this.#now(id);
    if (!now || now.trashed || now.parentId === null || this.#window.hidden.has(id)) return false;
    return this.isInScope(now.parentId);
  }

  #now(id: string): PastState | undefined {
    return this.#stories.get(id)?.now;
  }
}

function toStories(states: readonly PastState[]): ReadonlyMap<string, Story> {
  const stories = new Map<string, Story>();
  for (const state of states.toSorted((one, other) => one.fromSeq - other.fromSeq)) {
    const before = stories.get(state.nodeId);
    const isMove = before && (before.now.parentId !== state.parentId || before.now.trashed !== state.trashed);
    const hasMoved = before?.hasMoved === true || isMove === true;
    stories.set(state.nodeId, { firstSeq: before?.firstSeq ?? state.fromSeq, now: state, hasMoved });
  }
  return stories;
}

/** Every node that some chain of places, old and new ones mixed, connects with the root. */
function reachFrom(rootId: string, states: readonly PastState[]): Set<string> {
  const children = Map.groupBy(states, (state) => state.parentId);
  const reached = new Set([rootId]);
  for (const id of reached) for (const child of children.get(id) ?? []) reached.add(child.nodeId);
  return reached;
}
