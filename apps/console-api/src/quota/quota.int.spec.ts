import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  encodeFrame,
  type BatchOp,
  type NodeId,
  type OpId,
  type ReservationKey,
  type SpaceId,
} from '@tideline/contracts';
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
const newKey = () => randomUUID() as string as ReservationKey;
const reserve = (principal: MemberPrincipal, spaceId: SpaceId, bytes: number, key = newKey()) =>
  world.reservations.prepareUpload(uploader(principal, spaceId), { chunks: [], reserve: [{ key, bytes }] });

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
  const reservation = newKey();
  const op = { ...ops.file(rootId, `f${seed}`, { bytes }), reservation } as BatchOp & { nodeId: NodeId };
  return { op, bytes, reservation };
}

describe('[VE-3] room', () => {
  it('is promised before bytes travel, kept for that upload, and used up by its commit', async () => {
    const { device, spaceId, rootId } = await limited(100);
    const { op, bytes, reservation } = newFile(rootId, 60, 1);
    await reserve(device, spaceId, 60, reservation);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 60 });
    await expect(reserve(device, spaceId, 41)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const other = newFile(rootId, 41, 2);
    expect(await world.drive.one(device, spaceId, other.op, [other.bytes])).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await world.drive.putPack(device, spaceId, [bytes], reservation);
    expect(await world.drive.one(device, spaceId, op)).toMatchObject({ status: 'done' });
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
    expect(await world.drive.one(device, spaceId, op)).toMatchObject({ status: 'done' }); // asked again: nothing twice
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
  });

  it('is reserved once however often it is asked for, and grows or shrinks with the file', async () => {
    const { device, spaceId } = await limited(100);
    const key = newKey();
    for (const bytes of [60, 60, 90, 30]) await reserve(device, spaceId, bytes, key);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 30 });
    await expect(reserve(device, spaceId, 101, key)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 30 });
  });

  it('is kept over another try under another operation, and given back at once when the upload is given up', async () => {
    const { device, spaceId, rootId } = await limited(100);
    const first = newFile(rootId, 60, 31);
    await reserve(device, spaceId, 60, first.reservation);
    await reserve(device, spaceId, 60, first.reservation); // a later plan
    const again = { ...first.op, opId: newId<OpId>(), nodeId: newId<NodeId>() };
    expect(await world.drive.one(device, spaceId, again, [first.bytes])).toMatchObject({ status: 'done' });
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
    await reserve(device, spaceId, 40, first.reservation);
    await world.reservations.release(uploader(device, spaceId), first.reservation);
    expect(await amounts(spaceId)).toEqual({ used: 60, reserved: 0 });
  });

  it('of one uploader is not touched by another who names the same key', async () => {
    const { device, person, spaceId, rootId } = await limited(100);
    const { op, bytes, reservation } = newFile(rootId, 70, 41);
    await reserve(device, spaceId, 70, reservation);
    await expect(reserve(person, spaceId, 31, reservation)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await world.drive.one(person, spaceId, op, [bytes])).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await world.reservations.release(uploader(person, spaceId), reservation);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 70 });
  });

  it('that was promised to one file is not taken by another of the same batch', async () => {
    const { device, spaceId, rootId } = await limited(200);
    const [promised, other] = [newFile(rootId, 100, 51), newFile(rootId, 90, 52)];
    await reserve(device, spaceId, 100, promised.reservation);
    await reserve(device, spaceId, 100);
    const refused = { ...promised.op, parentId: newId<NodeId>() } as BatchOp;
    const inline = [promised.bytes, other.bytes];
    const { outcomes } = await world.drive.commit(device, spaceId, [refused, other.op], { inline });
    expect(outcomes).toMatchObject([{ code: 'PARENT_UNKNOWN' }, { code: 'QUOTA_EXCEEDED' }]);
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
    for (const { reservation } of reserved) await reserve(device, spaceId, 70, reservation);
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
    const key = newKey();
    await reserve(device, spaceId, 40, key);
    await reserve(device, spaceId, 20); // given up, while the device goes on with the other
    await reserve(person, spaceId, 30, key);
    world.clock.advance(0.6 * HOUR_MS);
    await world.reservations.renew(uploader(device, spaceId), key);
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

  it('is what packs come out of, so that nobody stores more than a space may hold', async () => {
    const { device, person, spaceId } = await limited(1000);
    const key = newKey();
    const refused = { code: 'QUOTA_EXCEEDED' };
    const stored = async () =>
      (await world.drive.sql<{ n: number }>(`SELECT sum(size)::int AS n FROM pack`))[0]?.n ?? 0;
    const before = await stored();
    await expect(world.drive.putPack(device, spaceId, [noise(5000, 201)])).rejects.toMatchObject(refused);
    await expect(world.drive.putPack(device, spaceId, [noise(5000, 201)], key)).rejects.toMatchObject(refused);
    const packs = Array.from({ length: 40 }, (_, at) =>
      world.drive.putPack(at % 2 ? device : person, spaceId, [noise(77, 300 + at)], at % 4 < 2 ? key : newKey()),
    );
    const done = (await Promise.allSettled(packs)).filter((each) => each.status === 'fulfilled');
    expect(done).toHaveLength(12);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 12 * 77 });
    expect((await stored()) - before).toBe(12 * 77);
  });

  it('is not kept from a file for ever because other bytes were sent of it before', async () => {
    const { device, spaceId } = await limited(100);
    const key = newKey();
    const send = (seed: number) => {
      const bytes = noise(60, seed);
      const body = encodeFrame({ chunks: [chunkOf(bytes)], reservation: key }, [bytes]);
      return uploads.storePack(device, spaceId, Readable.from(body));
    };
    const uploads = world.uploads();
    await reserve(device, spaceId, 60, key);
    await send(501);
    for (let at = 0; at < 5; at++) {
      await reserve(device, spaceId, 60, key);
      await expect(send(502)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
      world.clock.advance(0.19 * HOUR_MS);
    }
    world.clock.advance(0.19 * HOUR_MS);
    await send(502);
    await expect(send(503)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 60 });
  });

  it('is not taken by packs whose bytes are here, that did not arrive, or that nobody limits', async () => {
    const { device, spaceId } = await limited(100);
    const unlimited = await world.drive.owner();
    const [first, other] = [noise(90, 401), noise(90, 402)];
    await world.drive.putPack(unlimited.device, unlimited.spaceId, [first]);
    await world.drive.putPack(device, spaceId, [first, first]);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 0 });
    const key = newKey();
    const cut = Readable.from(encodeFrame({ chunks: [chunkOf(other)], reservation: key }, [other.subarray(1)]));
    const sending = world.drive.uploads.storePack(device, spaceId, cut);
    await expect(sending).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await world.drive.putPack(device, spaceId, [other], key);
    await world.drive.putPack(device, spaceId, [noise(10, 403)], key);
    expect(await amounts(spaceId)).toEqual({ used: 0, reserved: 100 });
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
