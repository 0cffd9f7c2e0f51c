import type { SyncPolicy } from '../model/policy.ts';
import { SimCloud } from './sim-cloud.ts';
import { SimDevice, type Chance, type Decide } from './sim-device.ts';
import { DISK_ROOT } from './sim-disk.ts';

/** One thing a person does: on device `who`, or in the drive when there is no such device. Numbers choose among what is there. */
export type Act = {
  readonly who: number;
  readonly verb: Verb;
  readonly x: number;
  readonly y: number;
  readonly z: number;
};
export const VERBS = ['file', 'folder', 'edit', 'move', 'remove', 'touch', 'swap', 'same', 'wrap', 'unwrap'] as const;
export type Verb = (typeof VERBS)[number];

const NAMES = ['a', 'b', 'c', 'd'];
/** More rounds than this and the devices chase each other. */
const MAX_ROUNDS = 40;

export class SimWorld {
  readonly cloud = new SimCloud();
  readonly devices: readonly SimDevice[];
  readonly #destroyed = new Set<string>();
  readonly #written = new Set<string>();
  #tokens = 0;

  constructor(options: { devices: number; policy?: Partial<SyncPolicy>; decide?: Decide }) {
    const { policy = {}, decide } = options;
    const numbers = Array.from({ length: options.devices }, (_, index) => index + 1);
    this.devices = numbers.map(
      (number) => new SimDevice(this.cloud, { number, policy, ...(decide ? { decide } : {}) }),
    );
  }

  act(act: Act): void {
    const device = this.devices[act.who % (this.devices.length + 1)];
    try {
      if (device) this.#actOnDisk(device, act);
      else this.#actInCloud(act);
    } catch {
      // What the disk or the drive refuses, the person did not do.
    }
  }

  /** Cycles of all devices until none has anything to do. */
  rest(chance: Chance): void {
    let idle = 0;
    for (let round = 0; idle < this.devices.length; round++) {
      if (round > MAX_ROUNDS * this.devices.length) throw new Error('never comes to rest');
      const device = this.devices[round % this.devices.length];
      idle = device?.cycle(chance) === 0 ? idle + 1 : 0;
    }
  }

  /** Every byte that nobody destroyed is somewhere. */
  lostTokens(): string[] {
    const held = new Set([...this.cloud.tokens(), ...this.devices.flatMap((device) => device.disk.tokens())]);
    return [...this.#written].filter((token) => !held.has(token) && !this.#destroyed.has(token));
  }

  #token(x: number): string {
    // Now and then the same bytes twice: equal contents are never a conflict.
    if (x % 7 === 0 && this.#tokens > 0) return `t${1 + (x % this.#tokens)}`;
    this.#tokens += 1;
    return `t${this.#tokens}`;
  }

  /** Bytes count as written when the disk or the drive took them. */
  #write(token: string, write: (token: string) => void): void {
    write(token);
    this.#written.add(token);
    this.#destroyed.delete(token);
  }

