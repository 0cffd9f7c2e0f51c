import { randomUUID } from 'node:crypto';
import type { NodeId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevicePrincipal, MemberPrincipal } from '../platform/principal.ts';
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
