import { randomUUID } from 'node:crypto';
import type { NodeId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevicePrincipal, MemberPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { bytesOf, chunkOf, DriveWorld, noise, ops } from './testing/drive-world.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

type Place = { readonly spaceId: SpaceId; readonly rootId: NodeId };
type Asked = { readonly by: MemberPrincipal; readonly in: Place; readonly world?: DriveWorld };

/** Both gates, with the same question: may this caller use these bytes without sending them? */
const gates = {
  missing: async (bytes: Uint8Array, asked: Asked) => {
    const { uploads } = asked.world ?? world;
    const missing = await uploads.listMissing(asked.by, asked.in.spaceId, [chunkOf(bytes)]);
    return missing.length === 0;
  },
  commit: async (bytes: Uint8Array, asked: Asked) => {
    const file = ops.file(asked.in.rootId, `copy ${randomUUID()}`, { bytes });
    const outcome = await (asked.world ?? world).one(asked.by, asked.in.spaceId, file);
    if (outcome.status === 'done') return true;
    expect(outcome).toMatchObject({ code: 'CHUNKS_MISSING', missing: [chunkOf(bytes).hash] });
    return false;
  },
};

let gateCount = 0;

async function teamSpace(): Promise<{ admin: MemberPrincipal; space: Place }> {
  return { admin: await world.person('drive_admin'), space: await world.space('team', { teamId: await world.team() }) };
}

async function backerIn(space: Place): Promise<DevicePrincipal> {
  const person = await world.person();
  await world.grant(space.spaceId, space.rootId, { user: person.userId }, 'backer');
  return world.device(person);
}

describe.each(['missing', 'commit'] as const)('%s and who may use a hash', (name) => {
  const mayUse = gates[name];

  it('whoever may download a version that has it', async () => {
    const ann = await world.owner();
    const bytes = bytesOf(randomUUID());
    await world.commit(ann.device, ann.spaceId, [ops.file(ann.rootId, 'f', { bytes })], { inline: [bytes] });
    expect(await mayUse(bytes, { by: ann.person, in: ann })).toBe(true);
    expect(await mayUse(bytes, { by: await world.device(ann.person), in: ann })).toBe(true);
  });

  it('[D27] nobody of another enterprise, even when that has the same bytes', async () => {
    const elsewhere = await DriveWorld.on(world.database);
    const [ann, eve] = [await world.owner(), await elsewhere.owner()];
    const bytes = bytesOf(randomUUID());
    await world.commit(ann.device, ann.spaceId, [ops.file(ann.rootId, 'f', { bytes })], { inline: [bytes] });
    expect(await mayUse(bytes, { by: eve.device, in: eve, world: elsewhere })).toBe(false);
    const own = ops.file(eve.rootId, 'own', { bytes });
    expect(await elsewhere.one(eve.device, eve.spaceId, own, [bytes])).toMatchObject({ status: 'done' });
    expect(await mayUse(bytes, { by: eve.device, in: eve, world: elsewhere })).toBe(true);
    await elsewhere.sql('DELETE FROM version WHERE enterprise_id = $1', [elsewhere.enterpriseId]);
    await elsewhere.sql('DELETE FROM chunk_upload WHERE enterprise_id = $1', [elsewhere.enterpriseId]);
    expect(await mayUse(bytes, { by: eve.device, in: eve, world: elsewhere })).toBe(false);
  });

  it('[D27] no stranger of the same enterprise, in a space of their own', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const [alone, ...several] = [bytesOf(randomUUID()), noise(500, 7001), noise(600, 7002)];
    await world.putPack(ann.device, ann.spaceId, [alone, ...several]);
    await world.commit(ann.device, ann.spaceId, [
      ops.file(ann.rootId, 'alone', { bytes: alone }),
      ops.file(ann.rootId, 'several', { chunks: several.map(chunkOf) }),
    ]);
    for (const bytes of [alone, ...several]) expect(await mayUse(bytes, { by: bob.device, in: bob })).toBe(false);
  });

  it('whoever may read the last of many that have it, be it a whole content or a part of one, as often as it is in others', async () => {
    const [bob, { space }] = [await world.owner(), await teamSpace()];
    const [alone, part, other] = [bytesOf(randomUUID()), noise(500, 7003 + gateCount), noise(600, 7004 + gateCount)];
    gateCount += 2;
    const several = [part, other, ...Array.from({ length: 600 }, () => part)].map(chunkOf);
    for (let copies = 0; copies < 60; copies++) {
      const ann = copies % 20 === 0 ? await world.owner() : bob;
      const inline = [alone, part, other];
      const files = [
        ops.file(ann.rootId, `alone ${copies}`, { bytes: alone }),
        ops.file(ann.rootId, `several ${copies}`, { chunks: several }),
      ];
      await world.commit(ann.person, ann.spaceId, files, { inline });
    }
    const reader = await world.owner();
    const mayUseBoth = async () => [
      await mayUse(alone, { by: reader.person, in: reader }),
      await mayUse(part, { by: reader.person, in: reader }),
    ];
    expect(await mayUseBoth()).toEqual([false, false]);
    await world.grant(space.spaceId, space.rootId, { user: reader.person.userId }, 'synchronizer');
    const last = [
      ops.file(space.rootId, 'alone', { bytes: alone }),
      ops.file(space.rootId, 'part', { chunks: [other, part].map(chunkOf) }),
    ];
    const admin = await world.person('drive_admin');
    await world.commit(admin, space.spaceId, last, { inline: [alone, part, other] });
    expect(await mayUseBoth()).toEqual([true, true]);
  });

  it('[VE-1] nobody by a version that was released, be it the only one or beside others', async () => {
    const ann = await world.owner();
    const bytes = bytesOf(randomUUID());
    const file = ops.file(ann.rootId, `f ${randomUUID()}`, { bytes });
    await world.commit(ann.device, ann.spaceId, [file], { inline: [bytes] });
    expect(await mayUse(bytes, { by: ann.person, in: ann })).toBe(true);
    await world.sql('UPDATE version SET released_at = now() WHERE enterprise_id = $1 AND content_id = $2', [
      world.enterpriseId,
      Buffer.from(chunkOf(bytes).hash, 'hex'),
    ]);
    expect(await mayUse(bytes, { by: ann.person, in: ann })).toBe(false);
  });

  it('[PE-1] nobody who may upload into the folder but not download from it, for as long as that is so', async () => {
    const { admin, space } = await teamSpace();
    const backer = await backerIn(space);
    const bytes = bytesOf(randomUUID());
    await world.commit(admin, space.spaceId, [ops.file(space.rootId, 'f', { bytes })], { inline: [bytes] });
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(false);
    await world.grant(space.spaceId, space.rootId, { user: backer.userId }, 'synchronizer');
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(true);
    await world.grant(space.spaceId, space.rootId, { user: backer.userId }, 'backer');
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(false);
  });

  it('[D26] the device that sent it, and no other of the same person, for seven days', async () => {
    const { space } = await teamSpace();
    const backer = await backerIn(space);
    const other = await world.device(backer);
    const bytes = bytesOf(randomUUID());
    await world.putPack(backer, space.spaceId, [bytes]);
    const age = (interval: string) =>
      world.sql(`UPDATE chunk_upload SET at = now() - $2::interval WHERE actor_id = $1`, [backer.deviceId, interval]);
    expect(await mayUse(bytes, { by: other, in: space })).toBe(false);
    await age('6 days 23:59:00');
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(true);
    await age('7 days 00:00:01');
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(false);
    await world.putPack(backer, space.spaceId, [bytes]); // sent again: seven days more
    expect(await mayUse(bytes, { by: backer, in: space })).toBe(true);
  });

  it('nobody, when the size that is told with it is another one', async () => {
    const ann = await world.owner();
    const bytes = bytesOf(randomUUID());
    await world.putPack(ann.device, ann.spaceId, [bytes]);
    const lie = { ...chunkOf(bytes), size: bytes.length - 1 };
    expect(await world.uploads.listMissing(ann.device, ann.spaceId, [lie])).toEqual([lie.hash]);
    const file = ops.file(ann.rootId, `lie ${randomUUID()}`, { chunks: [lie] });
    expect(await world.one(ann.device, ann.spaceId, file)).toMatchObject({ code: 'CHUNKS_MISSING' });
  });
});

