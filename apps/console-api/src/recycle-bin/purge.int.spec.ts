import { MAX_BIN_NODES, type AppError, type ContentId, type NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { Mirror } from '../change-feed/testing/mirror.ts';
import { bytesOf, chunkOf, collect, newId, ops } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import { plantFiles } from '../drive/testing/plant-files.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { ZipWalk } from '../files/zip-walk.ts';
import { endsAfter } from '../testing/ends-after.ts';
import { markPurged } from './purge.store.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
let feed: FeedWorld;
let world: RetentionWorld;
beforeAll(async () => {
  feed = await openFeedWorld();
  world = new RetentionWorld(feed.drive);
  world.clock.advance(60_000); // later than what the tests trash
});
afterAll(() => world.close());

async function counted(spaceId: string): Promise<Record<string, number>> {
  const [row] = await world.drive.sql<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM node WHERE space_id = $1) AS nodes,
            (SELECT count(*)::int FROM version WHERE space_id = $1) AS versions,
            (SELECT count(*)::int FROM version WHERE space_id = $1 AND released_at IS NULL) AS listed,
            (SELECT count(*)::int FROM node_history WHERE space_id = $1 AND to_seq IS NULL) AS open`,
    [spaceId],
  );
  return row ?? {};
}

describe('[VE-2] purging', () => {
  it('takes a node out of the bin for good, with all below it, and frees its room at once', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'd');
    const inner = ops.folder(folder.nodeId, 'e');
    const bytes = bytesOf('12345');
    const file = ops.file(inner.nodeId, 'f', { bytes });
    await world.drive.commit(person, spaceId, [folder, inner, file], { inline: [bytes] });
    await world.drive.commit(person, spaceId, [ops.put(file.nodeId, { bytes: bytesOf('') }), ops.trash(folder.nodeId)]);
    expect(await world.usedBytes(spaceId)).toBe(5);
    expect(await world.purges.purge(person, spaceId, [folder.nodeId])).toEqual({
      items: [{ status: 'purged', nodeId: folder.nodeId }],
      pending: false,
    });
    expect(await world.usedBytes(spaceId)).toBe(0);
    expect(await counted(spaceId)).toMatchObject({ nodes: 1, listed: 0 });
    expect((await world.bin.list(person, spaceId, { limit: 5 })).nodes).toEqual([]);
    const after = [ops.restore(folder.nodeId), ops.move(file.nodeId, rootId, 'f')];
    const { outcomes } = await world.drive.commit(person, spaceId, after);
    expect(outcomes.map((each) => each.status === 'refused' && each.code)).toEqual(['NODE_UNKNOWN', 'NODE_UNKNOWN']);
  });

  it('[VE-4] leaves a version that history needs until that is over, without counting it', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const bytes = bytesOf('needed');
    const file = ops.file(rootId, 'f', { bytes });
    await world.drive.commit(person, spaceId, [file, ops.trash(file.nodeId)], { inline: [bytes] });
    await world.purges.purge(person, spaceId, [file.nodeId]);
    await world.prunes.sweep(world.signal);
    expect(await counted(spaceId)).toMatchObject({ versions: 1, listed: 0 });
    await world.drive.sql(`DELETE FROM node_history WHERE node_id = $1 AND to_seq IS NOT NULL`, [file.nodeId]);
    await world.prunes.sweep(world.signal);
    expect(await counted(spaceId)).toMatchObject({ versions: 0 });
  });

  it('is told by the feed, and leaves every earlier state as it was', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { changes, listings } = feed;
    const folder = ops.folder(rootId, 'd');
    const files = ['x', 'y', 'z'].map((name) => ops.file(folder.nodeId, name, { bytes: bytesOf('') }));
    await world.drive.commit(person, spaceId, [folder, ops.folder(rootId, 'other'), ...files]);
    const of = { principal: person as MemberPrincipal, spaceId, rootId };
    const first = await listings.list({ ...of, page: undefined, limit: 1 });
    const names: string[] = first.nodes.map((node) => node.name);
    await world.drive.commit(person, spaceId, [ops.trash(folder.nodeId)]);
    await world.purges.purge(person, spaceId, [folder.nodeId]);
    for (let page = first.nextPage; page !== null;) {
      const answer = await listings.list({ ...of, page, limit: 1 });
      names.push(...answer.nodes.map((node) => node.name));
      page = answer.nextPage;
    }
    expect(names.sort()).toEqual(['', 'd', 'other', 'x', 'y', 'z']);
    const page = await changes.listChanges({ ...of, cursor: first.cursor, limit: 50 });
    expect(page.items).toMatchObject([{ type: 'gone', id: folder.nodeId, gone: 'purged' }]);
    const mirror = await new Mirror({ changes, listings }, of).start();
    expect(mirror.names()).toEqual(['other']);
    expect(mirror.digest()).toBe((await listings.getDigest(of)).digest);
  });

  it('spares what was trashed out of the folder by itself', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [top, mid] = [ops.folder(rootId, 'top'), newId<NodeId>()];
    const [own, gone] = ['own', 'gone'].map((name) => ops.file(mid, name, { bytes: bytesOf(name) }));
    await world.drive.commit(person, spaceId, [top, ops.folder(top.nodeId, 'mid', mid), own!, gone!], {
      inline: [bytesOf('own'), bytesOf('gone')],
    });
    await world.drive.commit(person, spaceId, [ops.trash(own!.nodeId), ops.trash(top.nodeId)]);
    await world.purges.purge(person, spaceId, [top.nodeId]);
    expect((await world.bin.list(person, spaceId, { limit: 5 })).nodes).toMatchObject([
      { id: own!.nodeId, parentId: rootId, place: ['top', 'mid'] },
    ]);
    expect(await world.usedBytes(spaceId)).toBe(3);
  });

  it('goes on after a stop at any slice, and nothing below can be saved from it meanwhile', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'big');
    const inner = ops.folder(folder.nodeId, 'inner');
    await world.drive.commit(person, spaceId, [folder, inner]);
    await plantFiles(world.drive, { spaceId, folderId: inner.nodeId }, 12_000);
    await world.drive.commit(person, spaceId, [ops.trash(folder.nodeId)]);
    const { pending } = await world.purges.purge(person, spaceId, [folder.nodeId]);
    expect(pending).toBe(true);
    const left = await counted(spaceId);
    expect(left['nodes']).toBeGreaterThan(100);
    expect(await world.usedBytes(spaceId)).toBeGreaterThan(0);
    expect(await world.drive.one(person, spaceId, ops.move(inner.nodeId, rootId, 'saved'))).toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    expect((await world.bin.list(person, spaceId, { limit: 5 })).nodes).toEqual([]);
    await world.purges.clearAll(world.signal);
    expect(await counted(spaceId)).toMatchObject({ nodes: 1, listed: 0, versions: 12_000 });
    expect(await world.usedBytes(spaceId)).toBe(0);
  });

  it('[PE-2] hides all below at once, however many slices come before it is removed: its bytes, versions and names', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { contents, browse, access } = world.drive;
    const [folder, bytes] = [ops.folder(rootId, 'big'), bytesOf('given up')];
    const inner = ops.folder(folder.nodeId, 'inner');
    const [file, own] = [ops.file(inner.nodeId, 'f', { bytes }), ops.file(inner.nodeId, 'own', { bytes })];
    const [contentId, asked] = [chunkOf(bytes).hash as string as ContentId, { nodeId: file.nodeId }];
    await world.drive.commit(person, spaceId, [folder, inner, file, own], { inline: [bytes] });
    await world.drive.commit(person, spaceId, [ops.put(file.nodeId, { bytes: bytesOf('') })]);
    const { versions } = await world.versions.list(person, file.nodeId);
    const which = { ...asked, versionId: versions[1]!.id };
    const walk = new ZipWalk(world.drive.database.dataSource, access, contents);
    const archive = walk.walk(person, await walk.requireTops(person, [folder.nodeId]));
    const tops = archive[Symbol.asyncIterator]();
    expect((await tops.next()).value).toMatchObject({ path: 'big' });
    const trashes = [ops.trash(own.nodeId), ops.trash(folder.nodeId)];
    const { seq } = await world.drive.commit(person, spaceId, trashes);
    const { manager } = world.drive.database.dataSource;
    const key = { enterpriseId: world.drive.enterpriseId, spaceId };
    await inTransaction(manager.connection, (locked) => markPurged(locked, key, { nodeIds: [folder.nodeId], seq }));
    const reads: Record<string, () => Promise<unknown>> = {
      head: () => contents.getContent(person, file.nodeId, undefined),
      version: () => contents.getContent(person, file.nodeId, which.versionId),
      preview: () => contents.getPreview(person, file.nodeId, undefined),
      archive: () => walk.requireTops(person, [file.nodeId]),
      node: () => browse.getNode(person, file.nodeId),
      children: () => browse.listFolder(person, inner.nodeId, { limit: 5 }),
      versions: () => world.versions.list(person, file.nodeId),
      restored: () => world.versions.restore(person, which, undefined),
      described: () => world.versions.update(person, which, { description: 'mine' }),
      copied: () => world.copy(person, file.nodeId, { parentId: rootId }),
    };
    const told: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(reads)) {
      told[name] = await read().then(
        () => 'something',
        (error: AppError) => error.code,
      );
    }
    expect(told).toEqual(Object.fromEntries(Object.keys(reads).map((name) => [name, 'NODE_UNKNOWN'])));
    expect(await contents.listContents(person, [file.nodeId])).toEqual(new Map());
    expect(await world.versions.listKept(person, spaceId, [{ ...asked, contentId }])).toEqual([]);
    const bundle = await collect((await contents.openBundle(person, [{ ...asked, contentId }])).bytes);
    expect(bundle.toString()).toContain('NODE_UNKNOWN');
    expect(await browse.findFolderPath(person, inner.nodeId)).toBeUndefined();
    const rest: unknown[] = [];
    for (let next = await tops.next(); !next.done; next = await tops.next()) rest.push(next.value);
    expect(rest).toEqual([]);
    expect(await contents.getContent(person, own.nodeId, undefined)).toMatchObject({ contentId }); // an entry of its own
    await world.purges.clearAll(world.signal);
    expect(await contents.getContent(person, own.nodeId, undefined)).toMatchObject({ contentId });
  });

  it('is worked off a slice of each space in turn, so that a large one holds up nobody', async () => {
    const spaces = [await world.drive.owner(), await world.drive.owner()];
    for (const { spaceId, rootId, person } of spaces) {
      const folder = ops.folder(rootId, 'big');
      await world.drive.commit(person, spaceId, [folder]);
      await plantFiles(world.drive, { spaceId, folderId: folder.nodeId }, 400);
      const { seq } = await world.drive.commit(person, spaceId, [ops.trash(folder.nodeId)]);
      const { manager } = world.drive.database.dataSource;
      await markPurged(manager, { enterpriseId: world.drive.enterpriseId, spaceId }, { nodeIds: [folder.nodeId], seq });
    }
    const left = async () => Promise.all(spaces.map(async ({ spaceId }) => (await counted(spaceId))['nodes'] ?? 0));
    const before = await left();
    await world.purges.clearAll(endsAfter(6));
    const [one = 0, other = 0] = (await left()).map((nodes, at) => (before[at] ?? 0) - nodes);
    expect([one > 0, one === other]).toEqual([true, true]);
    await world.purges.clearAll(world.signal);
    expect(await left()).toEqual([1, 1]);
  });

  it('is for people, not for devices', async () => {
    const { person, device, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'd');
    await world.drive.commit(person, spaceId, [folder, ops.trash(folder.nodeId)]);
    await expect(world.purges.purge(device, spaceId, [folder.nodeId])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(world.purges.empty(device, spaceId, undefined)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('[VE-2] emptying the bin', () => {
  it('takes all of it, more than one slice, and nothing that is trashed later than told', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folders = Array.from({ length: MAX_BIN_NODES + 20 }, (_, at) => ops.folder(rootId, `d${at}`));
    for (let at = 0; at < folders.length; at += 500) {
      await world.drive.commit(person, spaceId, folders.slice(at, at + 500));
      await world.drive.commit(
        person,
        spaceId,
        folders.slice(at, at + 500).map((folder) => ops.trash(folder.nodeId)),
      );
    }
    const past = new Date(world.clock.now().getTime() - DAY_MS).toISOString();
    expect(await world.purges.empty(person, spaceId, past)).toMatchObject({ purged: 0 });
    expect(await world.purges.empty(person, spaceId, undefined)).toEqual({
      purged: folders.length,
      kept: 0,
      pending: false,
      more: false,
    });
    expect(await counted(spaceId)).toMatchObject({ nodes: 1 });
    const marked = await world.drive.sql<{ nodes: number }>(
      `SELECT count(*)::int AS nodes FROM node_history WHERE space_id = $1 AND gone = 'purged' GROUP BY at`,
      [spaceId],
    );
    expect(Math.max(...marked.map(({ nodes }) => nodes))).toBeLessThanOrEqual(80); // under one lock of the space
  });
});

describe('[VE-2] expiry', () => {
  it.each(['before the folder', 'in the bin'])(
    '[PE-6] waits with a closed folder for what was trashed inside it %s, and opens that to nobody',
    async (when) => {
      const here = await RetentionWorld.open();
      try {
        const { drive } = here;
        const [admin, member] = [await drive.person('drive_admin'), await drive.person()];
        const space = await drive.space('team', { teamId: await drive.team([member]) });
        const bytes = bytesOf('salaries');
        const [closed, plain] = [ops.folder(space.rootId, 'closed'), ops.folder(space.rootId, 'plain')];
        const file = ops.file(closed.nodeId, 'file', { bytes });
        const inPlain = ops.file(plain.nodeId, 'in plain', { bytes });
        await drive.commit(admin, space.spaceId, [closed, plain, file, inPlain], { inline: [bytes] });
        await giveAtoms(drive, { ...space, nodeId: closed.nodeId }, member, { atoms: [] });
        const order = when === 'in the bin' ? [closed, file] : [file, closed];
        for (const { nodeId } of [...order, inPlain, plain]) {
          const { outcomes } = await drive.commit(admin, space.spaceId, [ops.trash(nodeId)]);
          expect(outcomes).toMatchObject([{ status: 'done' }]);
        }
        const folders = [closed.nodeId, plain.nodeId];
        await drive.sql(`UPDATE node SET trashed_at = now() - interval '91 days' WHERE id = ANY($1)`, [folders]);
        const shown = async (who: MemberPrincipal) =>
          (await here.bin.list(who, space.spaceId, { limit: 10 })).nodes.map(({ name }) => name).sort();
        expect(await here.purges.expire(here.signal)).toMatchObject({ expired: 1 });
        expect(await shown(member)).toEqual(['in plain']);
        expect(await shown(admin)).toEqual(['closed', 'file', 'in plain']);
        await expect(drive.contents.getContent(member, file.nodeId, undefined)).rejects.toMatchObject({
          code: 'NODE_UNKNOWN',
        });
        expect(await drive.contents.getContent(admin, file.nodeId, undefined)).toMatchObject({ size: bytes.length });
        here.clock.advance(91 * DAY_MS);
        expect(await here.purges.expire(here.signal)).toMatchObject({ expired: 3 });
        expect([await shown(member), await shown(admin)]).toEqual([[], []]);
      } finally {
        await here.close();
      }
    },
  );

  it('takes what has been in the bin for longer than the enterprise keeps it', async () => {
    const here = await RetentionWorld.open();
    try {
      const { person, spaceId, rootId } = await here.drive.owner();
      const [old, young] = [ops.folder(rootId, 'old'), ops.folder(rootId, 'young')];
      await here.drive.commit(person, spaceId, [old, young, ops.trash(old.nodeId), ops.trash(young.nodeId)]);
      await here.drive.sql(`UPDATE node SET trashed_at = trashed_at - interval '10 days' WHERE id = $1`, [old.nodeId]);
      await here.purges.expire(here.signal);
      expect((await here.bin.list(person, spaceId, { limit: 5 })).total).toBe(2);
      here.clock.advance(81 * DAY_MS);
      expect(await here.purges.expire(here.signal)).toMatchObject({ expired: 1 });
      expect((await here.bin.list(person, spaceId, { limit: 5 })).nodes).toMatchObject([{ name: 'young' }]);
      await here.policies.set(here.drive.enterpriseId, { keepVersions: 5, keepDays: 5, mergeSaves: false, binDays: 7 });
      expect(await here.purges.expire(here.signal)).toMatchObject({ expired: 1 });
      expect((await here.bin.list(person, spaceId, { limit: 5 })).nodes).toEqual([]);
    } finally {
      await here.close();
    }
  });
});
