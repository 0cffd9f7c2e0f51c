import { childNamed, kindOf, type Item, type SmallWorld, type Tree } from './small-world.ts';

/** Both sides by one set of ids: what is one node has one id, whatever each side called it. */
export type Met = {
  readonly base: Tree;
  readonly here: Tree;
  readonly there: Tree;
  /** Which cloud node a node is, where that is not the one of its own id. */
  readonly cloudIds: ReadonlyMap<string, string>;
};

/** The disk knows no ids: a new entry where base has one of its kind that is gone is that one, edited (engine.md 3.3). */
export function asScanned({ base, here, there }: SmallWorld): SmallWorld {
  for (const [id, item] of here) {
    if (base.has(id)) continue;
    const gone = [...base].find(
      ([row, was]) =>
        !here.has(row) && was.parent === item.parent && was.name === item.name && kindOf(was) === kindOf(item),
    );
    if (gone) return asScanned({ base, here: renamed(here, id, gone[0]), there });
  }
  return { base, here, there };
}

/**
 * What both sides have anew at one place is one node (3.4, step 1), and so is what was deleted in the cloud and made anew where
 * it stands on the disk. `remade`: of what kinds the latter counts.
 */
export function unified({ base, here, there }: SmallWorld, { remade }: { remade: 'all' | 'folders' }): Met {
  const cloudIds = new Map<string, string>();
  let found = there;
  const isAlone = (id: string) => !found.has(id) && (remade === 'all' || isFolderOrNew(base.get(id)));
  for (let again = true; again;) {
    again = false;
    for (const [id, item] of here) {
      const other = isAlone(id) ? childNamed(found, item.parent, item.name) : undefined;
      const met = other === undefined ? undefined : found.get(other);
      if (other === undefined || !met || base.has(other) || cloudIds.has(other)) continue;
      if (kindOf(met) !== kindOf(item)) continue;
      found = renamed(found, other, id);
      cloudIds.set(id, other);
      again = true;
    }
  }
  return { base, here, there: found, cloudIds };
}

function isFolderOrNew(was: Item | undefined): boolean {
  return was === undefined || was.content === null;
}

function renamed(tree: Tree, from: string, to: string): Tree {
  const entries = [...tree].map(([id, item]): [string, Item] => [
    id === from ? to : id,
    item.parent === from ? { ...item, parent: to } : item,
  ]);
  return new Map(entries);
}

/** State was lost, or there never was any: nothing tells which node of one side is which of the other. */
export function forgotten({ here, there }: Omit<SmallWorld, 'base'>): SmallWorld {
  const ids = [...here.keys()];
  return { base: new Map(), here: ids.reduce((tree, id) => renamed(tree, id, `disk ${id}`), here), there };
}
