import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpaceId } from '@tideline/contracts';
import { insertManifests, lock } from '../blobs/chunk.store.ts';
import type { CreatedSpace } from '../drive/space.service.ts';
import { bytesOf, chunkOf, collect, noise, ops } from '../drive/testing/drive-world.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { queryRows } from '../platform/rows.ts';
import { lockMarkedChunks, sweepLockedChunks } from './garbage.store.ts';
import { CollectorWorld, DAY_MS } from './testing/collector-world.ts';

let world: CollectorWorld;
let owner: { device: DevicePrincipal } & CreatedSpace;
beforeAll(async () => {
  world = await CollectorWorld.open();
  owner = await world.drive.owner();
});
afterAll(() => world.close());

let seed = 1000;
async function commitFile(parts: readonly Uint8Array[]): Promise<string> {
  const { device, spaceId, rootId } = owner;
  await world.drive.putPack(device, spaceId, parts);
  const file = ops.file(rootId, `file ${seed++}`, { chunks: parts.map(chunkOf) });
  expect(await world.drive.one(device, spaceId, file)).toMatchObject({ status: 'done' });
  return file.nodeId;
}
const stateOf = async (bytes: Uint8Array) => {
  const [row] = await world.drive.sql<{ garbage_since: Date | null; pack_id: string }>(
    `SELECT garbage_since, pack_id FROM chunk WHERE hash = decode($1, 'hex')`,
    [chunkOf(bytes).hash],
  );
  return row;
};
const runGarbage = async () => {
  await world.garbage.mark(world.signal, 0);
  await world.garbage.sweep(world.signal);
};

describe('garbage', () => {
  it('is removed step by step: the chunk after two graces, the object after a third, and nothing before', async () => {
    const bytes = noise(5000, seed++);
    await world.drive.putPack(owner.device, owner.spaceId, [bytes]);
    const key = `${world.drive.enterpriseId}/${(await stateOf(bytes))?.pack_id}`;
    await runGarbage();
    expect(await stateOf(bytes)).toMatchObject({ garbage_since: null });
    await world.passTime(7 * DAY_MS);
    await runGarbage();
    expect((await stateOf(bytes))?.garbage_since).toBeInstanceOf(Date);
    await world.passTime(DAY_MS);
    await runGarbage();
    expect(await stateOf(bytes)).toBeUndefined();
    expect(await world.garbage.retire(world.signal)).toEqual({ retiredPacks: 1 });
    await world.passTime(13 * DAY_MS);
    expect(await world.trash.empty(world.signal)).toEqual({ deletedObjects: 0 });
    expect(await world.drive.blobs.exists(key)).toBe(true);
    await world.passTime(DAY_MS);
    expect(await world.trash.empty(world.signal)).toEqual({ deletedObjects: 1 });
    expect(await world.drive.blobs.exists(key)).toBe(false);
  });

  it('is no chunk that a version, or the manifest of one, refers to', async () => {
    const [alone, first, second] = [noise(3000, seed++), noise(2000, seed++), noise(1000, seed++)];
    const nodes = [await commitFile([alone]), await commitFile([first, second])];
    await world.collectAll();
    for (const bytes of [alone, first, second]) expect(await stateOf(bytes)).toMatchObject({ garbage_since: null });
    for (const node of nodes) await world.purgeNode(node);
    await world.collectAll();
    for (const bytes of [alone, first, second]) expect(await stateOf(bytes)).toBeUndefined();
    expect([await world.count('content_chunk'), await world.count('content_garbage')]).toEqual([0, 0]);
    expect([await world.count('pack'), await world.listObjects()]).toEqual([0, []]);
  });

  it('[D25] is no chunk that is asked about again while it waits to be swept, and commit asks for one that was', async () => {
    const { device, spaceId, rootId } = owner;
    const bytes = noise(4000, seed++);
    const node = await commitFile([bytes]);
    await world.purgeNode(node);
    await world.passTime(8 * DAY_MS);
    await world.garbage.mark(world.signal, 0);
    await world.drive.putPack(device, spaceId, [bytes]); // found here, not stored again
    await world.passTime(2 * DAY_MS);
    await world.garbage.sweep(world.signal);
    expect(await stateOf(bytes)).toMatchObject({ garbage_since: null });
    await world.passTime(8 * DAY_MS);
    await world.garbage.mark(world.signal, 0);
    await world.passTime(2 * DAY_MS);
    await world.garbage.sweep(world.signal);
    const file = ops.file(rootId, 'swept', { bytes });
    expect(await world.drive.one(device, spaceId, file)).toMatchObject({
      code: 'CHUNKS_MISSING',
      missing: [chunkOf(bytes).hash],
    });
    expect(await world.drive.one(device, spaceId, file, [bytes])).toMatchObject({ status: 'done' });
    expect(await world.listBrokenVersions()).toEqual([]);
  });

  // Seed 24 of the interleavings: the mark had looked, the sweep removed the manifest, and the mark came after it.
  it('forgets the mark of a manifest that is gone, so that one that comes back has its grace', async () => {
    await world.drive.sql(`INSERT INTO content_garbage (enterprise_id, content_id) VALUES ($1, '\\x0102'::bytea)`, [
      world.drive.enterpriseId,
    ]);
    await world.garbage.sweep(world.signal);
    expect(await world.count('content_garbage')).toBe(1);
    await world.passTime(DAY_MS);
    expect(await world.garbage.sweep(world.signal)).toMatchObject({ forgottenManifests: 1 });
    expect(await world.count('content_garbage')).toBe(0);
  });

  it('ends the right to use a chunk by having sent it, and its row, after seven days', async () => {
    const { device, spaceId } = owner;
    const bytes = noise(400, seed++);
    await world.drive.putPack(device, spaceId, [bytes]);
    await world.passTime(6 * DAY_MS);
    await world.garbage.expireUploads(world.signal);
    expect(await world.drive.uploads.listMissing(device, spaceId, [chunkOf(bytes)])).toEqual([]);
    await world.passTime(DAY_MS + 1);
    expect(await world.drive.uploads.listMissing(device, spaceId, [chunkOf(bytes)])).toEqual([chunkOf(bytes).hash]);
    await world.garbage.expireUploads(world.signal);
    expect(await world.count('chunk_upload')).toBe(0);
  });
});