  /** A person overwrites or removes bytes that are nowhere else: theirs to lose. */
  #mayDestroy(token: string | null): void {
    if (token !== null && this.lostTokens().includes(token)) this.#destroyed.add(token);
  }

  #actOnDisk(device: SimDevice, { verb, x, y, z }: Act): void {
    const { disk } = device;
    const all = [...disk.files.values()];
    const files = all.filter((file) => file.kind === 'file');
    const folders = [DISK_ROOT, ...all.filter((file) => file.kind === 'folder').map((file) => file.ino)];
    const parent = folders[y % folders.length] ?? DISK_ROOT;
    const name = NAMES[z % NAMES.length] ?? 'a';
    const any = all[x % Math.max(1, all.length)];
    const file = files[x % Math.max(1, files.length)];
    switch (verb) {
      case 'file':
        return this.#write(this.#token(x), (token) => disk.create({ parent, name }, token));
      case 'same':
        return this.#write('same', (token) => disk.create({ parent, name }, token));
      case 'folder':
        return void disk.create({ parent, name }, null);
      case 'edit': {
        if (!file) return;
        const before = file.token;
        this.#write(this.#token(y), (token) => disk.write(file.ino, token));
        return this.#mayDestroy(before);
      }
      case 'touch':
        if (file) disk.setMeta(file.ino, { mtimeMs: 50_000 + y, exec: z % 2 === 0 });
        return;
      case 'move':
        if (any) disk.move(any.ino, { parent, name });
        return;
      case 'remove':
        if (any) this.#removeBelow(device, any.ino);
        return;
      case 'swap': {
        const other = all[y % Math.max(1, all.length)];
        if (!any || !other || any === other) return;
        const [from, to] = [
          { parent: any.parent, name: any.name },
          { parent: other.parent, name: other.name },
        ];
        disk.move(any.ino, { parent: DISK_ROOT, name: 'swapping' });
        disk.move(other.ino, from);
        disk.move(any.ino, to);
        return;
      }
      case 'wrap': {
        if (!any) return;
        const place = { parent: any.parent, name: any.name };
        disk.move(any.ino, { parent: DISK_ROOT, name: 'wrapping' });
        const folder = disk.create(place, null);
        disk.move(any.ino, { parent: folder.ino, name: place.name });
        return;
      }
      case 'unwrap': {
        const folder = all.find(
          (each) => each.kind === 'folder' && disk.children(each.ino).length === 1 && each.ino % 3 === x % 3,
        );
        const child = folder && disk.children(folder.ino)[0];
        if (!folder || !child) return;
        const place = { parent: folder.parent, name: folder.name };
        disk.move(child.ino, { parent: DISK_ROOT, name: 'unwrapping' });
        disk.remove(folder.ino);
        disk.move(child.ino, place);
        return;
      }
    }
  }

  #removeBelow(device: SimDevice, ino: number): void {
    for (const child of device.disk.children(ino)) this.#removeBelow(device, child.ino);
    const { token } = device.disk.get(ino);
    device.disk.remove(ino);
    this.#mayDestroy(token);
  }

  #actInCloud({ verb, x, y, z }: Act): void {
    const { cloud } = this;
    const all = cloud.liveIds().map((id) => cloud.live(id).node);
    const files = all.filter((node) => node.kind === 'file');
    const folders = [cloud.rootId, ...all.filter((node) => node.kind === 'folder').map((node) => node.id)];
    const parentId = folders[y % folders.length] ?? cloud.rootId;
    const name = NAMES[z % NAMES.length] ?? 'a';
    const any = all[x % Math.max(1, all.length)];
    const file = files[x % Math.max(1, files.length)];
    switch (verb) {
      case 'file':
        return this.#write(this.#token(x), (token) => cloud.create({ parentId, name }, token));
      case 'same':
        return this.#write('same', (token) => cloud.create({ parentId, name }, token));
      case 'folder':
        return void cloud.create({ parentId, name }, null);
      case 'edit':
        if (file) this.#write(this.#token(y), (contentId) => cloud.change(file.id, { contentId }));
        return;
      case 'touch':
        if (file) cloud.change(file.id, { meta: { mtimeMs: 60_000 + y, exec: z % 2 === 0 } });
        return;
      case 'move':
        if (any) cloud.change(any.id, { parentId, name });
        return;
      case 'remove':
        if (any) cloud.trash(any.id);
        return;
      case 'swap': {
        const other = all[y % Math.max(1, all.length)];
        if (!any || !other || any === other) return;
        cloud.change(any.id, { parentId: cloud.rootId, name: 'swapping' });
        cloud.change(other.id, { parentId: any.parentId, name: any.name });
        cloud.change(any.id, { parentId: other.parentId, name: other.name });
        return;
      }
      case 'wrap': {
        if (!any) return;
        cloud.change(any.id, { parentId: cloud.rootId, name: 'wrapping' });
        const folder = cloud.create({ parentId: any.parentId, name: any.name }, null);
        cloud.change(any.id, { parentId: folder, name: any.name });
        return;
      }
      case 'unwrap': {
        const folder = all.find((each) => each.kind === 'folder' && cloud.children(each.id).length === 1);
        const child = folder && cloud.children(folder.id)[0];
        if (!folder || !child) return;
        cloud.change(child.id, { parentId: cloud.rootId, name: 'unwrapping' });
        cloud.trash(folder.id);
        cloud.change(child.id, { parentId: folder.parentId, name: folder.name });
        return;
      }
    }
  }
}
