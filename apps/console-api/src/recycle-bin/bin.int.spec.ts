import type { NodeId, RestoreItem } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, collect, newId, ops } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
});
afterAll(() => world.close());

const names = (nodes: readonly { name: string }[]) => nodes.map((node) => node.name);

/** Where a node is: the names from the root down. */
async function pathOf(id: NodeId): Promise<string[]> {
  const rows = await world.drive.sql<{ name: string; trashed: boolean }>(
    `WITH RECURSIVE up AS (SELECT id, parent_id, name, trashed_at, 0 AS d FROM node WHERE id = $1
       UNION ALL SELECT p.id, p.parent_id, p.name, p.trashed_at, d + 1 FROM up JOIN node p ON p.id = up.parent_id)
     SELECT name, trashed_at IS NOT NULL AS trashed FROM up WHERE parent_id IS NOT NULL ORDER BY d DESC`,
    [id],
  );
  return rows.map((row) => (row.trashed ? `(${row.name})` : row.name));
}

async function restored(principal: MemberPrincipal, spaceId: never, ...ids: NodeId[]) {
  const items = await world.bin.restore(principal, spaceId, ids);
  return items.map((item: RestoreItem) => (item.status === 'restored' ? item : fail(item.code)));
}
function fail(code: string): never {
  throw new Error(code);
}

describe('[VE-2] the recycle bin', () => {
  it('is shown newest first, page by page, without what is below trashed folders, with who, when and from where', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folders = ['a', 'b', 'c'].map((name) => ops.folder(rootId, name));
    const below = ops.folder(folders[0]!.nodeId, 'below');
    await world.drive.commit(person, spaceId, [...folders, below, ops.folder(below.nodeId, 'deep')]);
    await world.drive.commit(person, spaceId, [ops.trash(below.nodeId)]);
    for (const folder of folders) await world.drive.commit(person, spaceId, [ops.trash(folder.nodeId)]);
    const first = await world.bin.list(person, spaceId, { limit: 3 });
    const rest = await world.bin.list(person, spaceId, { limit: 3, after: first.next ?? '' });
    const all = [...first.nodes, ...rest.nodes];
    expect(names(all).sort()).toEqual(['a', 'b', 'below', 'c']);
    expect([first.total, rest.next]).toEqual([4, null]);
    expect(all.find((node) => node.name === 'below')).toMatchObject({
      trashedBy: { userId: person.userId, name: 'Someone' },
      place: ['a'],
    });
    await expect(world.bin.list(await world.drive.person(), spaceId, { limit: 2 })).rejects.toMatchObject({
      code: 'SPACE_UNKNOWN',
    });
  });

  it('is filtered by name, by whom and when, and its pages stay stable while things are added', async () => {
    const team = await world.drive.space('team', { teamId: await world.drive.team(), name: 'Bin' });
    const [ann, ben] = [await world.drive.person('drive_admin'), await world.drive.person('drive_admin')];
    const mine = ['Report 1.docx', 'report 2.docx', 'photo.jpg'].map((name) => ops.folder(team.rootId, name));
    const other = ops.folder(team.rootId, 'REPORT of Ben');
    await world.drive.commit(ann, team.spaceId, [...mine, other]);
    for (const each of mine) await world.drive.commit(ann, team.spaceId, [ops.trash(each.nodeId)]);
    await world.drive.commit(ben, team.spaceId, [ops.trash(other.nodeId)]);
    const list = async (filter: object) =>
      names((await world.bin.list(ann, team.spaceId, { limit: 10, ...filter })).nodes).sort();
    expect(await list({ name: 'report' })).toEqual(['REPORT of Ben', 'Report 1.docx', 'report 2.docx']);
    expect(await list({ name: 'report', by: ben.userId })).toEqual(['REPORT of Ben']);
    expect(await list({ name: '%' })).toEqual([]);
    const { nodes } = await world.bin.list(ann, team.spaceId, { limit: 10 });
    const [newest] = nodes;
    expect(await list({ from: newest?.trashedAt })).toContain('REPORT of Ben');
    expect(await list({ until: nodes.at(-1)?.trashedAt })).toEqual([]);
    const page = await world.bin.list(ann, team.spaceId, { limit: 2 });
    const late = ops.folder(team.rootId, 'late');
    await world.drive.commit(ann, team.spaceId, [late, ops.trash(late.nodeId)]);
    const next = await world.bin.list(ann, team.spaceId, { limit: 2, after: page.next ?? '' });
    expect([...names(page.nodes), ...names(next.nodes)].sort()).toEqual(names(nodes).sort());
  });
});

