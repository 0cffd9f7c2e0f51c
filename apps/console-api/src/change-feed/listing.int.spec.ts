import type { DriveNode } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';
import { Mirror } from './testing/mirror.ts';

let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  drive = world.drive;
});
afterAll(() => drive.close());

describe('listing', () => {
  it('stays as of its seq over many pages while writes go on, and the feed takes over from there', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const folders = Array.from({ length: 12 }, (_, index) => ops.folder(rootId, `f${index}`));
    const files = folders.flatMap((folder) =>
      Array.from({ length: 10 }, (_, index) => ops.file(folder.nodeId, `x${index}`, { bytes: bytesOf('') })),
    );
    await drive.commit(device, spaceId, [...folders, ...files]);
    const query = { principal: device, spaceId, rootId };
    const first = await world.listings.list({ ...query, page: undefined, limit: 9 });
    const nodes: DriveNode[] = [...first.nodes];
    for (let page = first.nextPage, round = 0; page !== null; round++) {
      const [folder, other] = [folders[11 - (round % 12)]!, folders[round % 12]!];
      await drive.commit(device, spaceId, [
        ops.move(files[round % files.length]!.nodeId, other.nodeId, `moved ${round}`),
        ops.trash(files[(round * 7 + 3) % files.length]!.nodeId),
        ops.move(folder.nodeId, rootId, `renamed ${round}`),
        ops.folder(folder.nodeId, `new ${round}`),
      ]);
      const answer = await world.listings.list({ ...query, page, limit: 9 });
      expect(answer).toMatchObject({ count: 132, digest: first.digest, seq: first.seq, cursor: first.cursor });
      nodes.push(...answer.nodes);
      page = answer.nextPage;
    }
    const mirror = new Mirror(world, query);
    for (const node of nodes) {
      expect(node.id === rootId || mirror.nodes.has(String(node.parentId))).toBe(true);
      mirror.nodes.set(node.id, node);
    }
    expect(mirror.nodes.size).toBe(133);
    expect(mirror.digest()).toBe(first.digest);
    mirror.cursor = first.cursor;
    await mirror.catchUp(50);
    expect(mirror.digest()).toBe((await world.listings.getDigest(query)).digest);
  });

  it('shows contents as of its seq, also of versions that are no head any more', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const [one, two] = [bytesOf('one'), bytesOf('twos')];
    const [a, b] = [ops.file(rootId, 'a', { bytes: one }), ops.file(rootId, 'b', { bytes: one })];
    await drive.commit(device, spaceId, [a, b], { inline: [one] });
    const query = { principal: device, spaceId, rootId };
    const first = await world.listings.list({ ...query, page: undefined, limit: 1 });
    await drive.commit(device, spaceId, [ops.put(b.nodeId, { bytes: two })], { inline: [two] });
    const second = await world.listings.list({ ...query, page: first.nextPage ?? '', limit: 1 });
    expect(second.nodes).toMatchObject([{ id: b.nodeId, size: 3, rev: 1, mtimeMs: 1000.5 }]);
    expect(second.nextPage).toBeNull();
  });

  it('leaves out the bin and everything below it', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const folder = ops.folder(rootId, 'F');
    await drive.commit(device, spaceId, [
      folder,
      ops.folder(folder.nodeId, 'below'),
      ops.folder(rootId, 'G'),
      ops.trash(folder.nodeId),
    ]);
    const answer = await world.listings.list({ principal: device, spaceId, rootId, page: undefined, limit: 10 });
    expect(answer.nodes.map((node) => node.name)).toEqual(['', 'G']);
    expect(answer.count).toBe(1);
    const hidden = world.listings.list({
      principal: device,
      spaceId,
      rootId: folder.nodeId,
      page: undefined,
      limit: 10,
    });
    await expect(hidden).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
  });

  it('asks to begin again when the epoch changed between pages', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    await drive.commit(device, spaceId, [ops.folder(rootId, 'F'), ops.folder(rootId, 'G')]);
    const query = { principal: device, spaceId, rootId, limit: 1 };
    const first = await world.listings.list({ ...query, page: undefined });
    await drive.sql(`UPDATE space SET epoch = gen_random_uuid() WHERE id = $1`, [spaceId]);
    await expect(world.listings.list({ ...query, page: first.nextPage ?? '' })).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    await expect(world.listings.list({ ...query, page: 'nonsense' })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  it('gives an empty folder the digest of nothing', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    expect(await world.listings.getDigest({ principal: device, spaceId, rootId })).toMatchObject({
      count: 0,
      digest: '0'.repeat(32),
      seq: 1,
    });
  });
});

describe('[PE-5] pages of a listing', () => {
  it('cannot be set back to what lay in a folder before it was shared', async () => {
    const owner = await drive.owner();
    const friend = await drive.person();
    const [shared, own] = [ops.folder(owner.rootId, 'Shared'), ops.folder(owner.rootId, 'Own')];
    const secret = ops.file(shared.nodeId, 'my-diagnosis.txt', { bytes: bytesOf('') });
    const old = await drive.commit(owner.person, owner.spaceId, [shared, own, secret]);
    await drive.commit(owner.person, owner.spaceId, [
      ops.move(secret.nodeId, own.nodeId, 'my-diagnosis.txt'),
      ops.folder(shared.nodeId, 'a'),
      ops.folder(shared.nodeId, 'b'),
    ]);
    await drive.grant(owner.spaceId, shared.nodeId, { user: friend.userId }, 'backer');
    const query = { principal: friend, spaceId: owner.spaceId, rootId: shared.nodeId };
    const { nextPage, epoch, count, digest } = await world.listings.list({ ...query, page: undefined, limit: 1 });
    const past = { seq: old.seq, epoch, count, digest, order: 'branch', folderId: shared.nodeId, afterName: '' };
    const forged = Buffer.from(JSON.stringify(past)).toString('base64url');
    const flipped = Buffer.from(String(nextPage), 'base64url');
    flipped[40] = (flipped[40] ?? 0) ^ 1;
    for (const page of [forged, flipped.toString('base64url')]) {
      await expect(world.listings.list({ ...query, page, limit: 100 })).rejects.toMatchObject({
        code: 'CURSOR_EXPIRED',
      });
    }
    const rest = await world.listings.list({ ...query, page: nextPage ?? '', limit: 100 });
    expect(rest.nodes.map((node) => node.name)).toEqual(['b']);
  });

  it('are for whom they were made, of any device', async () => {
    const { person, device, spaceId, rootId } = await drive.owner();
    const friend = await drive.person();
    await drive.commit(device, spaceId, [ops.folder(rootId, 'a'), ops.folder(rootId, 'b')]);
    await drive.grant(spaceId, rootId, { user: friend.userId }, 'backer');
    const query = { spaceId, rootId, limit: 1 };
    const { nextPage } = await world.listings.list({ ...query, principal: device, page: undefined });
    const page = nextPage ?? '';
    await expect(world.listings.list({ ...query, principal: friend, page })).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    expect((await world.listings.list({ ...query, principal: person, page })).nodes).toHaveLength(1);
  });
});
