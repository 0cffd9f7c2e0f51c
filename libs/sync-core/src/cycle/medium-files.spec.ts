import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { MemoryCloud } from '../testing/memory-cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';
import { runCycle } from './run-cycle.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

let world: CycleWorld;
let cloud: MemoryCloud;
let a: TestDevice;
let b: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  ({ cloud } = world);
  a = world.device(1);
  b = world.device(2);
});

/** Counts requests and the bytes that travel with them. */
function watch(on: TestDevice): { requests: string[]; sentBytes: number } {
  const seen = { requests: [] as string[], sentBytes: 0 };
  const counted: Partial<Cloud> = {
    missing: (...asked) => (seen.requests.push('missing'), cloud.missing(...asked)),
    putPack: (sent) => (seen.requests.push('putPack'), cloud.putPack(sent)),
    bundle: (nodes) => (seen.requests.push('bundle'), cloud.bundle(nodes)),
    manifest: (node) => (seen.requests.push('manifest'), cloud.manifest(node)),
    commit: (request) => {
      seen.requests.push('commit');
      for (const { bytes } of request.inline) seen.sentBytes += bytes.length;
      return cloud.commit(request);
    },
  };
  replace(on, { cloud: instead<Cloud>(cloud, counted) });
  return seen;
}

/** Of one letter, which costs nothing to make. */
const photo = (number: number, bytes = 512 * KIB): Uint8Array => new Uint8Array(bytes).fill(33 + number);
const photos = (on: TestDevice, count: number, bytes?: number): void => {
  for (let number = 0; number < count; number++) on.disk.write(`photo ${number}`, photo(number, bytes));
};
const count = (requests: readonly string[], name: string): number => requests.filter((each) => each === name).length;

describe('files between small and large ones', () => {
  it('[D15] share requests both ways: a question and a commit, or a bundle, for every 8 MiB of them', async () => {
    photos(a, 32);
    const sent = watch(a);
    await a.settle();
    expect(sent.sentBytes).toBe(16 * MIB);
    expect(sent.requests.sort()).toEqual(['commit', 'commit', 'missing', 'missing']);
    const fetched = watch(b);
    await b.settle();
    expect(fetched.requests).toEqual(['bundle', 'bundle']);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[D17] send no bytes that the drive has already', async () => {
    photos(a, 4);
    await a.settle();
    a.disk.write('copy', photo(2));
    a.disk.write('new', photo(80));
    const sent = watch(a);
    await a.settle();
    expect(sent.sentBytes).toBe(512 * KIB);
    await b.settle();
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[D16] come after the small ones, and before the large ones', async () => {
    a.disk.write('a film', photo(80, 9 * MIB));
    photos(a, 3);
    a.disk.write('note', 'small');
    const order: string[] = [];
    const counted: Partial<Cloud> = {
      putPack: (pack) => (order.push('large'), cloud.putPack(pack)),
      commit: (request) => {
        const sizes = request.inline.map(({ bytes }) => bytes.length);
        if (sizes.length > 0) order.push(Math.max(...sizes) > 256 * KIB ? 'medium' : 'small');
        return cloud.commit(request);
      },
    };
    replace(a, { cloud: instead<Cloud>(cloud, counted) });
    await a.settle();
    expect([...new Set(order)]).toEqual(['small', 'medium', 'large']);
  });

  it('[D16] give way to what is newer, both ways, and go on after it', async () => {
    photos(a, 40);
    let isNew = false;
    const slow: Partial<Cloud> = {
      commit: (request) => ((isNew = true), world.clock.advance(3000), cloud.commit(request)),
      bundle: (nodes) => ((isNew = true), world.clock.advance(3000), cloud.bundle(nodes)),
    };
    const cycle = (on: TestDevice) => {
      isNew = false;
      const request = { dirty: 'all', pullFeed: true, settings: on.settings, yieldNow: () => isNew } as const;
      return runCycle(on.deps, { ...request, onProgress: () => undefined, signal: new AbortController().signal });
    };
    replace(a, { cloud: instead<Cloud>(cloud, slow) });
    expect(await cycle(a)).toMatchObject({ again: true, failed: 0 });
    expect(cloud.tree().size).toBe(32);
    await a.settle();
    replace(b, { cloud: instead<Cloud>(cloud, slow) });
    expect(await cycle(b)).toMatchObject({ again: true, failed: 0 });
    expect(b.disk.entries().size).toBeLessThan(40);
    await b.settle();
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[D12] are sent once when the answer to their commit was lost', async () => {
    photos(a, 3);
    const lossy: Partial<Cloud> = {
      commit: async (request) => {
        await cloud.commit(request);
        throw new AppError('SERVER_UNREACHABLE', { server: 'x' });
      },
    };
    replace(a, { cloud: instead<Cloud>(cloud, lossy) });
    expect((await a.cycle()).stop).toMatchObject({ why: 'offline' });
    const again = watch(a);
    await a.settle();
    expect(again.sentBytes).toBe(0);
    expect(count(again.requests, 'putPack')).toBe(0);
    await b.settle();
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });
});