describe('[VE-2] restoring', () => {
  it('brings the same node back to its place, with its bytes and all versions', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [one, two] = [bytesOf('one'), bytesOf('two')];
    const file = ops.file(rootId, 'f', { bytes: one });
    await world.drive.commit(person, spaceId, [file], { inline: [one] });
    await world.drive.commit(person, spaceId, [ops.put(file.nodeId, { bytes: two }), ops.trash(file.nodeId)], {
      inline: [two],
    });
    const [item] = await restored(person, spaceId as never, file.nodeId);
    expect(item).toMatchObject({
      renamedFrom: null,
      recreated: [],
      node: { id: file.nodeId, name: 'f', trashedAt: null },
    });
    const content = await world.drive.contents.getContent(person, file.nodeId, undefined);
    expect(String(await collect(world.drive.contents.read(person, content, { start: 0, end: 3 })))).toBe('two');
    expect((await world.versions.list(person, file.nodeId)).versions).toHaveLength(2);
  });

  it('makes folders again that wait in the bin, and uses them when they are there again', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const top = ops.folder(rootId, 'top');
    const mid = ops.folder(top.nodeId, 'mid');
    const files = ['x', 'y'].map((name) => ops.file(mid.nodeId, name, { bytes: bytesOf('') }));
    await world.drive.commit(person, spaceId, [top, mid, ...files]);
    const trashes = [...files, top].map((each) => ops.trash(each.nodeId));
    await world.drive.commit(person, spaceId, trashes);
    const [x] = await restored(person, spaceId as never, files[0]!.nodeId);
    expect(await pathOf(files[0]!.nodeId)).toEqual(['top', 'mid', 'x']);
    expect(names(x!.recreated)).toEqual(['top', 'mid']);
    const [y] = await restored(person, spaceId as never, files[1]!.nodeId);
    expect(y).toMatchObject({ recreated: [], node: { parentId: x!.node.parentId } });
    expect(await pathOf(top.nodeId)).toEqual(['(top)']);
    const [again] = await restored(person, spaceId as never, top.nodeId);
    expect(again).toMatchObject({ renamedFrom: 'top', node: { id: top.nodeId, name: 'top (2)' } });
    expect(await pathOf(mid.nodeId)).toEqual(['top (2)', 'mid']);
  });

  it('makes folders again that were purged, through several of them', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [a, b] = [ops.folder(rootId, 'a'), newId<NodeId>()];
    const file = ops.file(b, 'f', { bytes: bytesOf('') });
    await world.drive.commit(person, spaceId, [a, ops.folder(a.nodeId, 'b', b), file]);
    await world.drive.commit(person, spaceId, [ops.trash(file.nodeId), ops.trash(b), ops.trash(a.nodeId)]);
    await world.purges.purge(person, spaceId, [b]);
    await world.purges.purge(person, spaceId, [a.nodeId]);
    expect((await world.bin.list(person, spaceId, { limit: 9 })).nodes).toMatchObject([
      { name: 'f', place: ['a', 'b'] },
    ]);
    const [item] = await restored(person, spaceId as never, file.nodeId);
    expect(names(item!.recreated)).toEqual(['a', 'b']);
    expect(await pathOf(file.nodeId)).toEqual(['a', 'b', 'f']);
  });

  it('in a batch makes purged folders again, too', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [a, b] = [ops.folder(rootId, 'a'), newId<NodeId>()];
    const file = ops.file(b, 'f', { bytes: bytesOf('') });
    await world.drive.commit(person, spaceId, [a, ops.folder(a.nodeId, 'b', b), file]);
    await world.drive.commit(person, spaceId, [ops.trash(file.nodeId), ops.trash(b), ops.trash(a.nodeId)]);
    await world.purges.purge(person, spaceId, [b]);
    await world.purges.purge(person, spaceId, [a.nodeId]);
    expect(await world.drive.one(person, spaceId, ops.restore(file.nodeId))).toMatchObject({ status: 'done' });
    expect(await pathOf(file.nodeId)).toEqual(['a', 'b', 'f']);
  });

  it('keeps out of the way of a file where a folder of the path was', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'd');
    const file = ops.file(folder.nodeId, 'f', { bytes: bytesOf('') });
    await world.drive.commit(person, spaceId, [folder, file]);
    await world.drive.commit(person, spaceId, [ops.trash(file.nodeId), ops.trash(folder.nodeId)]);
    await world.drive.commit(person, spaceId, [ops.file(rootId, 'd', { bytes: bytesOf('') })]);
    await restored(person, spaceId as never, file.nodeId);
    expect(await pathOf(file.nodeId)).toEqual(['d (2)', 'f']);
  });

  it('numbers taken names, each one differently, and tells the old one', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const trashed: NodeId[] = [];
    for (let at = 0; at < 3; at++) {
      const file = ops.file(rootId, 'a.txt', { bytes: bytesOf('') });
      await world.drive.commit(person, spaceId, [file, ops.trash(file.nodeId)]);
      trashed.push(file.nodeId);
    }
    const takers = ['a.txt', 'a (2).txt'].map((name) => ops.file(rootId, name, { bytes: bytesOf('') }));
    await world.drive.commit(person, spaceId, takers);
    const items = await restored(person, spaceId as never, ...trashed);
    expect(items.map((item) => item.node.name)).toEqual(['a (3).txt', 'a (4).txt', 'a (5).txt']);
    expect(items.map((item) => item.renamedFrom)).toEqual(['a.txt', 'a.txt', 'a.txt']);
  });

  it('finds another name when somebody takes it at the same moment', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'd');
    const trashed: NodeId[] = [];
    await world.drive.commit(person, spaceId, [folder]);
    for (let at = 0; at < 6; at++) {
      const file = ops.file(folder.nodeId, 'a', { bytes: bytesOf('') });
      await world.drive.commit(person, spaceId, [file, ops.trash(file.nodeId)]);
      trashed.push(file.nodeId);
    }
    await world.drive.commit(person, spaceId, [ops.trash(folder.nodeId)]);
    const items = (await Promise.all(trashed.map((id) => restored(person, spaceId as never, id)))).flat();
    const parents = new Set(items.map((item) => item.node.parentId));
    expect(items.map((item) => item.node.name).sort()).toEqual(['a', 'a (2)', 'a (3)', 'a (4)', 'a (5)', 'a (6)']);
    expect(parents.size).toBe(1); // one folder was made again, by whoever came first
  });

  it('brings a folder back before what was trashed out of it', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const folder = ops.folder(rootId, 'd');
    const file = ops.file(folder.nodeId, 'f', { bytes: bytesOf('') });
    await world.drive.commit(person, spaceId, [folder, file]);
    await world.drive.commit(person, spaceId, [ops.trash(file.nodeId), ops.trash(folder.nodeId)]);
    const items = await restored(person, spaceId as never, file.nodeId, folder.nodeId);
    expect(items.map((item) => item.recreated)).toEqual([[], []]);
    expect(await pathOf(file.nodeId)).toEqual(['d', 'f']);
    expect(items[0]!.node.parentId).toBe(folder.nodeId);
  });

  it('answers per node why it cannot be', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const foreign = await world.drive.owner();
    const alien = ops.folder(foreign.rootId, 'x');
    await world.drive.commit(foreign.person, foreign.spaceId, [alien, ops.trash(alien.nodeId)]);
    const live = ops.folder(rootId, 'live');
    await world.drive.commit(person, spaceId, [live]);
    const items = await world.bin.restore(person, spaceId, [live.nodeId, newId(), alien.nodeId]);
    expect(items.map((item) => (item.status === 'refused' ? item.code : item.status))).toEqual([
      'NOT_TRASHED',
      'NODE_UNKNOWN',
      'NODE_UNKNOWN',
    ]);
  });

  it('needs the right to delete there', async () => {
    const admin = await world.drive.person('drive_admin');
    const member = await world.drive.person();
    const space = await world.drive.space('team', { teamId: await world.drive.team([member]), name: 'Rights' });
    const folder = ops.folder(space.rootId, 'd');
    await world.drive.commit(admin, space.spaceId, [folder, ops.trash(folder.nodeId)]);
    const [item] = await world.bin.restore(member, space.spaceId, [folder.nodeId]);
    expect(item).toMatchObject({ status: 'refused', code: 'FORBIDDEN' });
    const { items } = await world.purges.purge(member, space.spaceId, [folder.nodeId]);
    expect(items).toMatchObject([{ status: 'refused', code: 'FORBIDDEN' }]);
    world.clock.advance(60_000);
    expect(await world.purges.empty(member, space.spaceId, undefined)).toMatchObject({ purged: 0, kept: 1 });
  });
});

