import { randomUUID } from 'node:crypto';
import { decodeFrame, type ContentId, type NodeId, type VersionId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, bytesOf, chunkOf, collect, DriveWorld, newId, noise, ops } from './testing/drive-world.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

const MiB = 1024 * 1024;

describe('packs', () => {
  it('takes chunks of all sizes in one pack, commits a file of several and gives every range back', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const parts = [noise(3 * MiB + 1, 1), noise(1, 2), noise(MiB, 3), noise(2 * MiB - 7, 4)];
    expect(await world.putPack(device, spaceId, parts)).toBe(4);
    const file = ops.file(rootId, 'big', { chunks: parts.map(chunkOf) });
    expect(await world.one(device, spaceId, file)).toMatchObject({ status: 'done', node: { size: 6 * MiB - 5 } });
    const whole = Buffer.concat(parts);
    const content = await world.contents.getContent(device, file.nodeId, undefined);
    expect(content.chunks).toEqual(parts.map(chunkOf));
    for (const [start, end] of [
      [0, whole.length],
      [3 * MiB, 3 * MiB + 3],
      [whole.length - 1, whole.length],
      [5, 5],
    ] as const) {
      const bytes = await collect(world.contents.read(device, content, { start, end }));
      expect(bytes.equals(whole.subarray(start, end))).toBe(true);
    }
  });

  it('refuses a large chunk that does not have its hash, and keeps nothing of the pack', async () => {
    const { device, spaceId } = await world.owner();
    const [good, bad] = [noise(10, Date.parse('2026-01-01')), noise(2 * MiB, 6)];
    const broken = Buffer.from(bad);
    broken[MiB] = (broken[MiB] ?? 0) ^ 1;
    const before = await objectCount();
    const header = { chunks: [chunkOf(good), chunkOf(bad)] };
    await expect(world.uploads.storePack(device, spaceId, bodyOf(header, [good, broken]))).rejects.toMatchObject({
      code: 'CHUNK_CORRUPT',
      details: { hash: chunkOf(bad).hash },
    });
    expect(await objectCount()).toBe(before);
    expect(await world.uploads.listMissing(device, spaceId, [chunkOf(good)])).toEqual([chunkOf(good).hash]);
  });

  it('stores bytes that are there already only once, and still notes who holds them', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const bytes = bytesOf(`shared ${randomUUID()}`);
    await world.putPack(ann.device, ann.spaceId, [bytes]);
    const before = await objectCount();
    await world.putPack(bob.device, bob.spaceId, [bytes, bytes]);
    expect(await objectCount()).toBe(before);
    expect(await world.uploads.listMissing(bob.device, bob.spaceId, [chunkOf(bytes)])).toEqual([]);
  });

  it('refuses packs above the limit before reading them', async () => {
    const { device, spaceId } = await world.owner();
    const chunks = [1, 2, 3].map((seed) => ({ ...chunkOf(noise(4, seed)), size: 16 * MiB }));
    await expect(world.uploads.storePack(device, spaceId, bodyOf({ chunks }, []))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('takes no bytes from people who may not write in the space', async () => {
    const viewer = await world.person();
    const { spaceId } = await world.space('team', { teamId: await world.team([viewer]) });
    await expect(world.putPack(viewer, spaceId, [bytesOf('x')])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const stranger = await world.person();
    await expect(world.putPack(stranger, spaceId, [bytesOf('x')])).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    await expect(world.uploads.listMissing(stranger, spaceId, [chunkOf(bytesOf('x'))])).rejects.toMatchObject({
      code: 'SPACE_UNKNOWN',
    });
  });
});

describe('missing', () => {
  it('[D27] names what is not here and what the caller has not shown to hold', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const [own, foreign, nowhere] = [1, 2, 3].map(() => bytesOf(randomUUID())) as [Uint8Array, Uint8Array, Uint8Array];
    await world.commit(ann.device, ann.spaceId, [ops.file(ann.rootId, 'a', { bytes: own })], { inline: [own] });
    await world.commit(bob.device, bob.spaceId, [ops.file(bob.rootId, 'b', { bytes: foreign })], { inline: [foreign] });
    const asked = [own, foreign, nowhere].map(chunkOf);
    expect(await world.uploads.listMissing(ann.device, ann.spaceId, asked)).toEqual([asked[1]!.hash, asked[2]!.hash]);
    // a second device of the same person may download the file, so it needs to send nothing
    expect(await world.uploads.listMissing(await world.device(ann.person), ann.spaceId, [asked[0]!])).toEqual([]);
  });

  it('does not take a chunk of another size for the same', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const bytes = bytesOf(randomUUID());
    await world.commit(device, spaceId, [ops.file(rootId, 'a', { bytes })], { inline: [bytes] });
    const lie = { ...chunkOf(bytes), size: 5 };
    expect(await world.uploads.listMissing(device, spaceId, [lie])).toEqual([lie.hash]);
    expect(await world.one(device, spaceId, ops.file(rootId, 'b', { chunks: [lie] }))).toMatchObject({
      code: 'CHUNKS_MISSING',
    });
  });

  it('finds a chunk inside a file of several chunks that the caller may download', async () => {
    const { person, device, spaceId, rootId } = await world.owner();
    const parts = [noise(100, 100), noise(100, 101)];
    await world.putPack(device, spaceId, parts);
    await world.commit(device, spaceId, [ops.file(rootId, 'two', { chunks: parts.map(chunkOf) })]);
    expect(await world.uploads.listMissing(person, spaceId, parts.map(chunkOf))).toEqual([]);
  });
});

