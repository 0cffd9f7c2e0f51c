import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';
import { MAX_TRANSFER_BYTES, TransferMemory } from './transfer-memory.ts';

const MIB = 1024 * 1024;
const TASKS = 10;

/** Counts bytes of requests that are under way; each takes so long that all tasks are on their way at once. */
class Line {
  bytes = 0;
  peakBytes = 0;

  async travel<T>(parts: readonly { readonly bytes: Uint8Array }[], work: () => Promise<T>): Promise<T> {
    const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
    this.bytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    try {
      return await work();
    } finally {
      this.bytes -= bytes;
    }
  }
}

type Process = { readonly memory: TransferMemory; readonly line: Line };

function task(world: CycleWorld, number: number, { memory, line }: Process): TestDevice {
  const { cloud } = world;
  const slow: Partial<Cloud> = {
    commit: (request) => line.travel(request.inline, () => cloud.commit(request)),
    putPack: (chunks) => line.travel(chunks, () => cloud.putPack(chunks)),
    bundle: async (nodes) => {
      const items = await cloud.bundle(nodes);
      return line.travel(
        items.flatMap((item) => (item.t === 'bytes' ? [item] : [])),
        async () => items,
      );
    },
    async *content(nodeId, range) {
      for await (const bytes of cloud.content(nodeId, range)) yield await line.travel([{ bytes }], async () => bytes);
    },
  };
  const made = world.device(number);
  replace(made, { cloud: instead<Cloud>(cloud, slow), memory });
  return made;
}

/** Every size class, each content its own. */
function fill(on: TestDevice): void {
  const write = (name: string, size: number, letter: number) => on.disk.write(name, new Uint8Array(size).fill(letter));
  for (let file = 0; file < 3; file++) write(`medium ${file}`, 2 * MIB, 65 + file);
  for (let file = 0; file < 20; file++) write(`small ${file}`, 200_000, 75 + file);
  write('large', 9 * MIB, 97);
}

it.each([
  { limitMiB: 64, peakMiB: 32 },
  { limitMiB: 16, peakMiB: 12 },
])(
  'ten tasks together hold at most $limitMiB MiB of contents on their way, either way, and all come to an end',
  async ({ limitMiB, peakMiB }) => {
    const limitBytes = limitMiB * MIB;
    const worlds = Array.from({ length: TASKS }, () => new CycleWorld());
    for (const number of [1, 2]) {
      const process = { memory: new TransferMemory(limitBytes), line: new Line() };
      const tasks = worlds.map((world) => task(world, number, process));
      if (number === 1) for (const each of tasks) fill(each);
      await Promise.all(tasks.map((each) => each.settle()));
      for (const each of tasks) expect(each.disk.entries().size).toBe(24);
      expect(process.memory.peakBytes).toBeGreaterThan(peakMiB * MIB);
      expect(process.memory.peakBytes).toBeLessThanOrEqual(limitBytes);
      expect(process.line.peakBytes).toBeLessThanOrEqual(process.memory.peakBytes);
      expect(process.memory.heldBytes).toBe(0);
    }
    expect(MAX_TRANSFER_BYTES).toBe(64 * MIB);
  },
  60_000,
);