describe('[PE-5] the bin of somebody who shared a folder', () => {
  type Pages = { names: string[]; place: string[][]; text: string }[];
  async function everyPage(principal: MemberPrincipal, spaceId: never, filter: object = {}): Promise<Pages> {
    const pages: Pages = [];
    for (let after: string | undefined; ;) {
      const page = await world.bin.list(principal, spaceId, { ...filter, limit: 1, after });
      const token = Buffer.from(page.next ?? '', 'base64url').toString('latin1');
      const place = page.nodes.map((node) => node.place);
      pages.push({ names: names(page.nodes), place, text: JSON.stringify(page) + token });
      if (page.next === null) return pages;
      after = page.next;
    }
  }

  /** `Divorce 2027/Photos`, of which Photos is shared, and three more things of the owner in the bin. */
  async function shared() {
    const { drive } = world;
    const owner = await drive.owner();
    const friend = await drive.person();
    const above = ops.folder(owner.rootId, 'Divorce 2027');
    const photos = ops.folder(above.nodeId, 'Photos');
    const secrets = ['lawyer', 'lawyer 2', 'lawyer 3'].map((name) => ops.folder(owner.rootId, name));
    await drive.commit(owner.person, owner.spaceId, [above, photos, ...secrets]);
    for (const { nodeId } of secrets) await drive.commit(owner.person, owner.spaceId, [ops.trash(nodeId)]);
    await drive.grant(owner.spaceId, photos.nodeId, { user: friend.userId }, 'synchronizer');
    const bin = async (name: string, parentId = photos.nodeId) => {
      const mine = ops.folder(parentId, name);
      await drive.commit(friend, owner.spaceId, [mine, ops.trash(mine.nodeId)]);
      return mine.nodeId;
    };
    return { ...owner, friend, above: above.nodeId, photos: photos.nodeId, secrets, bin };
  }

  it('tells where things were from the shared folder on', async () => {
    const { drive } = world;
    const { person, friend, spaceId, rootId, above, photos, bin } = await shared();
    const [trip, other] = [ops.folder(photos, 'Trip'), ops.folder(rootId, 'shared as well')];
    await drive.commit(person, spaceId, [trip, other]);
    await drive.grant(spaceId, other.nodeId, { user: friend.userId }, 'backer'); // while it lives, the bin can be looked into
    await bin('x', trip.nodeId);
    const place = async (who: MemberPrincipal) =>
      (await world.bin.list(who, spaceId, { limit: 10, name: 'x' })).nodes.map((node) => node.place);
    expect(await place(friend)).toEqual([['Photos', 'Trip']]);
    expect(await place(person)).toEqual([['Divorce 2027', 'Photos', 'Trip']]);
    await drive.commit(friend, spaceId, [ops.trash(trip.nodeId)]);
    await drive.commit(person, spaceId, [ops.trash(photos)]);
    expect(await place(friend)).toEqual([['Photos', 'Trip']]);
    await drive.commit(person, spaceId, [ops.trash(above)]);
    await world.purges.purge(person, spaceId, [above]);
    expect(await place(friend)).toEqual([['Photos', 'Trip']]);
    expect(await place(person)).toEqual([['Divorce 2027', 'Photos', 'Trip']]);
  });

  it('tells nothing of what else is in it, in pages of one as well', async () => {
    const { friend, spaceId, secrets, bin } = await shared();
    await bin('one');
    await bin('two');
    const pages = await everyPage(friend, spaceId as never);
    expect(pages.map((page) => page.names)).toEqual([['two'], ['one']]);
    for (const { nodeId } of secrets) expect(pages.map((page) => page.text).join()).not.toContain(nodeId);
  });

  it('answers no search for names, people and times of what is hidden', async () => {
    const { person, friend, spaceId, bin } = await shared();
    await bin('lawyer of mine');
    await bin('wedding');
    const since = new Date(0).toISOString();
    for (const filter of [{ name: 'lawyer' }, { name: 'wedding' }]) {
      const page = await world.bin.list(friend, spaceId, { ...filter, limit: 1 });
      expect([page.nodes.length, page.next, page.total]).toEqual([1, null, 1]);
    }
    for (const filter of [{ by: person.userId }, { name: 'lawyer 2' }, { until: since }]) {
      expect(await world.bin.list(friend, spaceId, { ...filter, limit: 1 })).toEqual({
        nodes: [],
        next: null,
        total: 0,
      });
    }
    expect((await world.bin.list(person, spaceId, { name: 'lawyer', limit: 1 })).total).toBe(4);
  });

  it('looks through so many entries for one page, whatever is searched for, and is gone through whole', async () => {
    const { friend, spaceId, rootId, bin } = await shared();
    await bin('lawyer of mine');
    await world.drive.sql(
      `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, kind, rev, seq, trashed_at)
       SELECT $1, gen_random_uuid(), $2, $3, 'lawyer ' || n, 'folder', 1, 1, now() + n * interval '1 second'
       FROM generate_series(1, 7000) n`,
      [world.drive.enterpriseId, spaceId, rootId],
    );
    for (const name of ['lawyer', 'wedding']) {
      const pages = await everyPage(friend, spaceId as never, { name });
      expect(pages.map((page) => page.names)).toEqual([[], name === 'lawyer' ? ['lawyer of mine'] : []]);
    }
  });

  it('refuses positions that it did not give to the same person', async () => {
    const { person, friend, spaceId, bin } = await shared();
    await bin('one');
    await bin('two');
    const { next } = await world.bin.list(person, spaceId, { limit: 1 });
    const made = Buffer.from(JSON.stringify([new Date().toISOString(), newId()])).toString('base64url');
    for (const after of [next ?? '', made, 'nonsense', '']) {
      await expect(world.bin.list(friend, spaceId, { limit: 1, after })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
  });
});

it('[PE-4] the bin of a team counts nothing of a closed folder, whatever is searched for', async () => {
  const { drive } = world;
  const [admin, member] = [await drive.person('drive_admin'), await drive.person()];
  const team = await drive.team([member]);
  const { spaceId, rootId } = await drive.space('team', { teamId: team, name: 'Closed' });
  const closed = ops.folder(rootId, 'closed');
  const [hidden, open] = [ops.folder(closed.nodeId, 'mole'), ops.folder(rootId, 'mole, open')];
  await drive.commit(admin, spaceId, [closed, hidden, open, ops.trash(hidden.nodeId), ops.trash(open.nodeId)]);
  await drive.grant(spaceId, closed.nodeId, { team }, 'none');
  await drive.sql(`UPDATE folder_grant SET atoms = '{}' WHERE node_id = $1`, [closed.nodeId]);
  const told = async (who: MemberPrincipal) => {
    const page = await world.bin.list(who, spaceId, { limit: 10, name: 'mole' });
    return [names(page.nodes).sort(), page.total];
  };
  expect(await told(member)).toEqual([['mole, open'], 1]);
  expect(await told(admin)).toEqual([['mole', 'mole, open'], 2]);
});