describe('a commit and the sweeper', () => {
  async function garbageChunk(): Promise<Uint8Array> {
    const bytes = noise(700, seed++);
    await world.drive.putPack(owner.device, owner.spaceId, [bytes]);
    await world.passTime(8 * DAY_MS);
    await world.garbage.mark(world.signal, 0);
    await world.passTime(2 * DAY_MS);
    return bytes;
  }

  it('that holds the chunk first: the sweeper leaves it, and sees the version the next time', async () => {
    const bytes = await garbageChunk();
    const { hash } = chunkOf(bytes);
    await world.drive.database.dataSource.transaction(async (commit) => {
      expect(await lock(commit, world.drive.enterpriseId, [hash])).toEqual(new Set([hash]));
      await world.garbage.sweep(world.signal);
      expect(await stateOf(bytes)).toBeDefined();
      await insertVersion(commit, hash);
    });
    await world.passTime(20 * DAY_MS);
    await runGarbage();
    expect(await stateOf(bytes)).toMatchObject({ garbage_since: null });
    await world.drive.sql('DELETE FROM version');
  });

  it('that ends between the look and the lock of the sweeper: the look after the lock sees the version', async () => {
    const bytes = await garbageChunk();
    const { hash } = chunkOf(bytes);
    await world.drive.database.dataSource.transaction(async (sweeper) => {
      await sweeper.query('SELECT 1'); // a transaction that began long before
      await world.drive.database.dataSource.transaction((commit) => insertVersion(commit, hash)); // one without a lock
      const locked = await lockMarkedChunks(sweeper, { limit: 10, sweepAfterMs: DAY_MS });
      expect(locked.map((key) => key.hash)).toContain(hash);
      await sweepLockedChunks(sweeper, locked, 7 * DAY_MS);
    });
    expect(await stateOf(bytes)).toMatchObject({ garbage_since: null });
    await world.drive.sql('DELETE FROM version');
  });

  it('that comes while the sweeper has the chunk: it waits, and then finds it missing', async () => {
    const bytes = await garbageChunk();
    const { hash } = chunkOf(bytes);
    const held = await world.drive.database.dataSource.transaction(async (sweeper) => {
      const locked = await lockMarkedChunks(sweeper, { limit: 10, sweepAfterMs: DAY_MS });
      const commit = world.drive.database.dataSource.transaction((manager) =>
        lock(manager, world.drive.enterpriseId, [hash]),
      );
      await untilSomebodyWaits();
      await sweepLockedChunks(sweeper, locked, 7 * DAY_MS);
      return { commit };
    });
    expect(await held.commit).toEqual(new Set());
    expect(await stateOf(bytes)).toBeUndefined();
  });

  it('that stores a chunk which another one stored meanwhile holds that one, and takes it from the garbage', async () => {
    const bytes = await garbageChunk();
    const { device, spaceId, rootId } = owner;
    const { packId } = { packId: (await stateOf(bytes))?.pack_id };
    // The look at what is stored happens before the transaction: as if the chunk had not been there yet.
    const pack = { packId: '01980000-0000-7000-8000-000000000001', sizeBytes: 700, proven: [chunkOf(bytes)] };
    await world.drive.database.dataSource.transaction(async (commit) => {
      await world.drive.packs.record(commit, world.drive.enterpriseId, [
        { ...pack, packed: [{ ...chunkOf(bytes), packOffset: 0 }] },
      ]);
      await world.garbage.sweep(world.signal);
    });
    expect(await stateOf(bytes)).toEqual({ garbage_since: null, pack_id: packId });
    const file = ops.file(rootId, 'held', { bytes });
    expect(await world.drive.one(device, spaceId, file, [bytes])).toMatchObject({ status: 'done' });
    expect(await world.listBrokenVersions()).toEqual([]);
    await world.purgeNode(file.nodeId);
  });

  it('of a manifest that is garbage: the sweeper holds it through its first chunk', async () => {
    const parts = [noise(300, seed++), noise(301, seed++)];
    const node = await commitFile(parts);
    const [row] = await world.drive.sql<{ contentId: string }>(
      `SELECT encode(content_id, 'hex') AS "contentId" FROM version WHERE node_id = $1`,
      [node],
    );
    await world.purgeNode(node);
    await world.garbage.mark(world.signal, 0);
    await world.passTime(2 * DAY_MS);
    const chunks = parts.map(chunkOf);
    await world.drive.database.dataSource.transaction(async (commit) => {
      await lock(
        commit,
        world.drive.enterpriseId,
        chunks.map((chunk) => chunk.hash),
      );
      const contentId = row?.contentId ?? '';
      const rows = chunks.map((chunk, ordinal) => ({ contentId, ordinal, chunk }));
      await insertManifests(commit, world.drive.enterpriseId, rows);
      expect(await world.garbage.sweep(world.signal)).toEqual({});
      await insertVersion(commit, contentId);
    });
    await world.garbage.sweep(world.signal);
    expect(await world.count('content_chunk')).toBe(2);
    await world.drive.sql('DELETE FROM version');
  });

  async function insertVersion(manager: Parameters<typeof lock>[0], contentId: string): Promise<void> {
    await queryRows(
      manager,
      `INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, origin)
       VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), decode($3, 'hex'), 1, gen_random_uuid(), 'sync')`,
      [world.drive.enterpriseId, owner.spaceId satisfies SpaceId, contentId],
    );
  }

  async function untilSomebodyWaits(): Promise<void> {
    for (;;) {
      const waiting = await world.drive.sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (waiting.length > 0) return;
    }
  }
});

