import type { NodeId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { Mirror } from '../change-feed/testing/mirror.ts';
import { bytesOf, newId, ops } from '../drive/testing/drive-world.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { dice } from '../testing/dice.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

const STEPS = 60;
let feed: FeedWorld;
let world: RetentionWorld;
beforeAll(async () => {
  feed = await openFeedWorld();
  world = new RetentionWorld(feed.drive);
  world.clock.advance(3_600_000);
  await world.drive.sql(`UPDATE enterprise SET history_on = true`);
  const policy = { keepVersions: 2, keepDays: 900, mergeSaves: false, binDays: 90 };
  await world.policies.set(world.drive.enterpriseId, policy);
});
afterAll(() => world.close());

type Row = { id: NodeId; kind: 'file' | 'folder'; trashed: boolean; root: boolean };

type Action = () => Promise<unknown>;

/** A person at work: what happens at each step follows from the seed alone. */
class Story {
  readonly #person: PersonPrincipal;
  readonly #spaceId: SpaceId;
  readonly #next: (below: number) => number;

  constructor(of: { person: PersonPrincipal; spaceId: SpaceId }, seed: number) {
    this.#person = of.person;
    this.#spaceId = of.spaceId;
    this.#next = dice(seed);
  }

  async step(): Promise<void> {
    const rows = await world.drive.sql<Row>(
      `SELECT id, kind, trashed_at IS NOT NULL AS trashed, parent_id IS NULL AS root FROM node
       WHERE space_id = $1 AND purged_at IS NULL ORDER BY seq, id`,
      [this.#spaceId],
    );
    const folder = this.#pick(rows.filter((row) => row.kind === 'folder'));
    const any = this.#pick(rows.filter((row) => !row.root));
    const [action] = this.#pickOf([
      ...(folder ? this.#creations(folder.id) : []),
      ...(any ? this.#changes(any) : []),
      ...(folder && any ? this.#placements(any.id, folder.id) : []),
    ]);
    await action?.();
  }

  #creations(folderId: NodeId): Action[] {
    const name = `n${this.#next(4)}`;
    const bytes = this.#bytes();
    const folder = () => this.#write(ops.folder(folderId, name, newId()));
    const file = () => this.#write(ops.file(folderId, name, { bytes }), bytes);
    return [folder, folder, file, file];
  }

  #changes(node: Row): Action[] {
    const bytes = this.#bytes();
    const trash = () => this.#write(ops.trash(node.id));
    if (!node.trashed)
      return node.kind === 'file' ? [trash, () => this.#write(ops.put(node.id, { bytes }), bytes)] : [trash];
    return [
      () => world.bin.restore(this.#person, this.#spaceId, [node.id]),
      () => world.purges.purge(this.#person, this.#spaceId, [node.id]),
    ];
  }

  #placements(nodeId: NodeId, folderId: NodeId): Action[] {
    const name = `n${this.#next(4)}`;
    return [() => this.#write(ops.move(nodeId, folderId, name)), () => this.#copy(nodeId, folderId)];
  }

  #write(op: Parameters<typeof world.drive.one>[2], bytes?: Uint8Array): Promise<unknown> {
    return world.drive.one(this.#person, this.#spaceId, op, bytes && bytes.length > 0 ? [bytes] : []);
  }

  #bytes(): Uint8Array {
    return bytesOf('x'.repeat(this.#next(9)));
  }

  async #copy(nodeId: NodeId, parentId: NodeId): Promise<void> {
    await world.copy(this.#person, nodeId, { parentId }).catch((error: { code?: string }) => {
      if (!['NODE_TRASHED', 'PARENT_TRASHED'].includes(error.code ?? '')) throw error;
    });
  }

  #pick(rows: readonly Row[]): Row | undefined {
    return this.#pickOf(rows)[0];
  }

  #pickOf<T>(all: readonly T[]): [T?] {
    const at = this.#next(Math.max(1, all.length));
    return all.slice(at, at + 1) as [T?];
  }
}

/** What must hold whatever was done; each query lists what breaks it. */
async function broken(spaceId: SpaceId): Promise<Record<string, number>> {
  const [row] = await world.drive.sql<Record<string, number>>(
    `SELECT
       (SELECT count(*)::int FROM node n WHERE n.space_id = $1 AND n.parent_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM node p WHERE p.space_id = $1 AND p.id = n.parent_id AND p.kind = 'folder')) AS orphans,
       (SELECT count(*)::int FROM node n WHERE n.space_id = $1 AND n.kind = 'file'
          AND NOT EXISTS (SELECT FROM version v WHERE v.id = n.version_id AND v.released_at IS NULL)) AS headless,
       (SELECT count(*)::int FROM node_history h WHERE h.space_id = $1 AND h.version_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM version v WHERE v.id = h.version_id)) AS "pastWithoutBytes",
       (SELECT count(*)::int FROM node n WHERE n.space_id = $1 AND (
          SELECT count(*) FROM node_history h WHERE h.node_id = n.id AND h.space_id = $1 AND h.to_seq IS NULL) <> 1) AS "noPresent",
       (SELECT count(*)::int FROM node_history h WHERE h.space_id = $1 AND h.to_seq IS NULL AND h.gone IS NULL
          AND NOT EXISTS (SELECT FROM node n WHERE n.id = h.node_id)) AS ghosts,
       (SELECT count(*)::int FROM node_history h WHERE h.space_id = $1 AND h.to_seq <= h.from_seq) AS "endsBeforeItBegins",
       (SELECT count(*)::int FROM node n WHERE n.space_id = $1 AND n.purged_at IS NOT NULL) AS "leftToClear"`,
    [spaceId],
  );
  return row ?? {};
}
const SOUND = {
  orphans: 0,
  headless: 0,
  pastWithoutBytes: 0,
  noPresent: 0,
  ghosts: 0,
  endsBeforeItBegins: 0,
  leftToClear: 0,
};

describe('a long story of one space', () => {
  it.each([1, 2, 3, 4])('leaves nodes, history, versions, bytes and feed in agreement (seed %i)', async (seed) => {
    const owner = await world.drive.owner();
    const { person, spaceId, rootId } = owner;
    const story = new Story(owner, seed);
    const of = { principal: person, spaceId, rootId };
    const mirror = await new Mirror(feed, of).start();
    for (let step = 0; step < STEPS; step++) {
      await story.step();
      if (step % 7 === 6) await mirror.catchUp(3);
    }
    await world.prunes.prune(world.signal);
    await world.prunes.sweep(world.signal);
    await mirror.catchUp(5);
    expect(mirror.digest()).toBe((await feed.listings.getDigest(of)).digest);
    expect(await broken(spaceId)).toEqual(SOUND);
    await world.usedBytes(spaceId);
    await world.purges.empty(person, spaceId, undefined);
    await world.purges.clearAll(world.signal);
    await mirror.catchUp(5);
    expect(mirror.digest()).toBe((await feed.listings.getDigest(of)).digest);
    expect(await broken(spaceId)).toEqual(SOUND);
    await world.usedBytes(spaceId);
  });
});
