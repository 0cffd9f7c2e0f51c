import { asScanned, unified, type Met } from './meet.ts';
import { kindOf, TOP, type Item, type SmallWorld, type Tree } from './small-world.ts';

/** How a run differs from a later sync of one whose state is whole. */
export type Stage = {
  readonly firstSync?: boolean;
  readonly recovery?: boolean;
  readonly conflict: 'copy' | 'version';
};

/** `cloud`: the id of the cloud node it is, or that of a node of base; empty for one made anew. `history`: versions it must have. */
export type Final = Item & { readonly cloud: string; readonly history: readonly string[] };
/** Where everything has to end, by node; a copy is named after what it is a copy of. */
export type Outcome = ReadonlyMap<string, Final>;

const COPY = ' (conflict PC1 2026-01-02 0304)';

/**
 * The bidirectional table of engine.md 3.4 as it stands there, node by node, with nothing of the engine's own code. Where the table leaves
 * a choice (which of the moves made here is undone), every choice is answered.
 */
export function outcomesBoth(world: SmallWorld, stage: Stage): Outcome[] {
  const met = unified(asScanned(world), { remade: 'all' });
  const merged = new Merge(met, stage);
  return merged.trees().map((tree) => merged.finished(tree));
}

type Wanted = {
  readonly parent: string;
  readonly name: string;
  /** Whose content: of one side, the same on both, or the cloud's while the other becomes a copy. */
  readonly content: 'same' | 'here' | 'there' | 'conflict';
};
type Shape = Map<string, Wanted>;

class Merge {
  readonly #met: Met;
  readonly #stage: Stage;

  constructor(met: Met, stage: Stage) {
    this.#met = met;
    this.#stage = stage;
  }

