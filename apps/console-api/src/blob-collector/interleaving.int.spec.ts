import { randomUUID } from 'node:crypto';
import type { NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSpace } from '../drive/space.service.ts';
import { chunkOf, noise, ops } from '../drive/testing/drive-world.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import type { CollectorSettings } from './collector-settings.ts';
import { CollectorWorld, DAY_MS, seeded } from './testing/collector-world.ts';
import { interleave } from './testing/interleaving.ts';

/** Among these are seeds that lose bytes when commits do not lock chunks, and when the sweeper does not look again. */
const FIRST_SEED = 15;
/** Two seconds each; more with `COLLECTOR_SEEDS`. */
const SEEDS = Number(process.env['COLLECTOR_SEEDS'] ?? 4);
const ROUNDS = 6;

type Choose = (count: number) => number;
type Task = () => Promise<unknown>;

/** Random work of two devices, of people who purge, and of all jobs; chunks come from a small pool, so that everybody meets. */
class Chaos {
  readonly #pool: readonly Uint8Array[];
  readonly #nodes: string[] = [];
  readonly outcomes = { done: 0, asked: 0, refused: 0 };
  #name = 0;

  constructor(
    readonly world: CollectorWorld,
    readonly owners: readonly ({ device: DevicePrincipal } & CreatedSpace)[],
    readonly choose: Choose,
    seed: number,
  ) {
    this.#pool = Array.from({ length: 4 }, (_, index) => noise(200 + index * 150, seed * 100 + index));
  }

  /** People's work, and the jobs beside it. */
  tasks(): Task[] {
    const { world } = this;
    const { signal } = world;
    const people = [() => this.#upload(), () => this.#missing(), () => this.#purge(), () => this.#commit(true)];
    const jobs: Task[] = [
      () => world.compaction.run(signal),
      () => world.trash.run(signal, 0),
      () => world.garbage.retire(signal),
      () => world.garbage.mark(signal, 0),
    ];
    return [
      this.#commit(false),
      this.#commit(this.choose(2) === 0),
      this.#one(people)(),
      this.#sweepTwice(),
      this.#one(jobs),
    ];
  }

  #one<T>(of: readonly T[]): T {
    return of[this.choose(of.length)]!;
  }

  #sweepTwice(): Task {
    const { garbage, signal } = this.world;
    return async () => {
      for (let time = 0; time < 2; time++) {
        await garbage.mark(signal, 0);
        await garbage.sweep(signal);
      }
    };
  }

  #chunks(): Uint8Array[] {
    const first = this.choose(this.#pool.length);
    return Array.from(
      { length: 1 + this.choose(3) },
      (_, index) => this.#pool[(first + index) % 6] ?? new Uint8Array(1),
    );
  }

  #owner() {
    return this.#one(this.owners);
  }

  #upload(): Task {
    const [{ device, spaceId }, parts] = [this.#owner(), this.#chunks()];
    return () => this.world.drive.putPack(device, spaceId, parts).catch((error: unknown) => this.#refused(error));
  }

  #missing(): Task {
    const [{ device, spaceId }, parts] = [this.#owner(), this.#chunks()];
    return () => this.world.drive.uploads.listMissing(device, spaceId, parts.map(chunkOf));
  }

  #commit(inline: boolean): Task {
    const [{ device, spaceId, rootId }, parts] = [this.#owner(), this.#chunks()];
    const file = ops.file(rootId, `file ${this.#name++}`, { chunks: parts.map(chunkOf) }, randomUUID() as NodeId);
    return async () => {
      const committing = this.world.drive.one(device, spaceId, file, inline ? parts : []);
      const outcome = await committing.catch((error: unknown) => this.#refused(error));
      if (!outcome) return;
      if (outcome.status === 'done') this.#nodes.push(file.nodeId);
      else expect(outcome).toMatchObject({ code: 'CHUNKS_MISSING' });
      this.outcomes[outcome.status === 'done' ? 'done' : 'asked']++;
    };
  }

  #purge(): Task {
    const [node] = this.#nodes.splice(this.choose(this.#nodes.length), 1);
    return () => (node ? this.world.purgeNode(node) : Promise.resolve());
  }

  /** An upload that took longer than an orphan may be old finds its pack taken; it is sent again. Nothing else may fail. */
  #refused(error: unknown): undefined {
    if (!/duplicate key value violates unique constraint "pack_pkey"/.test(String(error))) throw error;
    this.outcomes.refused++;
    return undefined;
  }
}

const NONE: Partial<CollectorSettings> = { unseenMs: 0, sweepAfterMs: 0, orphanMs: 0, compactAfterMs: 0 };

describe.each([
  ['with the graces of the product', {}],
  // Everything that only time keeps apart meets here: what is left are the locks. Objects keep theirs: readers have no lock.
  ['without any grace for rows', { ...NONE, trashMs: DAY_MS }],
] as const)('uploads, commits, purges, mark, sweep, compaction and trash in any order, %s', (_, settings) => {
  let world: CollectorWorld;
  const total = { done: 0, asked: 0, refused: 0 };
  beforeAll(async () => {
    world = await CollectorWorld.open(settings);
  });
  afterAll(() => world.close());

  it.each(Array.from({ length: SEEDS }, (__, index) => FIRST_SEED + index))(
    'seed %d: every version can be read at any time, and in the end all garbage is gone',
    async (seed) => {
      const choose = seeded(seed);
      const owners = [await world.drive.owner(), await world.drive.owner()];
      const chaos = new Chaos(world, owners, choose, seed);
      const { database, commits } = world.drive;
      const stage = { dataSource: database.dataSource, resting: () => commits.restingBatches };
      for (let round = 0; round < ROUNDS; round++) {
        await interleave(stage, chaos.tasks(), choose);
        expect(await world.listBrokenVersions()).toEqual([]);
        await world.passTime([0, DAY_MS, 8 * DAY_MS, 15 * DAY_MS][choose(4)] ?? 0);
      }
      for (const name of ['done', 'asked', 'refused'] as const) total[name] += chaos.outcomes[name];
      await world.collectAll();
      expect(await world.listBrokenVersions()).toEqual([]);
      expect(await countUnreferenced(world)).toBe(0);
      await world.drive.sql('DELETE FROM version');
      await world.collectAll();
      expect(await world.listObjects()).toEqual([]);
      for (const table of ['chunk', 'pack', 'content_chunk', 'content_garbage', 'chunk_upload'] as const) {
        expect([table, await world.count(table)]).toEqual([table, 0]);
      }
    },
    60_000,
  );

  it('has met both ends of a commit', () => {
    expect(total.done).toBeGreaterThan(SEEDS);
    expect(total.asked).toBeGreaterThan(0);
  });
});

async function countUnreferenced(world: CollectorWorld): Promise<number> {
  const [row] = await world.drive.sql<{ count: string }>(
    `SELECT count(*) FROM chunk c WHERE NOT EXISTS (SELECT FROM version v WHERE v.content_id = c.hash)
       AND NOT EXISTS (SELECT FROM content_chunk m JOIN version v ON v.content_id = m.content_id WHERE m.hash = c.hash)`,
  );
  return Number(row?.count);
}
