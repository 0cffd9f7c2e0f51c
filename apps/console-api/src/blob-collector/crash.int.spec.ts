import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSpace } from '../drive/space.service.ts';
import { chunkOf, noise, ops } from '../drive/testing/drive-world.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { CollectorWorld, DAY_MS } from './testing/collector-world.ts';
import { withHook, type EffectHook } from './testing/hooks.ts';

let world: CollectorWorld;
let owner: { device: DevicePrincipal } & CreatedSpace;
beforeAll(async () => {
  world = await CollectorWorld.open();
  owner = await world.drive.owner();
});
afterAll(() => world.close());

class Crash extends Error {}

/**
 * The process dies right before its n-th effect on database or blobs, which is also right after the one before: nothing is
 * heard of what that did, and nothing that the process would still do happens.
 */
class CrashAt implements EffectHook {
  effects = 0;
  crashed = false;
  constructor(readonly at: number) {}

  before(effect: string): Promise<void> {
    if (this.crashed && /^sql ROLLBACK/.test(effect)) return Promise.resolve(); // PostgreSQL does it when the connection is gone
    this.effects += 1;
    this.crashed ||= this.effects === this.at;
    return this.crashed ? Promise.reject(new Crash()) : Promise.resolve();
  }

  after(): Promise<void> {
    return Promise.resolve();
  }
}

let seed = 5000;
type Story = { readonly prepare?: () => Promise<void>; readonly run: () => Promise<unknown>; readonly retry?: boolean };

/** What a process may be in the middle of. */
const stories: Record<string, () => Story> = {
  'storing a pack and committing a file of two chunks from it': () => {
    const { device, spaceId, rootId } = owner;
    const parts = [noise(2000, seed++), noise(900, seed++)];
    const file = ops.file(rootId, `two ${seed}`, { chunks: parts.map(chunkOf) });
    const run = async () => {
      await world.drive.putPack(device, spaceId, parts);
      expect(await world.drive.one(device, spaceId, file)).toMatchObject({ status: 'done' });
    };
    return { run, retry: true };
  },
  'committing a file with its bytes inline': () => {
    const { device, spaceId, rootId } = owner;
    const bytes = noise(1500, seed++);
    const file = ops.file(rootId, `one ${seed}`, { bytes });
    const run = async () => {
      expect(await world.drive.one(device, spaceId, file, [bytes])).toMatchObject({ status: 'done' });
    };
    return { run, retry: true };
  },
  'marking, sweeping, compacting and emptying the trash': () => ({
    // One generation lies in the trash long enough, the next one waits to be swept, and the last one to be marked.
    prepare: async () => {
      await world.drive.sql('DELETE FROM version');
      await makeHalfGarbage();
      await world.passTime(8 * DAY_MS);
      await world.garbage.mark(world.signal, 0);
      await world.passTime(2 * DAY_MS);
      await world.collect();
      await world.garbage.retire(world.signal);
      await makeHalfGarbage();
      await world.passTime(15 * DAY_MS);
      await world.garbage.mark(world.signal, 0);
      await makeHalfGarbage();
      await world.passTime(8 * DAY_MS);
    },
    run: () => world.collect(),
  }),
};

/** A pack of which one chunk is needed and three are not, and a manifest that no version has. */
async function makeHalfGarbage(): Promise<void> {
  const { device, spaceId, rootId } = owner;
  const parts = [900, 5000, 300, 400].map((size) => noise(size, seed++));
  await world.drive.putPack(device, spaceId, parts);
  const [kept, ...others] = parts.map(chunkOf);
  const files = [[kept!], others].map((chunks, index) => ops.file(rootId, `half ${seed} ${index}`, { chunks }));
  await world.drive.commit(device, spaceId, files);
  await world.purgeNode(files[1]!.nodeId);
}

describe.each(Object.keys(stories))('a process that dies while %s', (name) => {
  it('loses nothing and leaves nothing but garbage, whichever effect was its last', async () => {
    let crashed = true;
    for (let at = 1; crashed; at++) {
      const story = stories[name]!();
      await story.prepare?.();
      const hook = new CrashAt(at);
      await withHook(hook, () => story.run().catch(ignoreCrash(hook)));
      ({ crashed } = hook);
      expect(await world.listBrokenVersions(), `effect ${at}`).toEqual([]);
      if (story.retry) await story.run(); // the client asks again
      expect(await world.listBrokenVersions(), `effect ${at}, again`).toEqual([]);
    }
    await world.collectAll();
    expect(await world.listBrokenVersions()).toEqual([]);
    await world.drive.sql('DELETE FROM version');
    await world.collectAll();
    expect(await world.listObjects()).toEqual([]);
    for (const table of ['chunk', 'pack', 'content_chunk', 'content_garbage'] as const) {
      expect([table, await world.count(table)]).toEqual([table, 0]);
    }
  }, 120_000);
});

/** The death shows as whatever the code makes of it; without one, every failure counts. */
function ignoreCrash(hook: CrashAt) {
  return (error: unknown): void => {
    if (!hook.crashed) throw error;
  };
}
