import type { Hashes } from '../ports/clock.ts';
import { MemoryCloud } from './memory-cloud.ts';
import { ManualClock, TestDevice, countingIds } from './test-device.ts';

const ROOT = '00000000-0000-7000-8000-0000000000ff';

/** A drive in memory, a clock that stands until it is told, and devices that run the whole engine. */
export class CycleWorld {
  readonly cloud: MemoryCloud;
  readonly clock = new ManualClock();
  readonly #hashes: Hashes;
  readonly #person = countingIds(0xfff);

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
    this.cloud = new MemoryCloud(ROOT, hashes);
  }

  device(
    number: number,
    settings: NonNullable<ConstructorParameters<typeof TestDevice>[1]['settings']> = {},
  ): TestDevice {
    return new TestDevice(this.cloud, { number, hashes: this.#hashes, clock: this.clock, settings });
  }

  /** Everybody syncs until nobody has anything left to do. */
  async meet(...devices: TestDevice[]): Promise<void> {
    for (let round = 0; round < 4; round++) for (const each of devices) await each.settle();
  }

  /** Somebody works in the console. */
  put(path: string, text: string): void {
    this.cloud.put(path, new TextEncoder().encode(text), { opId: this.#person.opId(), nodeId: this.#person.nodeId() });
  }

  mkdir(path: string): void {
    const place = { parentId: this.cloud.parentIdOf(path), name: path.slice(path.lastIndexOf('/') + 1) };
    this.cloud.apply({ kind: 'createFolder', opId: this.#person.opId(), nodeId: this.#person.nodeId(), ...place });
  }

  move(from: string, to: string): void {
    const place = { parentId: this.cloud.parentIdOf(to), name: to.slice(to.lastIndexOf('/') + 1) };
    this.cloud.apply({ kind: 'move', opId: this.#person.opId(), nodeId: this.#idOf(from), ...place });
  }

  trash(path: string): void {
    this.cloud.apply({ kind: 'trash', opId: this.#person.opId(), nodeId: this.#idOf(path) });
  }

  /** Path → bytes as text, null for folders. */
  cloudTree(): Map<string, string | null> {
    const entries = [...this.cloud.tree()].sort(([x], [y]) => (x < y ? -1 : 1));
    return new Map(entries.map(([path, id]) => [path, id === null ? null : this.#text(id)]));
  }

  /** Texts that the drive still has, in history and bin, too. */
  kept(): Set<string> {
    return new Set([...this.cloud.reachableContents()].map((id) => this.#text(id)));
  }

  #text(contentId: string): string {
    return new TextDecoder().decode(this.cloud.bytesOf(contentId));
  }

  #idOf(path: string): string {
    const found = this.cloud.find(path);
    if (!found) throw new Error(`nothing at ${path} in the cloud`);
    return found.id;
  }
}

/** The same object with some methods of its own. */
export function instead<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (real, name) => {
      if (name in methods) return Reflect.get(methods, name) as unknown;
      const value = Reflect.get(real, name) as unknown;
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}