describe('packs that are half empty or small', () => {
  it('are written together, their chunks read the same, and the old ones go after their time in the trash', async () => {
    await world.drive.sql('DELETE FROM version');
    await world.collectAll();
    const kept: { node: string; bytes: Uint8Array }[] = [];
    const dropped: string[] = [];
    for (let each = 0; each < 5; each++) {
      const [keep, drop] = [noise(1000 + each, seed++), noise(9000, seed++)];
      await world.drive.putPack(owner.device, owner.spaceId, [drop, keep]);
      kept.push({ node: await commitFile([keep]), bytes: keep });
      dropped.push(await commitFile([drop]));
    }
    for (const node of dropped) await world.purgeNode(node);
    await world.passTime(8 * DAY_MS);
    await runGarbage();
    await world.passTime(DAY_MS);
    await runGarbage();
    const before = await world.listObjects();
    expect(before).toHaveLength(5);
    expect(await world.compaction.run(world.signal)).toMatchObject({ compactedPacks: 5, movedChunks: 5 });
    expect(await world.listObjects()).toHaveLength(6);
    expect(await world.listBrokenVersions()).toEqual([]);
    expect(await world.garbage.retire(world.signal)).toEqual({ retiredPacks: 5 });
    await world.passTime(14 * DAY_MS);
    await world.trash.run(world.signal, 0);
    const after = await world.listObjects();
    expect(after).toHaveLength(1);
    expect(before).not.toContain(after[0]);
    expect(await world.listBrokenVersions()).toEqual([]);
    expect(await world.compaction.run(world.signal)).toEqual({});
    for (const { node } of kept) await world.purgeNode(node);
  });

  it('do not disturb a reader that looked up a place before, even when the old object is gone', async () => {
    const parts = [noise(2000, seed++), noise(9000, seed++)];
    const [node] = [await commitFile([parts[0]!]), await commitFile([parts[1]!])];
    const content = await world.drive.contents.getContent(owner.device, node as never, undefined);
    const reading = world.drive.contents.read(owner.device, content, { start: 0, end: 2000 })[Symbol.asyncIterator]();
    const read = world.drive.blobs.read.bind(world.drive.blobs);
    world.drive.blobs.read = async function* (...args) {
      world.drive.blobs.read = read; // the place is looked up; before the object is opened, it moves and goes
      await world.passTime(DAY_MS);
      await world.compaction.run(world.signal);
      await world.garbage.retire(world.signal);
      await world.passTime(20 * DAY_MS);
      await world.trash.run(world.signal, 0);
      yield* read(...args);
    };
    const bytes = await collect({ [Symbol.asyncIterator]: () => reading });
    expect(bytes.equals(parts[0]!)).toBe(true);
  });
});

