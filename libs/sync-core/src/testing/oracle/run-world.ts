import type { SyncPolicy } from '../../model/policy.ts';
import { handsInCloud, handsOnDisk, type Hands } from '../hands.ts';
import type { Chance, Decide } from '../sim-device.ts';
import { SimWorld } from '../sim-world.ts';
import { TOP, type Deed, type Tree } from './small-world.ts';

/** What there is at one path of the cloud: `cloud` as the oracle names nodes. */
export type Found = { readonly content: string | null; readonly cloud: string; readonly history: readonly string[] };
export type Ended = {
  readonly cloud: ReadonlyMap<string, Found>;
  readonly disk: ReadonlyMap<string, string | null>;
  /** Paths and contents of the disk as people left them. */
  readonly diskBefore: ReadonlyMap<string, string | null>;
  readonly lost: readonly string[];
  readonly ran: readonly string[];
};

export type Story = { readonly base: Tree; readonly here: readonly Deed[]; readonly there: readonly Deed[] };
export type Setting = {
  readonly policy: Partial<SyncPolicy>;
  readonly decide?: Decide;
  /** Instead of a later sync: the first one (base must be empty), with lost state, or with a server that was restored. */
  readonly stage?: 'later' | 'first' | 'lost' | 'restored';
  /** Decides about everything that is left open: which operation runs first, what is settled together. */
  readonly chance?: Chance;
};

/** Lets the real engine sync the base tree, people act on both sides, and the engine come to rest. */
export function runWorld({ base, here, there }: Story, setting: Setting): Ended {
  const { policy, decide, stage = 'later', chance = () => 0 } = setting;
  const world = new SimWorld({ devices: 1, policy, ...(decide ? { decide } : {}) });
  const [device] = world.devices;
  if (!device) throw new Error('a world without devices');
  const onDisk = new Doer(handsOnDisk(device.disk, () => undefined));
  const inCloud = new Doer(handsInCloud(world.cloud));
  onDisk.build(base);
  if (stage !== 'first') world.rest(chance);
  for (const id of base.keys()) inCloud.find(id, onDisk.pathOf(id));
  const written = new Set(onDisk.do(here).concat(inCloud.do(there)));
  if (stage === 'lost') device.loseState();
  if (stage === 'restored') device.journal.advance({ meta: { recovery: true } });
  const diskBefore = contentsOf(device.disk.paths());
  const ran = device.ran.length;
  world.rest(chance);
  const kept = new Set([...world.cloud.tokens(), ...device.disk.tokens()]);
  return {
    cloud: inCloud.found(world),
    disk: contentsOf(device.disk.paths()),
    diskBefore,
    lost: [...written].filter((token) => !kept.has(token)),
    ran: device.ran.slice(ran).map((op) => op.op),
  };
}

/** Does deeds by the names that the oracle has for nodes. */
class Doer<R> {
  readonly #hands: Hands<R>;
  readonly #refs = new Map<string, R>();

  constructor(hands: Hands<R>) {
    this.#hands = hands;
    this.#refs.set(TOP, hands.root);
  }

  build(tree: Tree): void {
    for (const [id, at] of tree) this.#make(id, at);
  }

  pathOf(id: string): string[] {
    const ref = this.#ref(id);
    const item = this.#hands.items().find((each) => each.ref === ref);
    if (!item) return [];
    const parent = [...this.#refs].find(([, each]) => each === item.parent)?.[0] ?? TOP;
    return [...(parent === TOP ? [] : this.pathOf(parent)), item.name];
  }

  find(id: string, path: readonly string[]): void {
    let at: R = this.#hands.root;
    for (const name of path) {
      const next = this.#hands.items().find((item) => item.parent === at && item.name === name);
      if (!next) throw new Error(`nothing at ${path.join('/')}`);
      at = next.ref;
    }
    this.#refs.set(id, at);
  }

  /** Answers the contents that were written and not written over again. */
  do(deeds: readonly Deed[]): string[] {
    const contents = new Map<string, string>();
    for (const deed of deeds) {
      if (deed.do === 'make') this.#make(deed.id, deed.at);
      else if (deed.do === 'edit') this.#hands.write(this.#ref(deed.id), deed.content);
      else if (deed.do === 'move') this.#hands.move(this.#ref(deed.id), this.#ref(deed.parent), deed.name);
      else this.#hands.remove(this.#ref(deed.id));
      if (deed.do === 'edit') contents.set(deed.id, deed.content);
      if (deed.do === 'make' && deed.at.content !== null) contents.set(deed.id, deed.at.content);
    }
    const there = new Set(this.#hands.items().map((item) => item.ref));
    return [...contents].filter(([id]) => there.has(this.#ref(id))).map(([, content]) => content);
  }

  found(world: SimWorld): Map<string, Found> {
    const { cloud } = world;
    const names = new Map([...this.#refs].map(([id, ref]) => [ref as unknown, id]));
    return new Map(
      cloud.liveIds().map((id) => {
        const { node, versions } = cloud.live(id);
        return [cloud.pathOf(id), { content: node.contentId, cloud: names.get(id) ?? '', history: versions }];
      }),
    );
  }

  #make(id: string, at: { parent: string; name: string; content: string | null }): void {
    this.#refs.set(id, this.#hands.create(this.#ref(at.parent), at.name, at.content));
  }

  #ref(id: string): R {
    const ref = this.#refs.get(id);
    if (ref === undefined) throw new Error(`nothing called ${id}`);
    return ref;
  }
}

function contentsOf(paths: ReadonlyMap<string, string>): Map<string, string | null> {
  // A description is the content, then metadata.
  return new Map(
    [...paths].map(([path, is]) => [path, is === 'folder' ? null : is.split(' ').slice(0, -2).join(' ')] as const),
  );
}