  /** Steps 2, 4 and 5: every node by itself, the folders of what stays, and no folder in itself. */
  trees(): Shape[] {
    const shape: Shape = new Map();
    for (const id of new Set([...this.#met.base.keys(), ...this.#met.here.keys(), ...this.#met.there.keys()])) {
      const wanted = this.#wanted(id);
      if (wanted) shape.set(id, wanted);
    }
    return this.#withoutLoops(this.#withFolders(shape));
  }

  #wanted(id: string): Wanted | null {
    const { base, here, there } = this.#met;
    const [was, local, cloud] = [base.get(id), here.get(id), there.get(id)];
    if (local && cloud) return { ...place(was, local, cloud), content: this.#content(was, local, cloud) };
    const only = local ?? cloud;
    if (!only) return null;
    if (!this.#outlives(id, was, only)) return null;
    return { parent: only.parent, name: only.name, content: local ? 'here' : 'there' };
  }

  /** What one side alone has: whether that is more than a delete of the other. */
  #outlives(id: string, was: Item | undefined, only: Item): boolean {
    if (!was || this.#stage.firstSync || this.#stage.recovery) return true;
    return isChanged(was, only) || this.#isCarried(id, only);
  }

  #content(was: Item | undefined, local: Item, cloud: Item): Wanted['content'] {
    if (local.content === cloud.content) return 'same';
    if (!was) return this.#differing(was);
    const [isNewHere, isNewThere] = [was.content !== local.content, was.content !== cloud.content];
    if (isNewHere && isNewThere) return this.#differing(was);
    // FI-4: after recovery nobody knows whose is the newer one, unless ours was made on top of what is there.
    if (isNewThere) return this.#stage.recovery ? 'conflict' : 'there';
    return 'here';
  }

  #differing(was: Item | undefined): Wanted['content'] {
    if (this.#stage.recovery) return 'conflict';
    const isVersion = this.#stage.conflict === 'version' || (!was && this.#stage.firstSync);
    return isVersion ? 'here' : 'conflict';
  }

  /** Its folder was deleted by one side and moved by the other, with all that was in it. */
  #isCarried(id: string, item: Item): boolean {
    const { base, here, there } = this.#met;
    if (item.parent === TOP) return false;
    const side = here.has(id) ? here : there;
    const other = side === here ? there : here;
    const folder = side.get(item.parent);
    const was = base.get(item.parent);
    if (!folder || !was || other.has(item.parent)) return false;
    return isMoved(was, folder) || this.#isCarried(item.parent, folder);
  }

  #withFolders(shape: Shape): Shape {
    for (const { parent } of shape.values()) {
      if (parent === TOP || shape.has(parent)) continue;
      const { here, there } = this.#met;
      const folder = there.get(parent) ?? here.get(parent);
      if (!folder) throw new Error('a folder that neither side has');
      const side = there.has(parent) ? 'there' : 'here';
      return this.#withFolders(
        new Map([...shape, [parent, { parent: folder.parent, name: folder.name, content: side }]]),
      );
    }
    return shape;
  }

  #withoutLoops(shape: Shape): Shape[] {
    const loop = [...shape.keys()].map((id) => loopFrom(shape, id)).find((found) => found.length > 0);
    if (!loop) return [shape];
    return loop.flatMap((id) => {
      const cloud = this.#met.there.get(id);
      const wanted = shape.get(id);
      if (!cloud || !wanted || (wanted.parent === cloud.parent && wanted.name === cloud.name)) return [];
      const undone = new Map([...shape, [id, { ...wanted, parent: cloud.parent, name: cloud.name }]]);
      return this.#withoutLoops(this.#withFolders(undone));
    });
  }

  /** Steps 3 and 6: copies, and one name for one node. */
  finished(shape: Shape): Outcome {
    const { here, there } = this.#met;
    const outcome = new Map<string, Final>();
    for (const [id, wanted] of shape) {
      const side = wanted.content === 'here' ? here : wanted.content === 'same' && !there.has(id) ? here : there;
      const content = side.get(id)?.content ?? null;
      outcome.set(id, { ...wanted, name: this.#nameOf(shape, id), content, ...this.#identity(id, content) });
    }
    for (const [id, wanted] of shape)
      if (wanted.content === 'conflict') outcome.set(`copy ${id}`, this.#copy(shape, id));
    return outcome;
  }

  /** SY-12, SY-13: folders before files, what stands in the cloud before what comes from here. */
  #nameOf(shape: Shape, id: string): string {
    const wanted = shape.get(id);
    if (!wanted) throw new Error('no such node');
    const rivals = [...shape].filter(
      ([other, at]) => other !== id && at.parent === wanted.parent && at.name === wanted.name,
    );
    const winner = [id, ...rivals.map(([other]) => other)].sort(
      (a, b) => this.#rank(shape, a) - this.#rank(shape, b),
    )[0];
    if (winner === id || winner === undefined) return wanted.name;
    const isFile = this.#kind(id) === 'file';
    if (isFile && this.#kind(winner) === 'folder') return `${wanted.name} (file)`;
    const isNewHere = isFile && !this.#met.base.has(id) && !this.#met.there.has(id);
    return isNewHere ? wanted.name + COPY : `${wanted.name} (2)`;
  }

  #rank(shape: Shape, id: string): number {
    const cloud = this.#met.there.get(id);
    const wanted = shape.get(id);
    const isThere = cloud && cloud.parent === wanted?.parent && cloud.name === wanted.name;
    return (this.#kind(id) === 'folder' ? 0 : 2) + (isThere ? 0 : 1);
  }

  #kind(id: string): 'file' | 'folder' {
    const item = this.#met.here.get(id) ?? this.#met.there.get(id);
    return item ? kindOf(item) : 'file';
  }

  #copy(shape: Shape, id: string): Final {
    const { here } = this.#met;
    const local = here.get(id);
    if (!local) throw new Error('a copy of nothing');
    let { parent } = local;
    while (parent !== TOP && !shape.has(parent)) parent = here.get(parent)?.parent ?? TOP;
    return { parent, name: local.name + COPY, content: local.content, cloud: '', history: [] };
  }

  #identity(id: string, content: string | null): Pick<Final, 'cloud' | 'history'> {
    const { base, there, cloudIds } = this.#met;
    const cloud = there.get(id);
    if (!cloud) return { cloud: '', history: [] };
    const isOwn = !cloudIds.has(id);
    const contents = [isOwn ? base.get(id)?.content : null, cloud.content, content];
    return { cloud: cloudIds.get(id) ?? id, history: contents.filter((each) => each !== null && each !== undefined) };
  }
}

function place(was: Item | undefined, local: Item, cloud: Item): Pick<Wanted, 'parent' | 'name'> {
  const here = { parent: local.parent, name: local.name };
  const there = { parent: cloud.parent, name: cloud.name };
  return was && !isMoved(was, cloud) ? here : there;
}

function isMoved(was: Item, item: Item): boolean {
  return was.parent !== item.parent || was.name !== item.name;
}

function isChanged(was: Item, item: Item): boolean {
  return isMoved(was, item) || was.content !== item.content;
}

function loopFrom(shape: Shape, start: string): string[] {
  const path: string[] = [];
  for (let at = start; at !== TOP; at = shape.get(at)?.parent ?? TOP) {
    if (at === start && path.length > 0) return path;
    if (path.includes(at)) return [];
    path.push(at);
  }
  return [];
}

/** As paths, which is how an outcome shows. */
export function pathsOf(outcome: Outcome): Map<string, Final> {
  const tree: Tree = outcome;
  const pathOf = (id: string): string => {
    const item = tree.get(id);
    if (!item) throw new Error(`no folder ${id}`);
    return item.parent === TOP ? item.name : `${pathOf(item.parent)}/${item.name}`;
  };
  return new Map([...outcome].map(([id, final]) => [pathOf(id), final]));
}
