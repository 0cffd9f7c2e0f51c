import type { NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemberPrincipal } from '../platform/principal.ts';
import { bytesOf, DriveWorld, newId, ops } from './testing/drive-world.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

describe('spaces', () => {
  it('[PE-5] lists the own personal space, the enterprise space and the spaces of own or granted teams', async () => {
    const here = await DriveWorld.open();
    try {
      const ann = await here.person();
      await here.space('personal', { ownerUserId: ann.userId, name: 'Ann' });
      await here.space('personal', { ownerUserId: (await here.person()).userId, name: 'Bob' });
      await here.space('enterprise', { name: 'Acme' });
      await here.space('team', { teamId: await here.team([ann]), name: 'Own' });
      await here.space('team', { teamId: await here.team(), name: 'Foreign' });
      const granted = await here.space('team', { teamId: await here.team(), name: 'Granted' });
      const folder = ops.folder(granted.rootId, 'deep');
      const admin = await here.person('super_admin');
      await here.commit(admin, granted.spaceId, [folder]);
      await here.grant(granted.spaceId, folder.nodeId, { user: ann.userId }, 'backer');
      const names = async (...who: Parameters<typeof here.browse.listSpaces>) =>
        (await here.browse.listSpaces(...who)).map((space) => space.name);
      expect(await names(ann)).toEqual(['Ann', 'Acme', 'Granted', 'Own']);
      expect(await names({ ...(await here.device(ann)), readsPersonalSpace: false })).toEqual([
        'Acme',
        'Granted',
        'Own',
      ]);
      expect(await names(admin)).toEqual(['Acme', 'Foreign', 'Granted', 'Own']);
    } finally {
      await here.close();
    }
  });
});

describe('resolve', () => {
  it('answers the deepest folder that is there and the names that are missing', async () => {
    const { person, spaceId, rootId } = await world.owner();
    const [docs, file] = [ops.folder(rootId, 'Docs'), ops.file(rootId, 'file', { bytes: bytesOf('') })];
    const inner = ops.folder(docs.nodeId, 'Ünner');
    await world.commit(person, spaceId, [docs, file, inner]);
    const found = await world.browse.resolvePath(person, 'personal:/Docs/U\u0308nner');
    expect(found).toMatchObject({
      node: { id: inner.nodeId },
      missing: [],
      syncRight: 'synchronizer',
      space: { id: spaceId },
    });
    expect(await world.browse.resolvePath(person, 'personal:/Docs/a/b')).toMatchObject({
      node: { id: docs.nodeId },
      missing: ['a', 'b'],
    });
    expect(await world.browse.resolvePath(person, 'personal:')).toMatchObject({ node: { id: rootId }, missing: [] });
    await expect(world.browse.resolvePath(person, 'personal:/file/x')).rejects.toMatchObject({
      code: 'PARENT_NOT_FOLDER',
    });
    for (const path of ['enterprise:/', 'team/Nobody:/', 'share/x:/']) {
      await expect(world.browse.resolvePath(person, path)).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    }
  });

  it('[PE-4] walks to a granted folder and shows closed ones beside the way as missing', async () => {
    const admin = await world.person('drive_admin');
    const person = await world.person();
    const space = await world.space('team', { teamId: await world.team(), name: 'Walk' });
    const [way, closed] = [ops.folder(space.rootId, 'way'), ops.folder(space.rootId, 'closed')];
    const granted = ops.folder(way.nodeId, 'granted');
    await world.commit(admin, space.spaceId, [way, closed, granted, ops.folder(granted.nodeId, 'in')]);
    await world.grant(space.spaceId, granted.nodeId, { user: person.userId }, 'synchronizer');
    const found = await world.browse.resolvePath(person, 'team/Walk:/way/granted/in');
    expect(found).toMatchObject({ node: { name: 'in' }, syncRight: 'synchronizer' });
    expect(await world.browse.resolvePath(person, 'team/Walk:/closed')).toMatchObject({
      node: { id: space.rootId },
      missing: ['closed'],
      atoms: ['visible'],
      syncRight: 'none',
    });
    expect((await world.browse.listFolder(person, space.rootId, { limit: 10 })).nodes.map((node) => node.name)).toEqual(
      ['way'],
    );
    expect(
      (await world.browse.listFolder(person, granted.nodeId, { limit: 10 })).path.map((folder) => folder.name),
    ).toEqual(['Walk', 'way', 'granted']);
    await expect(world.browse.listFolder(person, closed.nodeId, { limit: 10 })).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
  });
});

