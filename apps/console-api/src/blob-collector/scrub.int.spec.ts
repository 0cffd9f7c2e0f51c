import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSpace } from '../drive/space.service.ts';
import { chunkOf, noise, ops } from '../drive/testing/drive-world.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { listDamagedChunks } from './scrub.store.ts';
import { CollectorWorld, DAY_MS } from './testing/collector-world.ts';

let world: CollectorWorld;
let owner: { device: DevicePrincipal } & CreatedSpace;
beforeAll(async () => {
  world = await CollectorWorld.open();
  owner = await world.drive.owner();
});
afterAll(() => world.close());

let seed = 9000;
/** A file of three chunks in a pack of its own. */
async function commitFile() {
  const { device, spaceId, rootId } = owner;
  const parts = [noise(3000, seed++), noise(2000, seed++), noise(1000, seed++)];
  await world.drive.putPack(device, spaceId, parts);
  const file = ops.file(rootId, `file ${seed}`, { chunks: parts.map(chunkOf) });
  await world.drive.one(device, spaceId, file);
  const [row] = await world.drive.sql<{ pack_id: string }>(`SELECT pack_id FROM chunk WHERE hash = decode($1, 'hex')`, [
    chunkOf(parts[0]!).hash,
  ]);
  const packId = row!.pack_id;
  const object = path.join(world.drive.folder, 'objects', world.drive.enterpriseId, packId.slice(-2), packId);
  return { parts, hashes: parts.map((part) => chunkOf(part).hash), file, packId, object };
}

const scrub = () => world.scrub.run(world.signal, 0);
const damaged = () => listDamagedChunks(world.drive.manager, world.drive.enterpriseId, 100);
const liveBytes = async (packId: string) => {
  const [row] = await world.drive.sql<{ live_bytes: string }>('SELECT live_bytes FROM pack WHERE id = $1', [packId]);
  return Number(row?.live_bytes);
};

describe('scrub', () => {
  it('reads everything and finds nothing wrong', async () => {
    await commitFile();
    await commitFile();
    expect(await scrub()).toEqual({ packs: 2, chunks: 6, bytes: 12_000, newlyDamaged: 0, missing: 0, corrupt: 0 });
    expect(await damaged()).toEqual([]);
  });

  it('reports a flipped bit, which counts as missing from then on and heals when somebody sends the bytes', async () => {
    const { parts, hashes, file, packId, object } = await commitFile();
    const bytes = await readFile(object);
    bytes[3500] = (bytes[3500] ?? 0) ^ 4;
    await writeFile(object, bytes);
    expect(await scrub()).toMatchObject({ newlyDamaged: 1, corrupt: 1, missing: 0 });
    expect(await damaged()).toMatchObject([
      { hash: hashes[1], packId, damage: 'corrupt', sizeBytes: 2000, nodeIds: [file.nodeId] },
    ]);
    expect(await scrub()).toMatchObject({ newlyDamaged: 0, corrupt: 1 }); // known already
    expect(await liveBytes(packId)).toBe(4000);

    const { device, spaceId, rootId } = owner;
    const chunks = parts.map(chunkOf);
    expect(await world.drive.uploads.listMissing(device, spaceId, chunks)).toEqual([hashes[1]]);
    const again = ops.file(rootId, 'again', { chunks });
    expect(await world.drive.one(device, spaceId, again)).toMatchObject({
      code: 'CHUNKS_MISSING',
      missing: [hashes[1]],
    });
    await world.drive.putPack(device, spaceId, [parts[1]!]);
    expect(await world.listBrokenVersions()).toEqual([]);
    expect(await scrub()).toMatchObject({ corrupt: 0, missing: 0 });
    expect(await damaged()).toEqual([]);
    expect(await world.drive.sql('SELECT 1 FROM scrub_finding')).toEqual([]);
    expect(await world.drive.one(device, spaceId, again)).toMatchObject({ status: 'done' });
  });

  it('reports all chunks of an object that is gone, and takes them back when it returns', async () => {
    const { hashes, packId, object } = await commitFile();
    const bytes = await readFile(object);
    await rm(object);
    expect(await scrub()).toMatchObject({ newlyDamaged: 3, missing: 3 });
    expect((await damaged()).map((chunk) => chunk.hash).sort()).toEqual(hashes.toSorted());
    await world.passTime(30 * DAY_MS);
    await world.collect(); // damage is no garbage
    expect(await damaged()).toHaveLength(3);
    await writeFile(object, bytes);
    expect(await scrub()).toMatchObject({ missing: 0 });
    expect([await damaged(), await liveBytes(packId)]).toEqual([[], 6000]);
    expect(await world.listBrokenVersions()).toEqual([]);
  });

  it('reports what a cut object lacks, and nothing else of it', async () => {
    const { hashes, object } = await commitFile();
    const bytes = await readFile(object);
    await writeFile(object, bytes.subarray(0, 5500));
    expect(await scrub()).toMatchObject({ missing: 1, corrupt: 0 });
    expect(await damaged()).toMatchObject([{ hash: hashes[2], damage: 'missing' }]);
    await writeFile(object, bytes);
    await scrub();
  });

  it('goes on after a stop where it was, and rests between two passes', async () => {
    await commitFile();
    await commitFile();
    await commitFile();
    const stopping = new AbortController();
    const { read } = world.drive.blobs;
    let packs = 0;
    world.drive.blobs.read = (...args) => {
      packs += 1;
      if (packs === 2) stopping.abort();
      return read.apply(world.drive.blobs, args);
    };
    const first = await world.scrub.run(stopping.signal, 0);
    world.drive.blobs.read = read;
    const rest = await world.scrub.run(world.signal, 0);
    const total = (await world.drive.sql('SELECT 1 FROM pack WHERE retired_at IS NULL')).length;
    expect(first['packs']).toBeLessThan(total);
    expect((first['packs'] ?? 0) + (rest['packs'] ?? 0)).toBe(total);
    expect(await world.scrub.run(world.signal)).toEqual({});
    await world.passTime(30 * DAY_MS);
    expect((await world.scrub.run(world.signal))['packs']).toBe(total);
  });
});

describe('compaction', () => {
  it('leaves a corrupt chunk where it is, and moves the others', async () => {
    const { object, packId, file } = await commitFile();
    const bytes = await readFile(object);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(object, bytes);
    await world.passTime(DAY_MS);
    expect(await world.compaction.run(world.signal)).toMatchObject({ unreadableChunks: 1 });
    expect(await world.drive.sql('SELECT 1 FROM chunk WHERE pack_id = $1', [packId])).toHaveLength(1);
    expect(await world.listBrokenVersions()).toHaveLength(1);
    bytes[0] ^= 1;
    await writeFile(object, bytes);
    expect(await world.listBrokenVersions()).toEqual([]);
    await world.purgeNode(file.nodeId);
  });
});