describe('operations after a crash', () => {
  it('answers those of the caller that were done, and leaves out refused, unknown and other people’s', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const done = ops.folder(ann.rootId, 'F');
    const refused = ops.folder(ann.rootId, 'F');
    const { outcomes } = await world.commit(ann.device, ann.spaceId, [done, refused]);
    const asked = [done.opId, refused.opId, newId<NodeId>()];
    expect(await world.uploads.listAnswers(ann.device, asked)).toEqual([outcomes[0]]);
    expect(await world.uploads.listAnswers(bob.device, asked)).toEqual([]);
  });
});

describe('downloads', () => {
  it('gives a version by its id, and no version of another node', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [one, two] = [bytesOf('version one'), bytesOf('two')];
    const file = ops.file(rootId, 'f', { bytes: one });
    const [first] = (await world.commit(device, spaceId, [file], { inline: [one] })).outcomes;
    const other = ops.file(rootId, 'g', { bytes: one });
    await world.commit(device, spaceId, [ops.put(file.nodeId, { bytes: two }), other], { inline: [two] });
    const versionId = (first?.status === 'done' ? first.node.versionId : null) as VersionId;
    const old = await world.contents.getContent(device, file.nodeId, versionId);
    expect((await collect(world.contents.read(device, old, { start: 0, end: old.size }))).toString()).toBe(
      'version one',
    );
    await expect(world.contents.getContent(device, other.nodeId, versionId)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    await expect(world.contents.getContent(device, rootId, undefined)).rejects.toMatchObject({ code: 'KIND_MISMATCH' });
  });

  it('[PE-1] [PE-6] lets a Backer look at a preview but download nothing, and a stranger not even learn that there is something', async () => {
    const admin = await world.person('drive_admin');
    const backer = await world.person();
    const space = await world.space('team', { teamId: await world.team() });
    await world.grant(space.spaceId, space.rootId, { user: backer.userId }, 'backer');
    const bytes = bytesOf('for admins');
    const file = ops.file(space.rootId, 'f', { bytes });
    await world.commit(admin, space.spaceId, [file], { inline: [bytes] });
    await expect(world.contents.getContent(backer, file.nodeId, undefined)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await world.contents.getPreview(backer, file.nodeId, undefined)).toMatchObject({ size: bytes.length });
    const stranger = await world.person();
    for (const asked of [
      world.contents.getContent(stranger, file.nodeId, undefined),
      world.contents.getPreview(stranger, file.nodeId, undefined),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    }
  });

  it('sends several files in one frame and says why others are not in it', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const bob = await world.owner();
    const parts = Array.from({ length: 40 }, (_, index) => noise(1000 + index, index));
    const files = parts.map((bytes, index) => ops.file(rootId, `f${index}`, { bytes }));
    const empty = ops.file(rootId, 'empty', { bytes: bytesOf('') });
    await world.commit(device, spaceId, [...files, empty], { inline: parts });
    const secret = ops.file(bob.rootId, 's', { bytes: parts[0]! });
    await world.commit(bob.device, bob.spaceId, [secret], { inline: [parts[0]!] });
    const asked = files.map((file, index) => ({
      nodeId: file.nodeId,
      contentId: chunkOf(parts[index]!).hash as string as ContentId,
    }));
    const first = asked[0]!;
    const bundle = await world.contents.openBundle(device, [
      ...asked.toReversed(),
      { nodeId: empty.nodeId, contentId: chunkOf(bytesOf('')).hash as string as ContentId },
      { ...first, contentId: asked[1]!.contentId },
      { ...first, nodeId: secret.nodeId },
      { ...first, nodeId: newId<NodeId>() },
    ]);
    const body = await collect(bundle.bytes);
    expect(body.length).toBe(bundle.sizeBytes);
    const frame = decodeFrame(body);
    const items = (frame?.header as { items: { status: string; code?: string; size: number }[] }).items;
    expect(items.slice(-3).map((item) => item.code)).toEqual(['REV_MISMATCH', 'NODE_UNKNOWN', 'NODE_UNKNOWN']);
    expect(items.slice(0, 41).every((item) => item.status === 'sent')).toBe(true);
    expect(Buffer.from(frame?.bytes ?? []).equals(Buffer.concat(parts.toReversed()))).toBe(true);
  });
});

async function objectCount(): Promise<number> {
  let count = 0;
  for await (const _ of world.blobs.list('')) count++;
  return count;
}
