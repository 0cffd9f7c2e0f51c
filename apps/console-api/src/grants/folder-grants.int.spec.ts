import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ActionListId, Atom, NodeId, SetFolderGrant, SpaceId, TaskId, TeamId, UserId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFeedSpace } from '../change-feed/feed.store.ts';
import { SpaceMoveService } from '../copies/space-move.service.ts';
import { DriveWorld, ops } from '../drive/testing/drive-world.ts';
import { SystemClock } from '../platform/clock.ts';
import type { DevicePrincipal, PersonPrincipal } from '../platform/principal.ts';
import { readTokens } from '../testing/read-tokens.ts';
import { ActionListService } from './action-list.service.ts';
import { ExplainService } from './explain.service.ts';
import { takeExpired } from './grant.store.ts';
import { ImpactService } from './impact.service.ts';

let world: DriveWorld;
let explains: ExplainService;
let impacts: ImpactService;
let lists: ActionListService;
beforeAll(async () => {
  world = await DriveWorld.open();
  const { dataSource } = world.database;
  explains = new ExplainService(dataSource, world.access);
  impacts = new ImpactService(dataSource, world.access, world.folderGrants, new SystemClock());
  lists = new ActionListService(dataSource, world.hub);
});
afterAll(() => world.close());

async function teamSpace(members: readonly PersonPrincipal[] = []) {
  const admin = await world.person('drive_admin');
  const teamId = await world.team(members);
  const space = await world.space('team', { teamId, name: 'Team' });
  const outer = ops.folder(space.rootId, 'outer');
  const inner = ops.folder(outer.nodeId, 'inner');
  await world.commit(admin, space.spaceId, [outer, inner]);
  return { admin, teamId, ...space, outer: outer.nodeId, inner: inner.nodeId };
}

const to = (who: PersonPrincipal | TeamId): SetFolderGrant['to'] =>
  typeof who === 'string' ? { type: 'team', id: who } : { type: 'user', id: who.userId };
const giving = (who: PersonPrincipal | TeamId, what: Partial<SetFolderGrant>): SetFolderGrant => ({
  to: to(who),
  subTeams: true,
  expiresAt: null,
  ...what,
});
const listed = async (who: PersonPrincipal, nodeId: NodeId) =>
  (await world.folderGrants.listFor(who, nodeId, { limit: 1000 })).rows;
const atomsOf = async (who: PersonPrincipal, nodeId: NodeId) =>
  [...((await world.access.resolve(world.manager, who, [nodeId])).get(nodeId)?.atoms ?? [])].sort();

async function task(device: DevicePrincipal, at: { spaceId: string; rootId: string }, mode: string): Promise<TaskId> {
  const id = randomUUID() as TaskId;
  await world.sql(
    `INSERT INTO sync_task (enterprise_id, device_id, id, mode, space_id, space_kind, root_node_id, local_path, cloud_path)
     VALUES ($1, $2, $3, $4, $5, 'team', $6, '/x', 'team/x:/')`,
    [world.enterpriseId, device.deviceId, id, mode, at.spaceId, at.rootId],
  );
  return id;
}

