import { createHash } from 'node:crypto';
import { AppError, type BatchOutcome } from '@tideline/contracts';
import type { Cloud } from '../ports/cloud.ts';
import { MemoryCloud } from '../testing/memory-cloud.ts';
import { ManualClock, TestDevice, countingIds } from '../testing/test-device.ts';
import type { CycleDeps, CycleReport } from './cycle-types.ts';

export const hashes = {
  sha256Hex: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex'),
};
export const ROOT = '00000000-0000-7000-8000-0000000000ff';
export const DAY_MS = 86_400_000;
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A drive in memory, a clock that stands until it is told, and whoever works in the console. */
export class CycleWorld {
  readonly cloud = new MemoryCloud(ROOT, hashes);
  readonly clock = new ManualClock();
  readonly #ids = countingIds(0xfff);

  device(number: number, settings: ConstructorParameters<typeof TestDevice>[1]['settings'] = {}): TestDevice {
    return new TestDevice(this.cloud, { number, hashes, clock: this.clock, settings });
  }

  /** Everybody syncs until nobody has anything left to do. */
  async meet(...devices: TestDevice[]): Promise<void> {
    for (let round = 0; round < 4; round++) for (const each of devices) await each.settle();
  }

  put(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? text(content) : content;
    this.cloud.put(path, bytes, { opId: this.#ids.opId(), nodeId: this.#ids.nodeId() });
  }

  mkdir(path: string): void {
    this.cloud.apply({
      kind: 'createFolder',
      opId: this.#ids.opId(),
      nodeId: this.#ids.nodeId(),
      ...this.#placeOf(path),
    });
  }

  trash(path: string): void {
    this.cloud.apply({ kind: 'trash', opId: this.#ids.opId(), nodeId: this.idOf(path) });
  }

  move(from: string, to: string): void {
    this.cloud.apply({ kind: 'move', opId: this.#ids.opId(), nodeId: this.idOf(from), ...this.#placeOf(to) });
  }

  idOf(path: string): string {
    const node = this.cloud.find(path);
    if (!node) throw new Error(`${path} is not in the cloud`);
    return node.id;
  }

  /** Path → content, null for folders, of everything in the cloud that is not in the bin. */
  cloudTree(): Map<string, string | null> {
    const entries = [...this.cloud.tree()].sort(([x], [y]) => (x < y ? -1 : 1));
    return new Map(entries.map(([path, id]) => [path, id === null ? null : this.#textOf(id)]));
  }

  /** Every content that the drive still has: heads, history and bin. */
  kept(): Set<string> {
    return new Set([...this.cloud.reachableContents()].map((id) => this.#textOf(id)));
  }

  /** Every content that somebody can still get at: what is kept, the disks and their trashes. */
  contents(...devices: TestDevice[]): Set<string> {
    const decoder = new TextDecoder();
    const here = devices.flatMap(({ disk }) => [...disk.tree().values(), ...disk.trash.map((b) => decoder.decode(b))]);
    return new Set([...this.kept(), ...here].filter((content) => content !== null));
  }

  /** Cycles with three seconds between them; answers the last report. */
  async cycles(on: TestDevice, count: number): Promise<CycleReport> {
    let report = await on.cycle();
    for (let done = 1; done < count; done++) {
      this.clock.advance(3000);
      report = await on.cycle();
    }
    this.clock.advance(3000);
    return report;
  }

  #textOf(contentId: string): string {
    return new TextDecoder().decode(this.cloud.bytesOf(contentId));
  }

  #placeOf(path: string): { parentId: string; name: string } {
    return { parentId: this.cloud.parentIdOf(path), name: path.slice(path.lastIndexOf('/') + 1) };
  }
}

/** Bytes without any pattern that entropy sees; the same for the same seed. */
export function noise(seed: number, bytes = 2000): Uint8Array {
  let state = seed * 2_654_435_761 + 1;
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

export function files(on: TestDevice, count: number, prefix = 'f'): void {
  for (let number = 0; number < count; number++) on.disk.write(`${prefix}${number}`, `content ${prefix}${number}`);
}

export function answerAll(on: TestDevice, answer: 'approved' | 'restored'): void {
  for (const hold of on.journal.holds()) on.journal.answerHold(hold.holdId, answer);
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

export function replace(on: TestDevice, parts: Partial<CycleDeps>): void {
  on.deps = { ...on.deps, ...parts };
}

type RefusedCode = Extract<BatchOutcome, { status: 'refused' }>['code'];

/** A drive that refuses some operations of every batch. */
export function refusing(cloud: Cloud, code: RefusedCode, isFor: (op: object) => boolean): Cloud {
  return instead<Cloud>(cloud, {
    commit: async (request) => {
      const refused = request.ops.filter(isFor);
      const answer = await cloud.commit({ ...request, ops: request.ops.filter((op) => !isFor(op)) });
      const outcomes = refused.map((op) => ({ status: 'refused', opId: op.opId, code, node: null }) as const);
      return { ...answer, outcomes: [...answer.outcomes, ...outcomes] };
    },
  });
}

export const isUpload = (op: object): boolean => 'content' in op;

/** A server in maintenance: every call fails. */
export function unreachable(cloud: Cloud): Cloud {
  const fail = (): Promise<never> => Promise.reject(new AppError('UNAVAILABLE'));
  return instead<Cloud>(cloud, { changes: fail, listing: fail, commit: fail, caps: fail, bundle: fail, digest: fail });
}