describe('what looking for a readable version costs', () => {
  const count = async (by: MemberPrincipal, { spaceId }: Place, chunks: readonly Uint8Array[]) =>
    countStatements(() => world.uploads.listMissing(by, spaceId, chunks.map(chunkOf)));

  it('one look, however many chunks, where each is had by few, readable or not; a bounded number where one is had by many', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const few = Array.from({ length: 100 }, (_, index) => noise(300, 9000 + index));
    const files = few.map((bytes, index) => ops.file(ann.rootId, `few ${index}`, { bytes }));
    await world.commit(ann.device, ann.spaceId, files, { inline: few });
    const one = await count(bob.device, bob, few.slice(0, 1));
    expect(await count(bob.device, bob, few)).toBe(one);
    expect(await count(ann.person, ann, few)).toBe(one);
    const many = bytesOf(randomUUID());
    const same = Array.from({ length: 60 }, (_, index) => ops.file(ann.rootId, `many ${index}`, { bytes: many }));
    await world.commit(ann.device, ann.spaceId, same, { inline: [many] });
    expect(await count(ann.person, ann, [many])).toBe(one);
    const wide = await count(bob.device, bob, [many, ...few]);
    expect(wide).toBeGreaterThan(one);
    expect(wide).toBeLessThan(one + 2 * 8); // the second look sees all of them
  });
});
