import { ATOMS, type DriveNode, type FeedItem, type ListingAnswer, type NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import type { MemberPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';
import { Mirror } from './testing/mirror.ts';

let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  ({ drive } = world);
});
afterAll(() => drive.close());

type Page = z.output<typeof ListingAnswer>;
const FILES = 6;

let admin: PersonPrincipal;
let reader: PersonPrincipal;
let space: Awaited<ReturnType<DriveWorld['space']>>;
/** Two folders with folders in them; the reader has the whole space. */
let tree: { first: NodeId; last: NodeId };
beforeEach(async () => {
  [admin, reader] = [await drive.person('drive_admin'), await drive.person()];
  space = await drive.space('team', { teamId: await drive.team() });
  const [first, last] = [ops.folder(space.rootId, 'a first'), ops.folder(space.rootId, 'z last')];
  const inner = [first, last].flatMap(({ nodeId }, at) =>
    Array.from({ length: FILES }, (_, index) => ops.folder(nodeId, `${at === 0 ? 'early' : 'late'} ${index}`)),
  );
  await drive.commit(admin, space.spaceId, [first, last, ...inner]);
  tree = { first: first.nodeId, last: last.nodeId };
  await give(space.rootId);
});

const give = (nodeId: NodeId) => giveAtoms(drive, { ...space, nodeId }, reader, { atoms: ATOMS });
const hide = (nodeId: NodeId) => giveAtoms(drive, { ...space, nodeId }, reader, { atoms: [] });
const query = (principal: MemberPrincipal, page?: string | null) => ({
  ...{ principal, spaceId: space.spaceId, rootId: space.rootId, page: page ?? undefined, limit: 3 },
});
const changes = (principal: MemberPrincipal, cursor: string, rootId = space.rootId) =>
  world.changes.listChanges({ principal, spaceId: space.spaceId, rootId, cursor, limit: 100 });
const brief = (item: FeedItem) =>
  item.type === 'node' ? `${item.node.name}${item.entered ? ' entered' : ''}` : `gone: ${item.gone}`;

async function readOn(from: Page): Promise<{ nodes: DriveNode[]; last: Page }> {
  let last = from;
  const nodes = [...from.nodes];
  while (last.nextPage !== null) {
    last = await world.listings.list(query(reader, last.nextPage));
    nodes.push(...last.nodes);
  }
  return { nodes, last };
}

describe('[PE-2] rights that change in the middle of a listing', () => {
  it('hide what is still to come; neither count nor revision fit any more, so that it is not taken for deleted', async () => {
    const first = await world.listings.list(query(reader));
    await hide(tree.last);
    const { nodes, last } = await readOn(first);
    expect(nodes.map((node) => node.name).filter((name) => name.startsWith('late'))).toEqual([]);
    expect(last.capsRev).not.toBe(first.capsRev);
    expect(nodes.length - 1).not.toBe(first.count);
  });

  it('show more: the listing is that of the rights it began with, or fits nothing, and the revision says so', async () => {
    await hide(tree.first);
    const before = await readOn(await world.listings.list(query(reader)));
    const first = await world.listings.list(query(reader));
    await give(tree.first);
    const { nodes, last } = await readOn(first);
    expect(last.capsRev).not.toBe(first.capsRev);
    const isAsBefore = JSON.stringify(nodes) === JSON.stringify(before.nodes);
    expect(isAsBefore || nodes.length - 1 !== first.count).toBe(true);
  });

  it('close the root: the next page is that of a stranger', async () => {
    const first = await world.listings.list(query(reader));
    await hide(space.rootId);
    await expect(world.listings.list(query(reader, first.nextPage))).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    expect((await changes(reader, first.cursor)).items.map(brief)).toEqual(['gone: revoked']);
  });

  it('[PE-4] end with the grant of a sub-team whose parent’s grant has a time', async () => {
    const parent = await drive.team();
    const member = await drive.person();
    await drive.team([member], parent);
    await giveAtoms(drive, { ...space, nodeId: space.rootId }, parent, { atoms: ATOMS, expiresAt: soon() });
    const first = await world.listings.list(query(member));
    await drive.sql(`UPDATE folder_grant SET expires_at = now() - interval '1 second' WHERE identity_id = $1`, [
      parent,
    ]);
    await expect(world.listings.list(query(member, first.nextPage))).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    expect((await changes(member, first.cursor)).items.map(brief)).toEqual(['gone: revoked']);
    await giveAtoms(drive, { ...space, nodeId: space.rootId }, parent, { atoms: ATOMS, subTeams: false });
    await expect(world.listings.list(query(member))).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
  });
});

