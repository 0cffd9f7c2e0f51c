import type { NodeId, OpId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorIdOf } from '../drive/author.ts';
import { chunkOf, newId, noise, ops } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

const HOUR_MS = 60 * 60 * 1000;
let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
});
afterAll(() => world.close());

async function limited(quotaBytes: number) {
  const { person, device, spaceId, rootId } = await world.drive.owner();
  await world.drive.sql(`UPDATE space SET quota_bytes = $2 WHERE id = $1`, [spaceId, quotaBytes]);
  return { person, device, spaceId, rootId };
}
const uploader = (principal: MemberPrincipal, spaceId: SpaceId) => ({
  enterpriseId: principal.enterpriseId,
  spaceId,
  actorId: actorIdOf(principal),
});
const reserve = (principal: MemberPrincipal, spaceId: SpaceId, bytes: number, opId = newId<OpId>()) =>
  world.reservations.prepareUpload(uploader(principal, spaceId), { chunks: [], reserve: [{ opId, bytes }] });

async function amounts(spaceId: SpaceId) {
  const [row] = await world.drive.sql<Record<'used' | 'reserved' | 'summed', number>>(
    `SELECT used_bytes::int AS used, reserved_bytes::int AS reserved,
            (SELECT coalesce(sum(bytes), 0)::int FROM reservation WHERE space_id = $1) AS summed FROM space WHERE id = $1`,
    [spaceId],
  );
  if (!row || row.reserved !== row.summed) throw new Error(`reserved ${row?.reserved}, reservations ${row?.summed}`);
  return { used: row.used, reserved: row.reserved };
}

function newFile(rootId: NodeId, size: number, seed: number) {
  const bytes = noise(size, seed);
  return { op: ops.file(rootId, `f${seed}`, { bytes }), bytes };
}

describe('[VE-3] room', () => {
  it('is promised before bytes travel, kept for that operation, and used up by its commit', async () => {
    const { device, spaceId, rootId } = await limited(100);
    const { op, bytes } = newFile(rootId, 60, 1);
    await reserve(device, spaceId, 60, op.opId);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 60 });
    await expect(reserve(device, spaceId, 41)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const other = newFile(rootId, 41, 2);
    expect(await world.drive.one(device, spaceId, other.op, [other.bytes])).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await world.drive.putPack(device, spaceId, [bytes]);
    expect(await world.drive.one(device, spaceId, op)).toMatchObject({ status: 'done' });
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
    expect(await world.drive.one(device, spaceId, op)).toMatchObject({ status: 'done' }); // asked again: nothing twice
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
  });

  it('is reserved once however often it is asked for, and grows or shrinks with the file', async () => {
    const { device, spaceId } = await limited(100);
    const opId = newId<OpId>();
    for (const bytes of [60, 60, 90, 30]) await reserve(device, spaceId, bytes, opId);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 30 });
    await expect(reserve(device, spaceId, 101, opId)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 30 });
  });

  it('is never promised twice to parallel uploads', async () => {
    const { device, person, spaceId } = await limited(1000);
    const asked = Array.from({ length: 40 }, (_, at) => reserve(at % 2 ? device : person, spaceId, 77));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter((each) => each.status === 'fulfilled')).toHaveLength(12);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 12 * 77 });
  });

  it('is never exceeded by parallel commits, with reservations and without', async () => {
    const { device, person, spaceId, rootId } = await limited(1000);
    const files = Array.from({ length: 30 }, (_, at) => newFile(rootId, 70, 100 + at));
    const reserved = files.slice(0, 8);
    for (const { op } of reserved) await reserve(device, spaceId, 70, op.opId);
    const outcomes = await Promise.all(
      files.map(({ op, bytes }, at) => world.drive.one(at < 8 ? device : person, spaceId, op, [bytes])),
    );
    const isDone = outcomes.map((outcome) => outcome.status === 'done');
    expect(isDone.slice(0, 8)).toEqual(Array(8).fill(true));
    expect(isDone.filter(Boolean)).toHaveLength(14);
    expect(await amounts(spaceId)).toEqual({ used: 14 * 70, reserved: 0 });
  });

  it('comes back when nobody goes on with the upload, and stays while bytes arrive', async () => {
    const { device, person, spaceId } = await limited(100);
    await reserve(device, spaceId, 40);
    await reserve(person, spaceId, 50);
    world.clock.advance(0.6 * HOUR_MS);
    await world.reservations.renew(uploader(device, spaceId));
    world.clock.advance(0.6 * HOUR_MS);
    await world.reservations.expire(world.signal);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 40 });
    world.clock.advance(HOUR_MS);
    await world.reservations.expire(world.signal);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 0 });
  });

  it('is asked for without a reservation too: what cannot fit is refused, what may fit is not', async () => {
    const { device, spaceId } = await limited(50);
    const ask = (...sizes: number[]) =>
      world.reservations.prepareUpload(uploader(device, spaceId), {
        chunks: sizes.map((size, at) => ({ ...chunkOf(noise(4, at)), size })),
        reserve: [],
      });
    await expect(ask(51, 60)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await ask(51, 50);
  });

  it('costs nothing in a space without a quota', async () => {
    const { device, spaceId } = await world.drive.owner();
    await reserve(device, spaceId, 1e15);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 0 });
  });

  it('of a full space is not needed by deletes, moves, restores and downloads, and comes back with a purge', async () => {
    const { person, spaceId, rootId } = await limited(60);
    const { op, bytes } = newFile(rootId, 60, 7);
    await world.drive.one(person, spaceId, op, [bytes]);
    const more = newFile(rootId, 10, 8);
    expect(await world.drive.one(person, spaceId, more.op, [more.bytes])).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const folder = ops.folder(rootId, 'd');
    const { outcomes } = await world.drive.commit(person, spaceId, [
      folder,
      ops.move(op.nodeId, folder.nodeId, 'moved'),
      ops.meta(op.nodeId, true),
      ops.trash(op.nodeId),
      ops.restore(op.nodeId),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(5).fill('done'));
    expect((await world.drive.contents.getContent(person, op.nodeId, undefined)).size).toBe(60);
    await world.drive.commit(person, spaceId, [ops.trash(op.nodeId)]);
    expect(await world.drive.one(person, spaceId, more.op, [more.bytes])).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await world.purges.purge(person, spaceId, [op.nodeId]);
    expect(await world.drive.one(person, spaceId, more.op, [more.bytes])).toMatchObject({ status: 'done' });
  });
});
