import { asScanned, unified, type Met } from './meet.ts';
import { kindOf, TOP, type Item, type SmallWorld } from './small-world.ts';
import type { Final, Outcome } from './table-both.ts';

export type UploadStage = { readonly deletes: boolean };

/**
 * Upload mode by the tables UP of product.md and the column "OW" of engine.md 3.4: what the cloud has to end as. The disk stays as
 * people left it. Nothing of the engine's own code is in here.
 */
export function outcomeUpload(world: SmallWorld, stage: UploadStage): Outcome {
  const met = unified(asScanned(world), { remade: 'folders' });
  return new UploadTable(met, stage).outcome();
}

class UploadTable {
  readonly #met: Met;
  readonly #stage: UploadStage;
  readonly #cut = new Set<string>();

  constructor(met: Met, stage: UploadStage) {
    this.#met = met;
    this.#stage = stage;
    for (let before = -1; before !== this.#cut.size;) {
      before = this.#cut.size;
      for (const id of met.there.keys()) if (this.#losesLink(id)) this.#cut.add(id);
    }
  }

  outcome(): Outcome {
    const outcome = new Map<string, Final>();
    for (const [id, item] of this.#left()) outcome.set(this.#nodeName(id), this.#asPut(id, item));
    const own = [...this.#met.here.keys()];
    // What already stands where it belongs keeps its name before anything that comes there.
    for (const id of own.filter((each) => this.#standsRight(each))) outcome.set(id, this.#own(id, outcome));
    for (const id of own.filter((each) => !this.#standsRight(each)).sort(this.#foldersFirst))
      outcome.set(id, this.#own(id, outcome));
    return outcome;
  }

  readonly #foldersFirst = (a: string, b: string): number => this.#order(a) - this.#order(b);

  #order(id: string): number {
    return this.#met.here.get(id)?.content === null ? 0 : 1;
  }

  /** UP-7: the item was moved there, itself or with a folder above it, and not to where it stands here. */
  #losesLink(id: string): boolean {
    const { base, here, there } = this.#met;
    const item = there.get(id);
    if (!item) return false;
    const local = here.get(id);
    if (item.parent !== TOP && this.#cut.has(item.parent)) return true;
    if (local?.parent === item.parent && local.name === item.name) return false;
    const was = base.get(id);
    return was === undefined || was.parent !== item.parent || was.name !== item.name;
  }

  /** Nodes that stay in the cloud as they were put there: foreign ones, those that lost their link, and those not deleted. */
  #left(): [string, Item][] {
    const { here, there } = this.#met;
    const stays = [...there].filter(([id]) => !here.has(id) || this.#cut.has(id));
    return stays.filter(([id]) => !this.#isDeleted(id));
  }

  /** UP-4 with the switch: what base knows goes, a folder only if nothing of others is left in it. */
  #isDeleted(id: string): boolean {
    const { base, here, there } = this.#met;
    if (!this.#stage.deletes || !base.has(id) || here.has(id)) return false;
    const inside = [...there].filter(([, item]) => item.parent === id);
    // What stands elsewhere on the disk is moved out with everything in it.
    return inside.every(([child]) => (here.has(child) ? !this.#cut.has(child) : this.#isDeleted(child)));
  }

  /** The item in the cloud of a node that is made anew is another node. */
  #nodeName(id: string): string {
    return this.#cut.has(id) && this.#met.here.has(id) ? `left ${id}` : id;
  }

  #asPut(id: string, item: Item): Final {
    const parent = item.parent === TOP ? TOP : this.#nodeName(item.parent);
    return { ...item, parent, cloud: this.#cloudId(id), history: item.content === null ? [] : [item.content] };
  }

  #standsRight(id: string): boolean {
    const { here, there } = this.#met;
    const [local, cloud] = [here.get(id), there.get(id)];
    return !this.#cut.has(id) && cloud?.parent === local?.parent && cloud?.name === local?.name;
  }

  #own(id: string, taken: ReadonlyMap<string, Final>): Final {
    const { base, here, there } = this.#met;
    const local = here.get(id);
    if (!local) throw new Error('nothing here');
    const cloud = this.#cut.has(id) ? undefined : there.get(id);
    const name = this.#freeName(local, taken);
    if (!cloud) return { ...local, name, cloud: '', history: local.content === null ? [] : [local.content] };
    const was = base.get(id);
    const isOurs = was ? local.content !== was.content : true;
    const content = isOurs ? local.content : cloud.content;
    const history = [was?.content, cloud.content, content].filter((each) => each !== null && each !== undefined);
    return { ...local, name, content, cloud: this.#cloudId(id), history };
  }

  #freeName(local: Item, taken: ReadonlyMap<string, Final>): string {
    const owner = [...taken.values()].find(({ parent, name }) => parent === local.parent && name === local.name);
    if (!owner) return local.name;
    return kindOf(owner) === 'folder' && kindOf(local) === 'file' ? `${local.name} (file)` : `${local.name} (2)`;
  }

  #cloudId(id: string): string {
    return this.#met.cloudIds.get(id) ?? id;
  }
}