const soon = () => new Date(Date.now() + 3_600_000);

describe('[D22] a folder that was hidden or shown after the cursor', () => {
  it('is told by the revision of rights alone; what happens in it while it is hidden is not told', async () => {
    const { cursor, capsRev } = await world.listings.list(query(reader));
    await hide(tree.last);
    await drive.commit(admin, space.spaceId, [ops.folder(tree.last, 'secret'), ops.folder(tree.first, 'told')]);
    const answer = await changes(reader, cursor);
    expect(answer.items.map(brief)).toEqual(['told']);
    expect(answer.capsRev).not.toBe(capsRev);
  });

  it('[D19] [D20] swallows what is moved into it and gives out what is moved from it, each told once', async () => {
    await hide(tree.last);
    const [seen, unseen] = [ops.folder(tree.first, 'seen'), ops.folder(tree.last, 'unseen')];
    await drive.commit(admin, space.spaceId, [seen, unseen]);
    const mirror = await new Mirror(world, { principal: reader, spaceId: space.spaceId, rootId: space.rootId }).start();
    await drive.commit(admin, space.spaceId, [
      ops.move(seen.nodeId, tree.last, 'seen'),
      ops.move(unseen.nodeId, tree.first, 'unseen'),
    ]);
    const answer = await mirror.pull(100);
    expect(answer.items.map(brief).sort()).toEqual(['gone: revoked', 'unseen entered']);
    expect(mirror.names()).toContain('unseen');
    expect(mirror.names()).not.toContain('seen');
    const digest = await world.listings.getDigest(query(reader));
    expect(mirror.digest()).toBe(digest.digest);
  });
});

describe('tokens and cursors that were made for something else', () => {
  it('of another space tell nothing, whichever of the two one may see', async () => {
    const own = await drive.owner();
    const listed = { principal: own.device, spaceId: own.spaceId, rootId: own.rootId, page: undefined, limit: 1 };
    await drive.commit(own.device, own.spaceId, [ops.folder(own.rootId, 'one'), ops.folder(own.rootId, 'two')]);
    const { nextPage, cursor } = await world.listings.list(listed);
    await expect(changes(reader, cursor)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    await expect(world.listings.list(query(reader, nextPage))).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    const ours = await world.listings.list(query(reader));
    await drive.commit(admin, space.spaceId, [ops.folder(tree.first, 'secret')]);
    // A true cursor in foreign hands: what a lost right looks like, and nothing else.
    const stranger = await world.changes.listChanges({ ...query(own.device), cursor: ours.cursor });
    expect(stranger.items.map(brief)).toEqual(['gone: revoked']);
  });

  it('of another root of the same space tell of the asked root only', async () => {
    const other = await world.listings.list({ ...query(reader), rootId: tree.last });
    await drive.commit(admin, space.spaceId, [ops.folder(tree.first, 'here'), ops.folder(tree.last, 'there')]);
    expect((await changes(reader, other.cursor, tree.first)).items.map(brief)).toEqual(['here']);
    const page = world.listings.list({ ...query(reader, other.nextPage), rootId: tree.first });
    await expect(page).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  it('of somebody who sees more tell the caller no more than the caller may see', async () => {
    await hide(tree.last);
    const { cursor, nextPage } = await world.listings.list({ ...query(admin), limit: 2 });
    await drive.commit(admin, space.spaceId, [ops.folder(tree.last, 'secret')]);
    expect((await changes(reader, cursor)).items).toEqual([]);
    for (let page = nextPage; page !== null;) {
      const answer = await world.listings.list(query(reader, page)).catch((error: { code: string }) => error.code);
      if (typeof answer === 'string') return expect(answer).toBe('CURSOR_EXPIRED');
      expect(answer.nodes.filter((node) => node.name.startsWith('late'))).toEqual([]);
      page = answer.nextPage;
    }
  });

  it('of another epoch begin anew, and forged ones are refused', async () => {
    const first = await world.listings.list(query(reader));
    await drive.sql(`UPDATE space SET epoch = gen_random_uuid() WHERE id = $1`, [space.spaceId]);
    await expect(world.listings.list(query(reader, first.nextPage))).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    const after = await changes(reader, first.cursor);
    expect([after.items, after.cursor, after.epoch === first.epoch]).toEqual([[], first.cursor, false]);
    const bytes = Buffer.from(first.cursor, 'base64url');
    for (const at of [0, 5, 20, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      await expect(changes(reader, forged.toString('base64url'))).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    }
    for (const page of ['x', '', 'eyJ9', Buffer.from('{"seq":1}').toString('base64url')]) {
      await expect(world.listings.list({ ...query(reader), page })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    }
  });
});
