import type { Op } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import type { DiskKind } from './disk-kind.ts';
import { handsInCloud, handsOnDisk, type Hands } from './hands.ts';
import type { SimDevice } from './sim-device.ts';
import { SimWorld } from './sim-world.ts';

/** One side of a scenario, by paths. `d/` names a folder, `d/f` a file. */
export type Side = {
  /** Creates or overwrites; folders on the way are made. */
  write(path: string, token: string): void;
  mkdir(path: string): void;
  move(from: string, to: string): void;
  remove(path: string): void;
  touch(path: string, mtimeMs: number, exec?: boolean): void;
  tree(): Record<string, string>;
};

type Options = { policy?: Partial<SyncPolicy>; devices?: number; disks?: readonly DiskKind[] };

/** A small world for one story: something is synced, people act, devices sync, and one looks at what came of it. */
export class Scenario {
  readonly world: SimWorld;
  readonly here: Side;
  readonly there: Side;
  #ran = 0;

  constructor(synced: readonly string[] = [], options: Options = {}) {
    const { policy = {}, devices = 1, disks = [] } = options;
    this.world = new SimWorld({ devices, policy, disks });
    this.here = this.on(0);
    this.there = sideOf(handsInCloud(this.world.cloud), () => contents(this.world.cloud.paths()));
    for (const entry of synced) create(this.here, entry);
    if (synced.length > 0) this.sync();
  }

  get device(): SimDevice {
    return this.deviceAt(0);
  }

  deviceAt(index: number): SimDevice {
    const device = this.world.devices[index];
    if (!device) throw new Error(`no device ${index}`);
    return device;
  }

  on(index: number): Side {
    const { disk } = this.deviceAt(index);
    return sideOf(
      handsOnDisk(disk, () => undefined),
      () => contents(disk.paths()),
      (name) => disk.kind.keyOf(name),
    );
  }

  /** Until nothing is left to do; answers what the first device ran, in order. */
  sync(): string[] {
    this.#ran = this.device.ran.length;
    this.world.rest(() => 0);
    return this.ops().map((op) => op.op);
  }

  ops(): readonly Op[] {
    return this.device.ran.slice(this.#ran);
  }

  /** Bytes that have to be found somewhere, in a bin or in history too. */
  kept(): Set<string> {
    return new Set([...this.world.cloud.tokens(), ...this.world.devices.flatMap((device) => device.disk.tokens())]);
  }

  idOf(path: string): string {
    const found = this.world.cloud.liveIds().find((id) => this.world.cloud.pathOf(id) === path);
    if (found === undefined) throw new Error(`nothing at ${path} in the cloud`);
    return found;
  }

  versionsOf(path: string): readonly string[] {
    return this.world.cloud.live(this.idOf(path)).versions;
  }
}

export function create(side: Side, entry: string): void {
  const [path = '', token] = entry.split('=');
  if (path.endsWith('/')) side.mkdir(path.slice(0, -1));
  else side.write(path, token ?? path);
}

/** `keyOf`: which names find one entry. */
function sideOf<R>(hands: Hands<R>, tree: () => Record<string, string>, keyOf = (name: string): string => name): Side {
  const find = (path: string): R | undefined => {
    let at: R = hands.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = hands.items().find((item) => item.parent === at && keyOf(item.name) === keyOf(name));
      if (!next) return undefined;
      at = next.ref;
    }
    return at;
  };
  const get = (path: string): R => {
    const found = find(path);
    if (found === undefined) throw new Error(`nothing at ${path}`);
    return found;
  };
  const folderOf = (path: string): R => {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return hands.root;
    const folder = path.slice(0, slash);
    return find(folder) ?? hands.create(folderOf(folder), nameOf(folder), null);
  };
  return {
    write: (path, token) => {
      const there = find(path);
      if (there === undefined) hands.create(folderOf(path), nameOf(path), token);
      else hands.write(there, token);
    },
    mkdir: (path) => void hands.create(folderOf(path), nameOf(path), null),
    move: (from, to) => hands.move(get(from), folderOf(to), nameOf(to)),
    remove: (path) => hands.remove(get(path)),
    touch: (path, mtimeMs, exec = false) => hands.touch(get(path), { mtimeMs, exec }),
    tree,
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Path → content, without metadata; folders as `folder`. */
function contents(paths: ReadonlyMap<string, string>): Record<string, string> {
  const entries = [...paths].map(([path, is]) => [path, is.split(' ')[0] ?? ''] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
