import type { FeedItem, NodeId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { dice } from '../testing/dice.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';
import { Mirror } from './testing/mirror.ts';

let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  drive = world.drive;
});
afterAll(() => drive.close());

const brief = (item: FeedItem) =>
  item.type === 'node' ? `${item.node.name}${item.entered ? ' entered' : ''}` : `gone: ${item.gone}`;

async function cursorOf(principal: MemberPrincipal, spaceId: SpaceId, rootId: NodeId): Promise<string> {
  return (await world.listings.list({ principal, spaceId, rootId, page: undefined, limit: 100 })).cursor;
}

function read(principal: MemberPrincipal, spaceId: SpaceId, query: { rootId: NodeId; cursor: string; limit?: number }) {
  return world.changes.listChanges({ principal, spaceId, limit: 1000, ...query });
}

describe('cursors', () => {
  it('refuses a cursor that this server did not make for this space', async () => {
    const ann = await drive.owner();
    const bob = await drive.owner();
    const foreign = await cursorOf(bob.device, bob.spaceId, bob.rootId);
    for (const cursor of ['', 'x', foreign, `${foreign}a`]) {
      await expect(read(ann.device, ann.spaceId, { rootId: ann.rootId, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    }
  });

  it('[PE-5] tells a stranger nothing of a personal space, whatever the cursor', async () => {
    const ann = await drive.owner();
    const eve = await drive.person('super_admin');
    const own = { principal: eve, spaceId: ann.spaceId, rootId: ann.rootId };
    await expect(read(eve, ann.spaceId, { rootId: ann.rootId, cursor: 'x' })).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    await expect(world.listings.list({ ...own, page: undefined, limit: 10 })).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    await expect(world.listings.getDigest(own)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    expect((await world.scopes.getCaps(own)).boundaries).toEqual([
      { nodeId: ann.rootId, atoms: [], syncRight: 'none' },
    ]);
  });

  it('tells nothing when nothing happened, and the same again for a repeated cursor', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const cursor = await cursorOf(device, spaceId, rootId);
    expect(await read(device, spaceId, { rootId, cursor })).toMatchObject({ items: [], cursor, more: false });
    await drive.commit(device, spaceId, [ops.folder(rootId, 'F')]);
    const first = await read(device, spaceId, { rootId, cursor });
    expect(await read(device, spaceId, { rootId, cursor })).toEqual(first);
    expect(first.items.map(brief)).toEqual(['F']);
  });

  it('[D23] notices a database that is older than the cursor and starts a new epoch', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const old = await cursorOf(device, spaceId, rootId);
    await drive.commit(device, spaceId, [ops.folder(rootId, 'lost 1'), ops.folder(rootId, 'lost 2')]);
    const newest = await read(device, spaceId, { rootId, cursor: old });
    await drive.sql(`DELETE FROM node_history WHERE space_id = $1 AND from_seq > 1`, [spaceId]);
    await drive.sql(`DELETE FROM node WHERE space_id = $1 AND seq > 1`, [spaceId]);
    await drive.sql(`DELETE FROM commit_token WHERE space_id = $1 AND seq > 1`, [spaceId]);
    await drive.sql(`UPDATE space SET seq = 1 WHERE id = $1`, [spaceId]);
    await drive.commit(device, spaceId, [ops.folder(rootId, 'a'), ops.folder(rootId, 'b'), ops.folder(rootId, 'c')]);
    const after = await read(device, spaceId, { rootId, cursor: newest.cursor });
    expect(after.epoch).not.toBe(newest.epoch);
    expect(after).toMatchObject({ items: [], cursor: newest.cursor, more: false });
    expect((await read(device, spaceId, { rootId, cursor: newest.cursor })).epoch).toBe(after.epoch);
    expect((await read(device, spaceId, { rootId, cursor: old })).epoch).toBe(after.epoch);
    const fresh = await new Mirror(world, { principal: device, spaceId, rootId }).start();
    expect(fresh.names()).toEqual(['a', 'b', 'c']);
  });

  it('[D08] never skips the change of a transaction that commits late', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const cursor = await cursorOf(device, spaceId, rootId);
    const batch = (name: string) => ({
      principal: device,
      spaceId,
      request: { atomic: false, origin: 'sync' as const, ops: [ops.folder(rootId, name)], inline: [] },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
    const slow = drive.database.dataSource.createQueryRunner();
    await slow.startTransaction();
    const early = await drive.commits.commitIn(slow.manager, batch('early'));
    let lateIsDone = false;
    const late = drive.commits.commit(batch('late')).finally(() => (lateIsDone = true));
    const between = await read(device, spaceId, { rootId, cursor });
    expect(between).toMatchObject({ items: [], cursor });
    expect(lateIsDone).toBe(false);
    await slow.commitTransaction();
    await slow.release();
    expect((await late).seq).toBe(early.seq + 1);
    const all = await read(device, spaceId, { rootId, cursor: between.cursor });
    expect(all.items.map(brief)).toEqual(['early', 'late']);
  });
});

describe('what the feed says about a sync root', () => {
  async function rooted() {
    const owner = await drive.owner();
    const [root, outside] = [ops.folder(owner.rootId, 'root'), ops.folder(owner.rootId, 'outside')];
    await drive.commit(owner.device, owner.spaceId, [root, outside]);
    const commit = (...batch: Parameters<typeof drive.commit>[2]) => drive.commit(owner.device, owner.spaceId, batch);
    const changes = (cursor: string, limit?: number) =>
      read(owner.device, owner.spaceId, { rootId: root.nodeId, cursor, ...(limit ? { limit } : {}) });
    const cursor = () => cursorOf(owner.device, owner.spaceId, root.nodeId);
    return { ...owner, root: root.nodeId, outside: outside.nodeId, top: owner.rootId, commit, changes, cursor };
  }

  it('is silent about what happens elsewhere in the space', async () => {
    const { outside, commit, changes, cursor } = await rooted();
    const from = await cursor();
    const folder = ops.folder(outside, 'F');
    await commit(
      folder,
      ops.folder(folder.nodeId, 'G'),
      ops.move(folder.nodeId, outside, 'H'),
      ops.trash(folder.nodeId),
    );
    expect((await changes(from)).items).toEqual([]);
  });

  it('[D19] says `left` for a folder moved out, and nothing of what is below it', async () => {
    const { root, outside, commit, changes, cursor } = await rooted();
    const folder = ops.folder(root, 'd');
    const inner = ops.folder(folder.nodeId, 'inner');
    await commit(folder, inner);
    const from = await cursor();
    await commit(ops.folder(inner.nodeId, 'late'), ops.move(folder.nodeId, outside, 'd'));
    const { items } = await changes(from);
    expect(items).toEqual([{ type: 'gone', id: folder.nodeId, gone: 'left', rev: 2 }]);
  });

  it('[D20] says `entered` for a folder moved in and for one restored', async () => {
    const { root, outside, commit, changes, cursor } = await rooted();
    const [moved, restored] = [ops.folder(outside, 'moved'), ops.folder(root, 'restored')];
    await commit(moved, ops.folder(moved.nodeId, 'below'), restored, ops.trash(restored.nodeId));
    const from = await cursor();
    await commit(ops.move(moved.nodeId, root, 'moved'), ops.restore(restored.nodeId), ops.folder(root, 'new'));
    expect((await changes(from)).items.map(brief)).toEqual(['moved entered', 'restored entered', 'new']);
  });

  it('says `trashed` for what was trashed, and nothing of what is below it', async () => {
    const { root, commit, changes, cursor } = await rooted();
    const folder = ops.folder(root, 'F');
    await commit(folder, ops.folder(folder.nodeId, 'below'));
    const from = await cursor();
    await commit(ops.trash(folder.nodeId));
    expect((await changes(from)).items.map(brief)).toEqual(['gone: trashed']);
  });

  it('tells a parent before its children, although the parent changed after them', async () => {
    const { root, commit, changes, cursor } = await rooted();
    const from = await cursor();
    const [parent, child] = [ops.folder(root, 'parent'), ops.folder(root, 'child')];
    await commit(
      child,
      parent,
      ops.move(child.nodeId, parent.nodeId, 'child'),
      ops.move(parent.nodeId, root, 'renamed'),
    );
    expect((await changes(from, 1)).items.map(brief)).toEqual(['renamed', 'child entered']);
    expect((await changes(from)).items.map(brief)).toEqual(['renamed', 'child entered']);
  });

  it('puts what left a folder before the folder that goes', async () => {
    const { root, commit, changes, cursor } = await rooted();
    const folder = ops.folder(root, 'F');
    const saved = ops.folder(folder.nodeId, 'saved');
    await commit(folder, saved, ops.folder(saved.nodeId, 'deep'));
    const from = await cursor();
    await commit(ops.move(saved.nodeId, root, 'saved'), ops.trash(folder.nodeId), ops.move(saved.nodeId, root, 'kept'));
    expect((await changes(from, 2)).items.map(brief)).toEqual(['kept entered', 'gone: trashed']);
  });

  it('says that the root itself is in the bin, stands still, and goes on when it is back', async () => {
    const { root, commit, changes, cursor } = await rooted();
    const from = await cursor();
    await commit(ops.folder(root, 'before'), ops.trash(root));
    const gone = await changes(from);
    expect(gone).toMatchObject({ items: [{ type: 'gone', id: root, gone: 'trashed' }], cursor: from, more: false });
    await commit(ops.restore(root));
    expect((await changes(gone.cursor)).items.map(brief)).toEqual(['before', 'root']);
  });

  it('[D22] says `revoked` when the right goes, stands still, and goes on when it is back', async () => {
    const admin = await drive.person('drive_admin');
    const person = await drive.person();
    const space = await drive.space('team', { teamId: await drive.team() });
    const folder = ops.folder(space.rootId, 'F');
    await drive.commit(admin, space.spaceId, [folder]);
    await drive.grant(space.spaceId, folder.nodeId, { user: person.userId }, 'synchronizer');
    const cursor = await cursorOf(person, space.spaceId, folder.nodeId);
    await drive.grant(space.spaceId, folder.nodeId, { user: person.userId }, 'none');
    await drive.commit(admin, space.spaceId, [ops.folder(folder.nodeId, 'meanwhile')]);
    const revoked = await read(person, space.spaceId, { rootId: folder.nodeId, cursor });
    expect(revoked).toMatchObject({
      items: [{ type: 'gone', id: folder.nodeId, gone: 'revoked' }],
      cursor,
      more: false,
    });
    await drive.grant(space.spaceId, folder.nodeId, { user: person.userId }, 'synchronizer');
    expect((await read(person, space.spaceId, { rootId: folder.nodeId, cursor })).items.map(brief)).toEqual([
      'meanwhile',
    ]);
  });

  it('keeps a closed subfolder out of feed, listing and digest', async () => {
    const admin = await drive.person('drive_admin');
    const person = await drive.person();
    const space = await drive.space('team', { teamId: await drive.team() });
    const [open, closed] = [ops.folder(space.rootId, 'open'), ops.folder(space.rootId, 'closed')];
    await drive.commit(admin, space.spaceId, [open, closed, ops.folder(closed.nodeId, 'secret 1')]);
    await drive.grant(space.spaceId, space.rootId, { user: person.userId }, 'synchronizer');
    await drive.grant(space.spaceId, closed.nodeId, { user: person.userId }, 'none');
    const mirror = await new Mirror(world, { principal: person, spaceId: space.spaceId, rootId: space.rootId }).start();
    expect(mirror.names()).toEqual(['open']);
    await drive.commit(admin, space.spaceId, [ops.folder(closed.nodeId, 'secret 2'), ops.folder(open.nodeId, 'told')]);
    await mirror.catchUp(10);
    expect(mirror.names()).toEqual(['open', 'told']);
    const digest = await world.listings.getDigest({ principal: person, spaceId: space.spaceId, rootId: space.rootId });
    expect(digest).toMatchObject({ count: 2, digest: mirror.digest() });
  });
});

describe('any story', () => {
  const seeds = process.env['FEED_SEEDS']
    ? Array.from({ length: Number(process.env['FEED_SEEDS']) }, (_, n) => n + 1)
    : [1, 2, 3, 4, 5];
  it.each(seeds)(
    '[I2] leaves every reader with the tree of the server (seed %d)',
    async (seed) => {
      const roll = dice(seed);
      const { device, spaceId, rootId } = await drive.owner();
      const folders: NodeId[] = [rootId];
      const nodes: NodeId[] = [];
      const pick = (list: readonly NodeId[]) => list[roll(list.length)] ?? rootId;
      const step = () => {
        const name = `n${roll(12)}`;
        const op = [
          () => ops.folder(pick(folders), name),
          () => ops.file(pick(folders), name, { bytes: bytesOf('') }),
          () => ops.move(pick(nodes), pick(folders), name),
          () => ops.move(pick(nodes), pick(folders), name),
          () => ops.trash(pick(nodes)),
          () => ops.restore(pick(nodes)),
          () => ops.meta(pick(nodes), roll(2) === 0),
        ][roll(7)]!();
        if (op.kind === 'createFolder') folders.push(op.nodeId);
        if (op.kind === 'createFolder' || op.kind === 'createFile') nodes.push(op.nodeId);
        return op;
      };
      const grow = () => drive.commit(device, spaceId, Array.from({ length: 1 + roll(6) }, step));
      const first = [ops.folder(rootId, 'r1'), ops.folder(rootId, 'r2')];
      await drive.commit(device, spaceId, first);
      const roots = [rootId, ...first.map((op) => op.nodeId)];
      folders.push(...roots.slice(1));
      const mirrors = await Promise.all(
        roots.map((root) => new Mirror(world, { principal: device, spaceId, rootId: root }).start()),
      );
      for (let round = 0; round < 40; round++) {
        await grow();
        const mirror = mirrors[roll(mirrors.length)]!;
        if (roll(3) > 0) await mirror.pull(1 + roll(5)); // one small page, with more commits before the next
      }
      for (const [index, root] of roots.entries()) {
        await mirrors[index]!.catchUp(1 + roll(5));
        const truth = await world.listings
          .getDigest({ principal: device, spaceId, rootId: root })
          .catch(() => undefined);
        if (truth)
          expect({ root: index, digest: mirrors[index]!.digest() }).toEqual({ root: index, digest: truth.digest });
      }
    },
    180_000,
  );
});