describe('[PE-1] the two axes of a grant', () => {
  const past = () => new Date(Date.now() - 1000).toISOString();
  const later = () => new Date(Date.now() + 3_600_000).toISOString();
  const syncRightOf = async (who: PersonPrincipal, nodeId: NodeId) =>
    (await world.access.resolve(world.manager, who, [nodeId])).get(nodeId)?.syncRight;
  const setSyncRight = (admin: PersonPrincipal, nodeId: NodeId, who: PersonPrincipal) =>
    world.grants.set(admin, { nodeId, to: { type: 'user', id: who.userId }, syncRight: 'backer', expiresAt: null });

  it('do not come back with each other once they have ended', async () => {
    const [ann, bob, kim] = [await world.person(), await world.person(), await world.person()];
    const { admin, outer } = await teamSpace();
    const none = await atomsOf(ann, outer);
    await world.folderGrants.set(admin, outer, giving(ann, { role: 'owner', expiresAt: past() }));
    await world.folderGrants.set(admin, outer, giving(bob, { role: 'owner', expiresAt: past() }));
    await world.folderGrants.set(admin, outer, giving(kim, { syncRight: 'synchronizer', expiresAt: past() }));
    expect(none).toEqual([]);
    await setSyncRight(admin, outer, ann);
    await world.folderGrants.set(admin, outer, giving(bob, { syncRight: 'backer' }));
    await world.folderGrants.set(admin, outer, giving(kim, { role: 'viewer' }));
    for (const who of [ann, bob]) {
      expect(await syncRightOf(who, outer)).toBe('backer');
      expect(await atomsOf(who, outer)).not.toContain('download');
      expect((await world.access.resolve(world.manager, who, [outer])).get(outer)?.mayGrant).toBe(false);
    }
    expect(await syncRightOf(kim, outer)).toBe('none');
    await expect(
      world.folderGrants.set(admin, outer, giving(bob, { syncRight: null })), // of the role nothing is left either
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('do not end or prolong each other', async () => {
    const [ann, bob] = [await world.person(), await world.person()];
    const { admin, outer } = await teamSpace();
    await world.folderGrants.set(admin, outer, giving(ann, { role: 'editor' }));
    const over = await world.folderGrants.set(admin, outer, giving(ann, { syncRight: 'backer', expiresAt: past() }));
    expect(over).toMatchObject({ role: 'editor', expiresAt: null, expired: false });
    expect([await syncRightOf(ann, outer), (await atomsOf(ann, outer)).includes('move')]).toEqual(['none', true]);

    const end = later();
    await world.folderGrants.set(admin, outer, giving(bob, { role: 'editor', expiresAt: end }));
    await setSyncRight(admin, outer, bob);
    const [given] = (await listed(admin, outer)).filter((grant) => grant.to.id === bob.userId);
    expect(given).toMatchObject({ role: 'editor', expiresAt: end, syncRight: 'backer', syncExpiresAt: null });
    const both = await world.folderGrants.set(admin, outer, giving(bob, {})); // names neither: the end of both
    expect(both).toMatchObject({ role: 'editor', expiresAt: null, syncRight: 'backer', syncExpiresAt: null });
  });

  it('[PE-2] are counted by themselves in what devices compare, and no change comes back to an old number', async () => {
    const ann = await world.person();
    const { admin, spaceId, outer } = await teamSpace();
    const numbers: number[] = [];
    const note = async () =>
      numbers.push((await findFeedSpace(world.manager, { enterpriseId: world.enterpriseId, spaceId }))!.capsRev);
    const end = (column: string) => world.sql(`UPDATE folder_grant SET ${column} = now() WHERE node_id = $1`, [outer]);
    await note();
    await world.folderGrants.set(
      admin,
      outer,
      giving(ann, { role: 'viewer', syncRight: 'backer', expiresAt: later() }),
    );
    await note();
    await end('expires_at');
    await note();
    await end('sync_expires_at');
    await note();
    const [before] = await takeExpiredOf(spaceId);
    expect([before, await takeExpiredOf(spaceId)]).toEqual([expect.anything(), []]);
    await world.folderGrants.set(admin, outer, giving(ann, { role: 'viewer', syncRight: 'backer' }));
    await note();
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  it('[PE-2] are told as they will be in a preview', async () => {
    const ann = await world.person();
    const { admin, spaceId, outer } = await teamSpace();
    await world.folderGrants.set(admin, outer, giving(ann, { role: 'editor', syncRight: 'backer' }));
    await task(await world.device(ann), { spaceId, rootId: outer }, 'upload');
    const change = { change: 'set', nodeId: outer } as const;
    const roleEnds = giving(ann, { role: 'editor', expiresAt: past() });
    expect(await impacts.preview(admin, { ...change, ...roleEnds })).toMatchObject({ pausedTasks: 0, changedTasks: 1 });
    const syncRightEnds = giving(ann, { syncRight: 'backer', expiresAt: past() });
    expect(await impacts.preview(admin, { ...change, ...syncRightEnds })).toMatchObject({ pausedTasks: 1 });
  });

  async function takeExpiredOf(spaceId: SpaceId) {
    return (await takeExpired(world.manager, 1000)).filter((grant) => grant.spaceId === spaceId);
  }
});

describe('who may give rights in a team space', () => {
  it('[PE-3] [PE-6] are drive admins, holders of the role owner there, and team admins of the team and above', async () => {
    const [user, editor, owner, led, foreign] = await Promise.all([
      world.person(),
      world.person(),
      world.person(),
      world.person('team_admin'),
      world.person('team_admin'),
    ]);
    const { admin, teamId, rootId, outer, inner } = await teamSpace([user]);
    await world.sql(`UPDATE team SET parent_id = $2 WHERE id = $1`, [teamId, await world.team([led])]);
    await world.team([foreign], teamId); // leads a team below: not this one
    await world.folderGrants.set(admin, outer, giving(editor, { role: 'editor' }));
    await world.folderGrants.set(admin, outer, giving(owner, { role: 'owner' }));
    await world.folderGrants.set(admin, rootId, giving(foreign, { role: 'viewer' }));
    await world.folderGrants.set(admin, rootId, giving(led, { role: 'viewer' }));
    const give = (who: PersonPrincipal) => world.folderGrants.set(who, inner, giving(user, { syncRight: 'backer' }));
    for (const who of [admin, owner, led]) expect(await give(who)).toMatchObject({ path: '/outer/inner' });
    for (const who of [user, editor, foreign]) await expect(give(who)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const stranger = await world.person();
    await expect(give(stranger)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    const above = await world.folderGrants.set(admin, rootId, giving(user, { role: 'viewer' }));
    await expect(world.folderGrants.remove(owner, rootId, above.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(world.folderGrants.remove(owner, inner, above.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('see what is given on the folder and above it', async () => {
    const person = await world.person();
    const { admin, rootId, outer, inner } = await teamSpace();
    await world.folderGrants.set(admin, rootId, giving(person, { syncRight: 'synchronizer' }));
    await world.folderGrants.set(admin, outer, giving(person, { role: 'uploader_link' }));
    await world.folderGrants.set(admin, inner, giving(person, { role: 'viewer' }));
    const brief = (await listed(admin, outer)).map((grant) => [
      grant.path,
      grant.role,
      grant.syncRight,
      grant.inherited,
    ]);
    expect(brief).toEqual([
      ['/outer', 'uploader_link', null, false],
      ['/', null, 'synchronizer', true],
    ]);
    const first = await world.folderGrants.listFor(admin, outer, { limit: 1 });
    const second = await world.folderGrants.listFor(admin, outer, { limit: 1, after: first.next ?? '' });
    expect([...first.rows, ...second.rows]).toEqual(await listed(admin, outer));
    expect([first.next, second.next]).toEqual([expect.any(String), null]);
    await expect(world.folderGrants.listFor(person, outer, { limit: 10 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('lists of actions', () => {
  it('[PE-6] are what the enterprise names, for everybody who was given them, at once and told', async () => {
    const person = await world.person();
    const { admin, spaceId, outer, inner } = await teamSpace();
    const list = await lists.create(world.enterpriseId, { name: 'Look', atoms: ['visible', 'list'] });
    await world.folderGrants.set(admin, outer, giving(person, { actionListId: list.id }));
    expect(await atomsOf(person, inner)).toEqual(['list', 'visible']);
    const told = world.hub.rights.length;
    const changed = await lists.update(world.enterpriseId, list.id, {
      name: 'Look and take',
      atoms: ['visible', 'download'],
    });
    expect(changed).toMatchObject({ name: 'Look and take', grants: 1 });
    expect(world.hub.rights.slice(told)).toEqual([spaceId]);
    expect(await atomsOf(person, inner)).toEqual(['download', 'visible']);
    await expect(lists.remove(world.enterpriseId, list.id)).rejects.toMatchObject({ code: 'ACTION_LIST_IN_USE' });
    await world.folderGrants.set(admin, outer, giving(person, { role: 'viewer' }));
    await lists.remove(world.enterpriseId, list.id);
    expect(await lists.list(world.enterpriseId)).toEqual([]);
  });

  it('have names of their own, and are unknown to other enterprises', async () => {
    const list = await lists.create(world.enterpriseId, { name: 'One', atoms: [] });
    await expect(lists.create(world.enterpriseId, { name: 'One', atoms: [] })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const other = randomUUID() as typeof world.enterpriseId;
    expect(await lists.list(other)).toEqual([]);
    await expect(lists.update(other, list.id, { name: 'x', atoms: [] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(lists.remove(other, list.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await lists.remove(world.enterpriseId, list.id);
  });
});

describe('explain', () => {
  it('[PE-4] says which grant on which folder, through whom, decided each action and the sync right', async () => {
    const person = await world.person();
    const { admin, teamId, rootId, outer, inner } = await teamSpace([person]);
    const byTeam = await world.folderGrants.set(admin, rootId, giving(teamId, { syncRight: 'backer' }));
    const byRole = await world.folderGrants.set(admin, outer, giving(person, { role: 'uploader' }));
    const why = await explains.explain(person, inner, undefined);
    const of = (atom: string) => why.atoms.find((each) => each.atom === atom);
    expect(of('create')).toMatchObject({ allowed: true, source: 'grant', grantIds: [byRole.id] });
    expect(of('update')).toMatchObject({ allowed: true, source: 'sync_right', grantIds: [byTeam.id] });
    expect(of('download')).toMatchObject({ allowed: false, source: 'grant', grantIds: [byRole.id] });
    expect(why).toMatchObject({
      user: { id: person.userId },
      syncRight: { right: 'backer', source: 'grant', grantIds: [byTeam.id] },
      mayGrant: false,
    });
    expect(why.grants).toMatchObject([
      { grantId: byRole.id, nodeId: outer, folder: 'outer', to: { type: 'user' }, role: 'uploader' },
      { grantId: byTeam.id, nodeId: rootId, folder: '/', to: { type: 'team', id: teamId }, syncRight: 'backer' },
    ]);
    expect(await explains.explain(admin, inner, person.userId)).toMatchObject({ syncRight: { right: 'backer' } });
    await expect(explains.explain(person, inner, admin.userId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(explains.explain(admin, inner, randomUUID() as UserId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('tells defaults, account roles, the own space and passages from grants', async () => {
    const [member, outsider] = [await world.person(), await world.person()];
    const { admin, outer, inner } = await teamSpace([member]);
    await world.folderGrants.set(admin, inner, giving(outsider, { role: 'viewer' }));
    const source = async (who: PersonPrincipal, nodeId: NodeId, atom: string) =>
      (await explains.explain(who, nodeId, undefined)).atoms.find((each) => each.atom === atom);
    expect(await source(member, inner, 'download')).toMatchObject({ allowed: true, source: 'default' });
    expect(await source(member, inner, 'create')).toMatchObject({ allowed: false, source: 'none' });
    expect(await source(admin, inner, 'create')).toMatchObject({ allowed: true, source: 'account_role' });
    expect(await source(outsider, outer, 'visible')).toMatchObject({ allowed: true, source: 'passage' });
    expect(await source(outsider, outer, 'list')).toMatchObject({ allowed: false, source: 'none' });
    const ann = await world.owner();
    expect(await source(ann.person, ann.rootId, 'delete')).toMatchObject({ allowed: true, source: 'own_space' });
    await expect(explains.explain(admin, ann.rootId, undefined)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
  });

  it('[PE-5] names no folder above what was shared', async () => {
    const [ann, bob] = [await world.owner(), await world.person()];
    const secret = ops.folder(ann.rootId, 'secret');
    const shared = ops.folder(secret.nodeId, 'shared');
    const inside = ops.folder(shared.nodeId, 'inside');
    await world.commit(ann.person, ann.spaceId, [secret, shared, inside]);
    const list = await lists.create(world.enterpriseId, { name: 'Hide', atoms: [] });
    await world.folderGrants.set(ann.person, secret.nodeId, giving(bob, { actionListId: list.id, syncRight: 'none' }));
    await world.folderGrants.set(ann.person, shared.nodeId, giving(bob, { role: 'viewer' }));
    const why = await explains.explain(bob, inside.nodeId, undefined);
    expect(why.grants.map((grant) => grant.folder)).toEqual(['shared', null]);
    expect(JSON.stringify(why)).not.toContain('secret');
  });
});

describe('the list of who may see a folder', () => {
  it('pages by name through the people of the teams, the granted and the admins, and nobody else', async () => {
    const here = await DriveWorld.open();
    try {
      const names = ['Ann', 'Bob', 'Cy', 'Dan', 'Eve', 'Fay'];
      const people = await Promise.all(names.map(() => here.person()));
      for (const [index, person] of people.entries())
        await here.sql(`UPDATE app_user SET name = $2 WHERE id = $1`, [person.userId, names[index]]);
      const [ann, bob, cy, dan, eve] = people as [PersonPrincipal, ...PersonPrincipal[]] & PersonPrincipal[];
      const admin = await here.person('super_admin');
      await here.sql(`UPDATE app_user SET name = 'Zoe' WHERE id = $1`, [admin.userId]);
      const parent = await here.team([ann] as PersonPrincipal[]);
      const child = await here.team([bob] as PersonPrincipal[], parent);
      const space = await here.space('team', { teamId: await here.team([cy] as PersonPrincipal[]) });
      const folder = ops.folder(space.rootId, 'f');
      await here.commit(admin, space.spaceId, [folder]);
      await here.folderGrants.set(admin, folder.nodeId, giving(parent, { syncRight: 'backer' }));
      await here.folderGrants.set(admin, folder.nodeId, giving(dan as PersonPrincipal, { role: 'viewer' }));
      await here.folderGrants.set(admin, folder.nodeId, giving(eve as PersonPrincipal, { role: 'viewer' }));
      await here.sql(`UPDATE app_user SET disabled_at = now() WHERE id = $1`, [(eve as PersonPrincipal).userId]);
      const explain = new ExplainService(here.database.dataSource, here.access);
      const found: string[][] = [];
      for (let after: string | undefined; ;) {
        const page = await explain.listViewers(admin, folder.nodeId, { after, limit: 2 });
        found.push(...page.viewers.map((viewer) => [viewer.user.name, viewer.source, viewer.syncRight]));
        if (page.next === null) break;
        after = page.next;
        expect(readTokens(after)).not.toMatch(/Ann|Bob|Cy|Dan|Zoe/);
        const another = explain.listViewers(admin, space.rootId, { after, limit: 2 });
        await expect(another).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
      expect(found).toEqual([
        ['Ann', 'sync_right', 'backer'],
        ['Bob', 'sync_right', 'backer'],
        ['Cy', 'default', 'none'],
        ['Dan', 'grant', 'none'],
        ['Zoe', 'account_role', 'none'],
      ]);
      await expect(explain.listViewers(dan as PersonPrincipal, folder.nodeId, { limit: 5 })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      await expect(explain.listViewers(admin, folder.nodeId, { after: 'x', limit: 5 })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
      expect(child).toBeDefined();
    } finally {
      await here.close();
    }
  });
});

describe('the preview of a change', () => {
  it('[PE-2] counts the tasks that would pause, resume or find a part changed, and changes nothing', async () => {
    const [ann, bob] = [await world.person(), await world.person()];
    const devices = { ann: await world.device(ann), bob: await world.device(bob) };
    const { admin, teamId, spaceId, rootId, outer, inner } = await teamSpace([ann, bob]);
    const given = await world.folderGrants.set(admin, rootId, giving(teamId, { syncRight: 'synchronizer' }));
    const both = await task(devices.ann, { spaceId, rootId: inner }, 'bidirectional');
    const up = await task(devices.bob, { spaceId, rootId: outer }, 'upload');
    const around = await task(devices.bob, { spaceId, rootId }, 'bidirectional');
    const told = world.hub.rights.length;
    const [before] = await world.sql(`SELECT caps_rev FROM space WHERE id = $1`, [spaceId]);

    const change = { change: 'set', nodeId: outer, ...giving(teamId, { syncRight: 'backer' }) } as const;
    const backer = await impacts.preview(admin, change);
    expect(backer).toMatchObject({ pausedTasks: 1, resumedTasks: 0, changedTasks: 2, devices: 2, people: 2 });
    expect(Object.fromEntries(backer.tasks.map(({ taskId, effect }) => [taskId, effect]))).toEqual({
      [both]: 'paused',
      [up]: 'changed',
      [around]: 'changed',
    });
    const removal = await impacts.preview(admin, { change: 'remove', grantId: given.id });
    expect(removal).toMatchObject({ pausedTasks: 3, resumedTasks: 0, changedTasks: 0, devices: 2, people: 2 });
    expect((await listed(admin, outer)).map((grant) => grant.id)).toEqual([given.id]);
    expect(await world.sql(`SELECT caps_rev FROM space WHERE id = $1`, [spaceId])).toEqual([before]);
    expect(world.hub.rights).toHaveLength(told);

    await world.folderGrants.remove(admin, rootId, given.id);
    const again = await impacts.preview(admin, { ...change, nodeId: rootId });
    expect(again).toMatchObject({ pausedTasks: 0, resumedTasks: 1, changedTasks: 0 });
    const over = await impacts.preview(admin, { ...change, expiresAt: new Date(0).toISOString() });
    expect(over).toMatchObject({ pausedTasks: 0, resumedTasks: 0, changedTasks: 0, tasks: [] });
  });

  it('[PE-2] [PE-6] tells what other actions in a list would change in all spaces where it is given', async () => {
    const [ann, bob] = [await world.person(), await world.person()];
    const [one, two] = [await teamSpace([ann]), await teamSpace([bob])];
    const list = await lists.create(world.enterpriseId, { name: `List ${randomUUID()}`, atoms: ['visible', 'list'] });
    const other = await lists.create(world.enterpriseId, { name: `List ${randomUUID()}`, atoms: ['visible'] });
    await world.folderGrants.set(one.admin, one.inner, giving(ann, { actionListId: list.id }));
    await world.folderGrants.set(one.admin, one.outer, giving(ann, { syncRight: 'backer' }));
    await world.folderGrants.set(two.admin, two.outer, giving(bob, { actionListId: list.id, syncRight: 'backer' }));
    await world.folderGrants.set(two.admin, two.inner, giving(bob, { actionListId: other.id }));
    const [annsPc, bobsPc] = [await world.device(ann), await world.device(bob)];
    const around = await task(annsPc, { spaceId: one.spaceId, rootId: one.outer }, 'upload');
    const inside = await task(bobsPc, { spaceId: two.spaceId, rootId: two.outer }, 'upload');
    await task(bobsPc, { spaceId: two.spaceId, rootId: two.inner }, 'upload'); // another list is nearer
    const preview = (atoms: Atom[]) => impacts.previewList(one.admin, list.id, atoms);
    const impact = await preview(['visible', 'list', 'download']);
    expect(impact).toMatchObject({ pausedTasks: 0, resumedTasks: 0, changedTasks: 2, devices: 2, people: 2 });
    expect(impact.tasks.map(({ taskId }) => taskId).sort()).toEqual([around, inside].sort());
    expect(await preview(['visible', 'list'])).toMatchObject({ changedTasks: 0, tasks: [] });
    const [kept] = await lists.list(world.enterpriseId).then((all) => all.filter(({ id }) => id === list.id));
    expect(kept?.atoms).toEqual(['visible', 'list']);
    const unknown = impacts.previewList(one.admin, randomUUID() as ActionListId, []);
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('[PE-2] tells of a part inside that was hidden by what an inner grant takes away', async () => {
    const ann = await world.person();
    const { admin, spaceId, outer, inner } = await teamSpace();
    const all = { role: 'viewer', syncRight: 'synchronizer' } as const;
    const given = await world.folderGrants.set(admin, outer, giving(ann, all));
    await world.folderGrants.set(admin, inner, giving(ann, { syncRight: 'none' }));
    const around = await task(await world.device(ann), { spaceId, rootId: outer }, 'bidirectional');
    const change = { change: 'set', nodeId: outer, ...giving(ann, { ...all, role: 'metadata_viewer' }) } as const;
    const impact = await impacts.preview(admin, change);
    expect(impact.tasks).toMatchObject([{ taskId: around, effect: 'changed' }]);
    expect((await impacts.preview(admin, { change: 'remove', grantId: given.id })).pausedTasks).toBe(1);
  });

  it('[PE-2] waits for no writer and holds up none: its transaction may lock nothing', async () => {
    const ann = await world.person();
    const { admin, outer } = await teamSpace([ann]);
    const list = await lists.create(world.enterpriseId, { name: `List ${randomUUID()}`, atoms: ['visible'] });
    const holder = world.database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM action_list WHERE id = $1 FOR UPDATE', [list.id]);
    const change = { change: 'set', nodeId: outer, ...giving(ann, { actionListId: list.id }) } as const;
    const asked = [impacts.preview(admin, change), impacts.previewList(admin, list.id, ['visible', 'list'])];
    expect((await Promise.all(asked)).map(({ pausedTasks }) => pausedTasks)).toEqual([0, 0]);
    await holder.rollbackTransaction();
    await holder.release();
  });

  it('[PE-5] is refused as the change would be', async () => {
    const ann = await world.owner();
    const { admin, outer } = await teamSpace([ann.person]);
    const folder = ops.folder(ann.rootId, 'mine');
    await world.commit(ann.person, ann.spaceId, [folder]);
    const given = await world.folderGrants.set(ann.person, folder.nodeId, giving(admin, { role: 'viewer' }));
    const ask = (who: PersonPrincipal, nodeId: NodeId) =>
      impacts.preview(who, { change: 'set', nodeId, ...giving(admin, { syncRight: 'backer' }) });
    await expect(ask(ann.person, outer)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(ask(admin, ann.rootId)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    await expect(ask(admin, folder.nodeId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const other = await world.person('super_admin');
    await expect(impacts.preview(other, { change: 'remove', grantId: given.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await ask(ann.person, folder.nodeId)).toMatchObject({ pausedTasks: 0 });
  });
});

describe('a change of memberships', () => {
  it('[PE-2] is told in the spaces where the teams, or those above them, have something', async () => {
    const [own, foreign, granted] = [await teamSpace(), await teamSpace(), await teamSpace()];
    const parent = await world.team();
    await world.sql(`UPDATE team SET parent_id = $2 WHERE id = $1`, [own.teamId, parent]);
    await world.folderGrants.set(granted.admin, granted.outer, giving(parent, { role: 'viewer' }));
    const ann = await world.owner();
    const shared = ops.folder(ann.rootId, 'shared');
    await world.commit(ann.person, ann.spaceId, [shared]);
    await world.folderGrants.set(ann.person, shared.nodeId, giving(own.teamId, { role: 'viewer' }));
    const told = world.hub.rights.length;
    await world.grants.announceMembershipChange(world.enterpriseId, [own.teamId]);
    const spaces = world.hub.rights.slice(told);
    expect(spaces.toSorted()).toEqual([own.spaceId, granted.spaceId, ann.spaceId].toSorted());
    await world.grants.announceMembershipChange(world.enterpriseId);
    expect(world.hub.rights).toEqual(expect.arrayContaining([own.spaceId, foreign.spaceId, ann.spaceId]));
  });
});

describe('a folder that moves to another space while a right on it is being given', () => {
  type Target = { readonly spaceId: SpaceId; readonly rootId: NodeId; readonly person: PersonPrincipal };
  type Give = (admin: PersonPrincipal, nodeId: NodeId, grantee: PersonPrincipal) => Promise<{ nodeId: NodeId }>;
  const grants = async (nodeId: NodeId) => world.sql(`SELECT space_id FROM folder_grant WHERE node_id = $1`, [nodeId]);

  /** Asked for when the move has removed the rights of the folder, and before it is committed. */
  async function giveWhileMoving(give: Give, target: Target) {
    const [{ admin, outer }, grantee] = [await teamSpace(), await world.person()];
    const moves = new SpaceMoveService(world.database.dataSource, world.access, world.hub);
    let given: Promise<[PromiseSettledResult<unknown>]> | undefined;
    await moves.handOver(admin, outer, {
      place: { parentId: target.rootId },
      receiver: { principal: target.person, spaceId: target.spaceId },
      whenMoved: async () => {
        given = Promise.allSettled([give(admin, outer, grantee)]);
        for (let waiting: unknown[] = []; waiting.length === 0; await setImmediate()) {
          waiting = await world.sql(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
        }
      },
    });
    return { result: (await given)?.[0], outer, grantee };
  }
  const ways: [string, Give][] = [
    ['a role', (admin, nodeId, grantee) => world.folderGrants.set(admin, nodeId, giving(grantee, { role: 'viewer' }))],
    [
      'a sync right',
      (admin, nodeId, grantee) => world.grants.set(admin, { nodeId, ...giving(grantee, {}), syncRight: 'backer' }),
    ],
  ];

  it.each(ways)('[PE-2] has %s in the space where it is then', async (_, give) => {
    const target = await teamSpace();
    const { result, outer, grantee } = await giveWhileMoving(give, { ...target, person: target.admin });
    expect(result?.status).toBe('fulfilled');
    expect(await grants(outer)).toEqual([{ space_id: target.spaceId }]);
    expect(await world.access.listWatchableSpaces(world.manager, grantee)).toEqual([target.spaceId]);
    expect(world.hub.rights.at(-1)).toBe(target.spaceId);
  });

  it.each(ways)('[PE-5] has not %s in a personal space, where admins give nothing', async (_, give) => {
    const { result, outer } = await giveWhileMoving(give, await world.owner());
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'NODE_UNKNOWN' } });
    expect(await grants(outer)).toEqual([]);
  });
});
