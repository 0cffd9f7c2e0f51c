import { randomUUID } from 'node:crypto';
import type { NodeId, ReservationKey, SpaceId, VersionId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorIdOf } from '../drive/author.ts';
import { noise, ops } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
});
afterAll(() => world.close());

async function space(quotaBytes: number | null) {
  const owner = await world.drive.owner();
  await world.drive.sql(`UPDATE space SET quota_bytes = $2 WHERE id = $1`, [owner.spaceId, quotaBytes]);
  return owner;
}

async function save(owner: { device: MemberPrincipal; spaceId: SpaceId; rootId: NodeId }, seed: number) {
  const [first, second] = [noise(30, seed), noise(20, seed + 1000)];
  const file = ops.file(owner.rootId, `f${seed}`, { bytes: first });
  const saves = [file, ops.put(file.nodeId, { bytes: second })];
  await world.drive.commit(owner.device, owner.spaceId, saves, { inline: [first, second] });
  return file.nodeId;
}

const uploader = (principal: MemberPrincipal, spaceId: SpaceId) => ({
  enterpriseId: principal.enterpriseId,
  spaceId,
  actorId: actorIdOf(principal),
});

/** The spaces that devices are told of while something happens. */
async function toldDuring(work: () => Promise<unknown>): Promise<Set<string | undefined>> {
  const before = world.drive.hub.rooms.length;
  await work();
  return new Set(world.drive.hub.rooms.slice(before));
}

describe('[VE-3] devices are told that a space has room again', () => {
  const ways: [string, (owner: Awaited<ReturnType<typeof space>>) => Promise<unknown>][] = [
    [
      'by a purge, once the room is there',
      async ({ person, spaceId, ...owner }) => {
        const nodeId = await save({ ...owner, spaceId }, 1);
        await world.drive.commit(person, spaceId, [ops.trash(nodeId)]);
        await world.purges.purge(person, spaceId, [nodeId]);
      },
    ],
    [
      'by a bin whose time is up',
      async ({ person, spaceId, ...owner }) => {
        const nodeId = await save({ ...owner, spaceId }, 2);
        await world.drive.commit(person, spaceId, [ops.trash(nodeId)]);
        await world.drive.sql(`UPDATE node SET trashed_at = now() - interval '400 days' WHERE id = $1`, [nodeId]);
        await world.purges.expire(world.signal);
      },
    ],
    [
      'by a version that is deleted',
      async ({ person, ...owner }) => {
        const nodeId = await save(owner, 3);
        const { versions } = await world.versions.list(person, nodeId);
        await world.versions.remove(person, { nodeId, versionId: versions.at(-1)?.id as VersionId }, true);
      },
    ],
    [
      'by pruning',
      async (owner) => {
        const nodeId = await save(owner, 4);
        await world.drive.sql(`UPDATE enterprise SET history_on = false`);
        await world.drive.sql(`UPDATE version SET author_device_id = NULL WHERE node_id = $1`, [nodeId]);
        await world.prunes.prune(world.signal);
      },
    ],
    [
      'by an upload that is given up',
      async ({ device, spaceId }) => {
        const key = randomUUID() as string as ReservationKey;
        await world.reservations.prepareUpload(uploader(device, spaceId), { chunks: [], reserve: [{ key, bytes: 9 }] });
        await world.reservations.release(uploader(device, spaceId), key);
      },
    ],
    [
      'by an upload that nobody goes on with',
      async ({ device, spaceId }) => {
        const key = randomUUID() as string as ReservationKey;
        await world.reservations.prepareUpload(uploader(device, spaceId), { chunks: [], reserve: [{ key, bytes: 9 }] });
        world.clock.advance(2 * 60 * 60 * 1000);
        await world.reservations.expire(world.signal);
      },
    ],
    [
      'by a move to another space',
      async ({ person, ...owner }) => {
        const nodeId = await save(owner, 5);
        const admin = await world.drive.space('team', { teamId: await world.drive.team([person]) });
        await world.drive.grant(admin.spaceId, admin.rootId, { user: person.userId }, 'synchronizer');
        await world.moves.move(person, nodeId, { parentId: admin.rootId });
      },
    ],
  ];

  it.each(ways)('%s', async (_, free) => {
    const owner = await space(1000);
    expect(await toldDuring(() => free(owner))).toEqual(new Set([owner.spaceId]));
  });

  it('and not of one without a quota, where nobody waits', async () => {
    const owner = await space(null);
    const told = await toldDuring(async () => {
      const nodeId = await save(owner, 8);
      await world.drive.commit(owner.person, owner.spaceId, [ops.trash(nodeId)]);
      await world.purges.purge(owner.person, owner.spaceId, [nodeId]);
    });
    expect(told).toEqual(new Set());
  });
});
