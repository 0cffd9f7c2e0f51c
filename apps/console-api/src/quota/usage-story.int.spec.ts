import { randomUUID } from 'node:crypto';
import type { NodeId, ReservationKey, SpaceId, VersionId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorIdOf } from '../drive/author.ts';
import { bytesOf, newId, ops } from '../drive/testing/drive-world.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { dice } from '../testing/dice.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

const STEPS = 70;
const QUOTA = 400;
let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
  world.clock.advance(3_600_000);
  await world.drive.sql(`UPDATE enterprise SET history_on = true`);
  const policy = { keepVersions: 3, keepDays: 900, mergeSaves: false, binDays: 90 };
  await world.policies.set(world.drive.enterpriseId, policy);
});
afterAll(() => world.close());

type Space = { readonly spaceId: SpaceId; readonly rootId: NodeId };
type Row = { id: NodeId; space: SpaceId; kind: 'file' | 'folder'; trashed: boolean; root: boolean };
/** What a person may be refused on the way; anything else is a fault. */
const REFUSALS = new Set(
  'QUOTA_EXCEEDED NODE_TRASHED PARENT_TRASHED NODE_UNKNOWN PARENT_UNKNOWN VERSION_IS_HEAD VERSION_UNKNOWN LIMIT_PINNED ROOT_IMMUTABLE INVALID_INPUT UNAVAILABLE MOVE_CYCLE VERSION_PROTECTED'.split(
    ' ',
  ),
);

/** Somebody at work in two spaces with little room; what happens follows from the seed alone. */
class Story {
  readonly #person: PersonPrincipal;
  readonly #spaces: readonly Space[];
  readonly #next: (below: number) => number;

  constructor(of: { person: PersonPrincipal; spaces: readonly Space[] }, seed: number) {
    this.#person = of.person;
    this.#spaces = of.spaces;
    this.#next = dice(seed);
  }