describe('[PE-2] [PE-4] what is hidden in a folder', () => {
  const SECRET = 'Project Mole: layoffs 2027';

  /** All pages of one node each, with what their tokens say in any reading. */
  async function everyPage(principal: MemberPrincipal, folderId: NodeId) {
    const pages: { names: string[]; total: number; text: string }[] = [];
    for (let after: string | undefined; ;) {
      const page = await world.browse.listFolder(principal, folderId, { after, limit: 1 });
      const token = Buffer.from(page.next ?? '', 'base64url').toString();
      const names = page.nodes.map((node) => node.name);
      pages.push({ names, total: page.total, text: JSON.stringify(page) + token.toLowerCase() });
      if (page.next === null) return pages;
      after = page.next;
    }
  }

  it('is neither named by the ends of pages nor counted, on the way to a granted folder', async () => {
    const [admin, person] = [await world.person('drive_admin'), await world.person()];
    const space = await world.space('team', { teamId: await world.team(), name: 'Way' });
    const [a, way] = [ops.folder(space.rootId, 'a way'), ops.folder(space.rootId, 'way')];
    const granted = [ops.folder(a.nodeId, 'granted'), ops.folder(way.nodeId, 'granted')];
    const hidden = [ops.folder(space.rootId, SECRET), ops.file(space.rootId, `${SECRET}.txt`, { bytes: bytesOf('') })];
    await world.commit(admin, space.spaceId, [a, way, ...granted, ...hidden]);
    for (const { nodeId } of granted) {
      await world.grant(space.spaceId, nodeId, { user: person.userId }, 'synchronizer');
    }
    const pages = await everyPage(person, space.rootId);
    expect(pages.map(({ names, total }) => [...names, total])).toEqual([
      ['a way', 2],
      ['way', 2],
    ]);
    expect(pages.map((page) => page.text).join()).not.toMatch(/mole/i);
  });

  it('is neither named by the ends of pages nor counted, beside what is open', async () => {
    const [admin, member] = [await world.person('drive_admin'), await world.person()];
    const team = await world.team([member]);
    const space = await world.space('team', { teamId: team, name: 'Beside' });
    const [closed, half] = [ops.folder(space.rootId, SECRET), ops.folder(space.rootId, 'half closed')];
    const inner = ops.folder(half.nodeId, 'open again');
    const open = ops.file(space.rootId, 'open.txt', { bytes: bytesOf('') });
    await world.commit(admin, space.spaceId, [closed, half, inner, open]);
    for (const { nodeId } of [closed, half]) {
      await world.grant(space.spaceId, nodeId, { team }, 'none');
      await world.sql(`UPDATE folder_grant SET atoms = '{}' WHERE node_id = $1`, [nodeId]);
    }
    await world.grant(space.spaceId, inner.nodeId, { user: member.userId }, 'backer');
    const pages = await everyPage(member, space.rootId);
    expect(pages.map(({ names, total }) => [...names, total])).toEqual([
      ['half closed', 2],
      ['open.txt', 2],
    ]);
    expect(pages.map((page) => page.text).join()).not.toMatch(/mole/i);
    expect((await everyPage(member, half.nodeId)).map(({ names }) => names)).toEqual([['open again']]);
    expect((await everyPage(admin, space.rootId)).map(({ total }) => total)).toEqual([3, 3, 3]);
  });
});

describe('folders', () => {
  it('lists folders first, by name, page by page, each once', async () => {
    const { person, spaceId, rootId } = await world.owner();
    const names = ['b', 'A', 'a', 'C', 'ab', 'B'];
    await world.commit(person, spaceId, [
      ...names.map((name) => ops.folder(rootId, `${name}-folder`)),
      ...names.map((name) => ops.file(rootId, `${name}-file`, { bytes: bytesOf('') })),
      ops.folder(rootId, 'trashed'),
    ]);
    const trashed = (await world.browse.listFolder(person, rootId, { limit: 100 })).nodes.find(
      (node) => node.name === 'trashed',
    );
    await world.commit(person, spaceId, [ops.trash(trashed!.id)]);
    const listed: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await world.browse.listFolder(person, rootId, { after, limit: 5 });
      expect(page.total).toBe(12);
      listed.push(...page.nodes.map((node) => node.name));
      if (page.next === null) break;
      after = page.next;
    }
    const order = ['A', 'a', 'ab', 'B', 'b', 'C'];
    expect(listed).toEqual([...order.map((name) => `${name}-folder`), ...order.map((name) => `${name}-file`)]);
    await expect(world.browse.listFolder(person, rootId, { after: 'nonsense', limit: 5 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(world.browse.listFolder(person, newId(), { limit: 5 })).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
  });

  it('names a folder’s path for those who see it, and nothing of a trashed one', async () => {
    const { person, spaceId, rootId } = await world.owner();
    const folder = ops.folder(rootId, 'Docs');
    const inner = ops.folder(folder.nodeId, 'Specs');
    await world.commit(person, spaceId, [folder, inner]);
    expect(await world.browse.findFolderPath(person, inner.nodeId)).toBe('/Docs/Specs');
    expect(await world.browse.findFolderPath(person, rootId)).toBe('/');
    expect(await world.browse.findFolderPath(await world.person('super_admin'), inner.nodeId)).toBeUndefined();
    await world.commit(person, spaceId, [ops.trash(folder.nodeId)]);
    expect(await world.browse.findFolderPath(person, inner.nodeId)).toBeUndefined();
  });
});
