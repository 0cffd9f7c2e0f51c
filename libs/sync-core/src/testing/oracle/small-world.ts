/** The root of every tree of a small world. */
export const TOP = '';

export type Kind = 'file' | 'folder';
/** `content` null: a folder. */
export type Item = { readonly parent: string; readonly name: string; readonly content: string | null };
/** One tree, by node. Nodes of base are `b1`, `b2` …; what came since is `h1` … on the disk, `t1` … in the cloud. */
export type Tree = ReadonlyMap<string, Item>;
/** Base, the disk and the cloud, as they are found. */
export type SmallWorld = { readonly base: Tree; readonly here: Tree; readonly there: Tree };

export type Deed =
  | { readonly do: 'make'; readonly id: string; readonly at: Item }
  | { readonly do: 'edit'; readonly id: string; readonly content: string }
  | { readonly do: 'move'; readonly id: string; readonly parent: string; readonly name: string }
  | { readonly do: 'remove'; readonly id: string };

export function kindOf(item: Item): Kind {
  return item.content === null ? 'folder' : 'file';
}

export function carriedOut(tree: Tree, deed: Deed): Tree {
  const after = new Map(tree);
  const item = tree.get(deed.id);
  if (deed.do === 'make') after.set(deed.id, deed.at);
  else if (deed.do === 'remove') for (const id of subtreeOf(tree, deed.id)) after.delete(id);
  else if (item && deed.do === 'edit') after.set(deed.id, { ...item, content: deed.content });
  else if (item && deed.do === 'move') after.set(deed.id, { ...item, parent: deed.parent, name: deed.name });
  return after;
}

export function subtreeOf(tree: Tree, id: string): string[] {
  const below = [...tree].filter(([, item]) => item.parent === id).flatMap(([child]) => subtreeOf(tree, child));
  return [id, ...below];
}

export function childNamed(tree: Tree, parent: string, name: string): string | undefined {
  for (const [id, item] of tree) if (item.parent === parent && item.name === name) return id;
  return undefined;
}

export function pathIn(tree: Tree, id: string): string {
  const item = tree.get(id);
  if (!item) return '?';
  return item.parent === TOP ? item.name : `${pathIn(tree, item.parent)}/${item.name}`;
}

/** Everything that a person can do to a tree next, with few names and two contents. */
export function deedsIn(tree: Tree, given: { names: readonly string[]; newId: string }): Deed[] {
  const folders = [TOP, ...[...tree].filter(([, item]) => item.content === null).map(([id]) => id)];
  const places = folders.flatMap((parent) => given.names.map((name) => ({ parent, name })));
  const free = places.filter(({ parent, name }) => childNamed(tree, parent, name) === undefined);
  const makes = free.flatMap((place): Deed[] =>
    [null, 'x', 'y'].map((content) => ({ do: 'make', id: given.newId, at: { ...place, content } })),
  );
  const others = [...tree].flatMap(([id, item]): Deed[] => {
    const own = new Set(subtreeOf(tree, id));
    const moves = free.filter(({ parent }) => !own.has(parent));
    const edits = item.content === null ? [] : ['x', 'y'].filter((content) => content !== item.content);
    return [
      { do: 'remove', id },
      ...edits.map((content) => ({ do: 'edit', id, content }) as const),
      ...moves.map((place) => ({ do: 'move', id, ...place }) as const),
    ];
  });
  return [...others, ...makes];
}

export type Reached = { readonly tree: Tree; readonly deeds: readonly Deed[] };

/** Every different tree that at most so many deeds lead to, each by a shortest way. */
export function reachable(start: Tree, given: { names: readonly string[]; prefix: string; deeds: number }): Reached[] {
  const all: Reached[] = [{ tree: start, deeds: [] }];
  const known = new Set([keyOf(start)]);
  for (let at = 0; at < all.length; at++) {
    const { tree, deeds } = all[at] ?? { tree: start, deeds: [] };
    if (deeds.length === given.deeds) continue;
    for (const deed of deedsIn(tree, { names: given.names, newId: given.prefix + (deeds.length + 1) })) {
      const after = carriedOut(tree, deed);
      const key = keyOf(after);
      if (known.has(key)) continue;
      known.add(key);
      all.push({ tree: after, deeds: [...deeds, deed] });
    }
  }
  return all;
}

/** What is new has no name of its own: two trees that differ in the order of making alone are one. */
function keyOf(tree: Tree): string {
  const lines = [...tree].map(([id, item]) => {
    const path = pathIn(tree, id);
    return `${path}=${id.startsWith('b') ? id : 'new'}:${item.content ?? '/'}`;
  });
  return lines.sort().join('|');
}

const NAMES = ['a', 'b', 'c', 'd'];

/** All base trees of exactly so many nodes, up to the names of siblings. */
export function baseTrees(count: number): Tree[] {
  const found = new Map<string, Tree>();
  const grow = (tree: Map<string, Item>): void => {
    if (tree.size === count) return void found.set(shapeOf(tree, TOP), tree);
    const id = `b${tree.size + 1}`;
    const folders = [TOP, ...[...tree].filter(([, item]) => item.content === null).map(([each]) => each)];
    for (const parent of folders) {
      const siblings = [...tree.values()].filter((item) => item.parent === parent).length;
      for (const content of [null, `of ${id}`]) {
        grow(new Map([...tree, [id, { parent, name: NAMES[siblings] ?? 'e', content }]]));
      }
    }
  };
  grow(new Map());
  return [...found.values()];
}

function shapeOf(tree: Tree, top: string): string {
  const below = [...tree].filter(([, item]) => item.parent === top);
  const shapes = below.map(([id, item]) => (item.content === null ? `[${shapeOf(tree, id)}]` : 'f'));
  return shapes.sort().join('');
}

/** The names that occur in a base tree, and one that does not. */
export function namesFor(base: Tree): string[] {
  return [...new Set([...base.values()].map((item) => item.name)), 'n'];
}