  async step(): Promise<void> {
    const rows = await world.drive.sql<Row>(
      `SELECT id, space_id AS space, kind, trashed_at IS NOT NULL AS trashed, parent_id IS NULL AS root FROM node
       WHERE space_id = ANY($1) AND purged_at IS NULL ORDER BY seq, id`,
      [this.#spaces.map((space) => space.spaceId)],
    );
    const folder = this.#pick(rows.filter((row) => row.kind === 'folder' && !row.trashed));
    const node = this.#pick(rows.filter((row) => !row.root));
    const file = this.#pick(rows.filter((row) => row.kind === 'file'));
    const acts = [
      ...(folder ? this.#making(folder) : []),
      ...(node ? this.#changing(node) : []),
      ...(node && folder ? this.#placing(node, folder) : []),
      ...(file ? this.#versioning(file) : []),
      ...this.#reserving(),
    ];
    await this.#pick(acts)?.().catch((error: { code?: string }) => {
      if (!REFUSALS.has(error.code ?? '')) throw error;
    });
  }

  #making(folder: Row) {
    const name = `n${this.#next(5)}`;
    const bytes = bytesOf('x'.repeat(this.#next(40)));
    return [
      () => this.#write(folder.space, ops.folder(folder.id, name, newId())),
      () => this.#write(folder.space, ops.file(folder.id, name, { bytes }), bytes),
      () => this.#write(folder.space, ops.file(folder.id, name, { bytes }), bytes),
    ];
  }

  #changing({ id, space, kind, trashed }: Row) {
    const bytes = bytesOf('y'.repeat(this.#next(40)));
    if (trashed) {
      return [
        () => world.bin.restore(this.#person, space, [id]),
        () => world.purges.purge(this.#person, space, [id]),
        () => world.purges.empty(this.#person, space, undefined),
      ];
    }
    const put = () => this.#write(space, ops.put(id, { bytes }), bytes);
    const trash = () => this.#write(space, ops.trash(id));
    return kind === 'file' ? [trash, put, put] : [trash];
  }

  #placing(node: Row, folder: Row) {
    const place = { parentId: folder.id };
    return [
      () => world.copy(this.#person, node.id, place),
      () => world.moves.move(this.#person, node.id, place),
      () => this.#write(node.space, ops.move(node.id, folder.id, `n${this.#next(5)}`)),
    ];
  }

  #versioning({ id }: Row) {
    const one = async () => {
      const { versions } = await world.versions.list(this.#person, id);
      return { nodeId: id, versionId: this.#pick(versions)?.id as VersionId };
    };
    return [
      async () => world.versions.restore(this.#person, await one(), undefined),
      async () => world.versions.remove(this.#person, await one(), true),
      async () => world.versions.update(this.#person, await one(), { pinned: this.#next(2) === 0 }),
      () => world.prunes.prune(world.signal),
    ];
  }

  #reserving() {
    const space = this.#pick(this.#spaces);
    if (!space) return [];
    const uploader = { ...space, enterpriseId: this.#person.enterpriseId, actorId: actorIdOf(this.#person) };
    const reserve = [{ key: randomUUID() as string as ReservationKey, bytes: this.#next(60) }];
    return [() => world.reservations.prepareUpload(uploader, { chunks: [], reserve })];
  }

  async #write(space: SpaceId, op: Parameters<typeof world.drive.one>[2], bytes?: Uint8Array): Promise<void> {
    await world.drive.one(this.#person, space, op, bytes && bytes.length > 0 ? [bytes] : []);
  }

  #pick<T>(all: readonly T[]): T | undefined {
    return all[this.#next(Math.max(1, all.length))];
  }
}

async function room(spaceId: SpaceId): Promise<{ used: number; reserved: number }> {
  const [row] = await world.drive.sql<Record<'used' | 'reserved' | 'summed', number>>(
    `SELECT used_bytes::int AS used, reserved_bytes::int AS reserved,
            (SELECT coalesce(sum(bytes), 0)::int FROM reservation WHERE space_id = $1) AS summed FROM space WHERE id = $1`,
    [spaceId],
  );
  expect(row?.reserved).toBe(row?.summed);
  expect(await world.usedBytes(spaceId)).toBe(row?.used); // throws unless it is the sum of the versions
  return { used: row?.used ?? -1, reserved: row?.reserved ?? -1 };
}

describe('[VE-3] what a space uses', () => {
  it.each([1, 2, 3, 4])(
    'is the sum of its versions after every step of a long story, and never above the quota (seed %i)',
    async (seed) => {
      const owner = await world.drive.owner();
      const team = await world.drive.space('team', { teamId: await world.drive.team([owner.person]) });
      await world.drive.grant(team.spaceId, team.rootId, { user: owner.person.userId }, 'synchronizer');
      const spaces = [owner, team];
      for (const { spaceId } of spaces) {
        await world.drive.sql(`UPDATE space SET quota_bytes = $2 WHERE id = $1`, [spaceId, QUOTA]);
      }
      const story = new Story({ person: owner.person, spaces }, seed);
      for (let step = 0; step < STEPS; step++) {
        await story.step();
        for (const { spaceId } of spaces) {
          const { used, reserved } = await room(spaceId);
          expect(used + reserved).toBeLessThanOrEqual(QUOTA);
        }
      }
      world.clock.advance(2 * 3_600_000);
      await world.reservations.expire(world.signal);
      for (const { spaceId } of spaces) {
        await world.purges.empty(owner.person, spaceId, undefined);
        await world.purges.clearAll(world.signal);
        expect((await room(spaceId)).reserved).toBe(0);
        const [left] = await world.drive.sql<{ listed: number }>(
          `SELECT count(*)::int AS listed FROM version v WHERE v.space_id = $1 AND v.released_at IS NULL
           AND NOT EXISTS (SELECT FROM node n WHERE n.id = v.node_id AND n.space_id = $1)`,
          [spaceId],
        );
        expect(left?.listed).toBe(0); // versions of purged nodes are gone from every list and count
      }
    },
  );
});