describe('objects without a row', () => {
  it('are taken into the trash and go, unless their row was being written: then the upload fails and is sent again', async () => {
    const { device, spaceId, rootId } = owner;
    const bytes = bytesOf(`orphan ${seed++}`);
    const orphan = `${world.drive.enterpriseId}/01980000-0000-7000-8000-00000000000a`;
    await world.drive.blobs.put(orphan, [bytes]);
    const file = ops.file(rootId, 'raced', { bytes });
    const record = world.drive.packs.record.bind(world.drive.packs);
    world.drive.packs.record = async (...args) => {
      await world.trash.adoptOrphans(world.signal, 0); // the slowest upload of the world
      return record(...args);
    };
    await expect(world.drive.one(device, spaceId, file, [bytes])).rejects.toThrow(/duplicate key/);
    world.drive.packs.record = record;
    expect(await world.drive.one(device, spaceId, file, [bytes])).toMatchObject({ status: 'done' });
    await world.passTime(14 * DAY_MS);
    await world.trash.empty(world.signal);
    expect(await world.drive.blobs.exists(orphan)).toBe(false);
    expect(await world.listBrokenVersions()).toEqual([]);
    expect(await world.trash.adoptOrphans(world.signal, 0)).toEqual({ adoptedOrphans: 0 });
  });

  it('are found by a look that goes on after a stop where it was, and rests when it is through', async () => {
    const orphan = (at: number) =>
      `${world.drive.enterpriseId}/01980000-0000-7000-9000-${String(at).padStart(12, '0')}`;
    const orphans = Array.from({ length: 1500 }, (_, at) => orphan(at));
    for (let at = 0; at < orphans.length; at += 100) {
      await Promise.all(orphans.slice(at, at + 100).map((key) => world.drive.blobs.put(key, [bytesOf('o')])));
    }
    const stopping = new AbortController();
    const listed: (string | undefined)[] = [];
    const { list } = world.drive.blobs;
    world.drive.blobs.list = (prefix, after) => {
      listed.push(after);
      stopping.abort(); // the page that was begun is the last one of this run
      return list.call(world.drive.blobs, prefix, after);
    };
    const first = await world.trash.adoptOrphans(stopping.signal, 0);
    const rest = await world.trash.adoptOrphans(world.signal, 0);
    world.drive.blobs.list = list;
    expect(first['adoptedOrphans']).toBeGreaterThan(0);
    expect(first['adoptedOrphans']).toBeLessThan(1500);
    expect((first['adoptedOrphans'] ?? 0) + (rest['adoptedOrphans'] ?? 0)).toBe(1500);
    expect(listed).toEqual([undefined, expect.any(String)]);
    expect(await world.trash.adoptOrphans(world.signal)).toEqual({});
    await world.passTime(DAY_MS);
    expect(await world.trash.adoptOrphans(world.signal)).toEqual({ adoptedOrphans: 0 });
  });
});
