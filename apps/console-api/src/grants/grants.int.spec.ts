import { randomUUID } from 'node:crypto';
import type { GrantId, NodeId, SetFolderGrant, UserId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { bytesOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { untilWaiting } from '../drive/testing/group-scene.ts';
import type { MemberPrincipal } from '../platform/principal.ts';

let feed: FeedWorld;
let world: DriveWorld;
beforeAll(async () => {
  feed = await openFeedWorld();
  world = feed.drive;
});
afterAll(() => world.close());

async function teamSpace() {
  const admin = await world.person('drive_admin');
  const space = await world.space('team', { teamId: await world.team(), name: 'Team' });
  const outer = ops.folder(space.rootId, 'outer');
  const inner = ops.folder(outer.nodeId, 'inner');
  const file = ops.file(inner.nodeId, 'file', { bytes: bytesOf('') });
  await world.commit(admin, space.spaceId, [outer, inner, file]);
  return { admin, ...space, outer: outer.nodeId, inner: inner.nodeId, file: file.nodeId };
}

async function rightOf(principal: MemberPrincipal, nodeId: NodeId): Promise<string> {
  const access = (await world.access.resolve(world.manager, principal, [nodeId])).get(nodeId);
  return access ? access.syncRight : 'invisible';
}

const setting = (
  nodeId: NodeId,
  userId: UserId,
  syncRight: 'none' | 'backer' | 'synchronizer',
  expiresAt: string | null = null,
) => ({
  nodeId,
  to: { type: 'user' as const, id: userId },
  syncRight,
  expiresAt,
});

describe('rights on real rows', () => {
  it('[PE-4] come from the nearest folder, then the nearest identity, through teams and their parents', async () => {
    const { spaceId, rootId, outer, inner, file } = await teamSpace();
    const person = await world.person();
    const parent = await world.team();
    const own = await world.team([person], parent);
    expect(await rightOf(person, file)).toBe('invisible');
    await world.grant(spaceId, rootId, { team: parent }, 'backer');
    expect(await rightOf(person, file)).toBe('backer');
    await world.grant(spaceId, rootId, { team: own }, 'synchronizer');
    expect(await rightOf(person, file)).toBe('synchronizer');
    await world.grant(spaceId, outer, { team: parent }, 'backer');
    expect([await rightOf(person, rootId), await rightOf(person, file)]).toEqual(['synchronizer', 'backer']);
    await world.grant(spaceId, inner, { user: person.userId }, 'none');
    expect([await rightOf(person, outer), await rightOf(person, inner)]).toEqual(['backer', 'invisible']);
    expect(await rightOf(await world.device(person), outer)).toBe('backer');
  });

  it('[PE-4] end with their expiry, and stop at the team when sub-teams are left out', async () => {
    const { spaceId, outer } = await teamSpace();
    const person = await world.person();
    const parent = await world.team();
    await world.team([person], parent);
    await world.grant(spaceId, outer, { team: parent }, 'backer');
    expect(await rightOf(person, outer)).toBe('backer');
    await world.sql(`UPDATE folder_grant SET sub_teams = false WHERE node_id = $1`, [outer]);
    expect(await rightOf(person, outer)).toBe('invisible');
    await world.grant(spaceId, outer, { user: person.userId }, 'synchronizer');
    await world.sql(`UPDATE folder_grant SET sync_expires_at = now() - interval '1 second' WHERE node_id = $1`, [
      outer,
    ]);
    expect(await rightOf(person, outer)).toBe('invisible');
  });

  it('mean nothing in another enterprise', async () => {
    const { file } = await teamSpace();
    const stranger = {
      ...(await world.person('super_admin')),
      enterpriseId: randomUUID() as typeof world.enterpriseId,
    };
    expect(await world.access.resolve(world.manager, stranger, [file])).toEqual(new Map());
  });
});

describe('caps', () => {
  it('[PE-2] name the root and every folder below it where rights change', async () => {
    const { spaceId, rootId, outer, inner, file } = await teamSpace();
    const person = await world.person();
    await world.grant(spaceId, rootId, { user: person.userId }, 'synchronizer');
    await world.grant(spaceId, inner, { user: person.userId }, 'backer');
    const caps = (root: NodeId) => feed.scopes.getCaps({ principal: person, spaceId, rootId: root });
    const brief = async (root: NodeId) =>
      (await caps(root)).boundaries.map(({ nodeId, syncRight }) => [nodeId, syncRight]);
    expect(await brief(rootId)).toEqual([
      [rootId, 'synchronizer'],
      [inner, 'backer'],
    ]);
    expect(await brief(inner)).toEqual([[inner, 'backer']]);
    expect(await brief(file)).toEqual([[file, 'backer']]);
    expect((await caps(outer)).boundaries[0]?.atoms).toContain('download');
  });

  it('[PE-2] get a new number with every change, expiry and replacement of an expired right', async () => {
    const { admin, spaceId, outer } = await teamSpace();
    const person = await world.person();
    const numbers: number[] = [];
    const note = async () => {
      numbers.push((await feed.scopes.getCaps({ principal: person, spaceId, rootId: outer })).capsRev);
    };
    await note();
    await world.grants.set(admin, setting(outer, person.userId, 'synchronizer'));
    await note();
    await world.sql(`UPDATE folder_grant SET sync_expires_at = now() - interval '1 second' WHERE node_id = $1`, [
      outer,
    ]);
    await note();
    await world.grants.set(admin, setting(outer, person.userId, 'backer'));
    await note();
    await world.grants.announceMembershipChange(world.enterpriseId);
    await note();
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(new Set(numbers).size).toBe(5);
  });
});

describe('setting rights', () => {
  it('replaces the right of the same identity on the same folder, and tells the devices each time', async () => {
    const { admin, spaceId, outer } = await teamSpace();
    const person = await world.person();
    const told = world.hub.rights.length;
    const first = await world.grants.set(admin, setting(outer, person.userId, 'backer'));
    const second = await world.grants.set(admin, setting(outer, person.userId, 'synchronizer'));
    expect(first).toMatchObject({
      path: '/outer',
      spaceName: 'Team',
      to: { type: 'user', name: 'Someone' },
      syncRight: 'backer',
    });
    expect(second).toMatchObject({ id: first.id, syncRight: 'synchronizer', createdBy: 'Someone' });
    expect(await rightOf(person, outer)).toBe('synchronizer');
    expect(
      (await world.grants.list(world.enterpriseId, { limit: 1000 })).rows.filter((grant) => grant.nodeId === outer),
    ).toEqual([second]);
    await world.grants.remove(world.enterpriseId, second.id);
    expect(await rightOf(person, outer)).toBe('invisible');
    expect(world.hub.rights.slice(told)).toEqual([spaceId, spaceId, spaceId]);
    await expect(world.grants.remove(world.enterpriseId, second.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('[PE-5] [PE-4] is for folders of shared spaces only, and for people and teams that are there', async () => {
    const { admin, outer, file } = await teamSpace();
    const ann = await world.owner();
    await expect(world.grants.set(admin, setting(ann.rootId, admin.userId, 'backer'))).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    await expect(world.grants.set(admin, setting(file, admin.userId, 'backer'))).rejects.toMatchObject({
      code: 'KIND_MISMATCH',
    });
    await expect(world.grants.set(admin, setting(outer, randomUUID() as UserId, 'backer'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const gone = await world.person();
    await world.sql('UPDATE app_user SET deleted_at = now(), disabled_at = now() WHERE id = $1', [gone.userId]);
    await expect(world.grants.set(admin, setting(outer, gone.userId, 'backer'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('taking a right away', () => {
  it('[PE-1] [PE-4] takes the sync right only, and leaves the narrower role that stands beside it', async () => {
    const person = await world.person();
    const { admin, spaceId, outer } = await teamSpace();
    const team = await world.team([person]);
    const give = async (to: SetFolderGrant['to'], what: Partial<SetFolderGrant>) =>
      world.folderGrants.set(admin, outer, { to, subTeams: true, expiresAt: null, ...what });
    await give({ type: 'team', id: team }, { role: 'editor' });
    const narrow = await give({ type: 'user', id: person.userId }, { role: 'metadata_viewer', syncRight: 'backer' });
    const atoms = async () => (await world.access.resolve(world.manager, person, [outer])).get(outer)?.atoms;
    const told = world.hub.rights.length;
    await world.grants.remove(world.enterpriseId, narrow.id);
    expect(await rightOf(person, outer)).toBe('none');
    expect(await atoms()).toEqual(new Set(['visible', 'list']));
    expect(world.hub.rights.slice(told)).toEqual([spaceId]);
    await expect(world.grants.remove(world.enterpriseId, narrow.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await world.folderGrants.remove(admin, outer, narrow.id);
    expect((await atoms())?.has('move')).toBe(true);
  });

  it('waits for the space before it holds the right, as whoever gives it does: they cannot wait for each other', async () => {
    const { admin, spaceId, outer } = await teamSpace();
    const person = await world.person();
    const give = () => world.grants.set(admin, setting(outer, person.userId, 'backer'));
    const removals = [
      (id: GrantId) => world.grants.remove(world.enterpriseId, id),
      (id: GrantId) => world.folderGrants.remove(admin, outer, id),
    ];
    for (const remove of removals) {
      const { id } = await give();
      const holder = world.database.dataSource.createQueryRunner();
      await holder.startTransaction();
      await holder.query('SELECT FROM space WHERE id = $1 FOR UPDATE', [spaceId]);
      const removing = remove(id);
      await untilWaiting(world, { count: 1, statement: '%FROM space%FOR NO KEY UPDATE%' });
      await holder.query('SELECT FROM folder_grant WHERE id = $1 FOR UPDATE NOWAIT', [id]);
      await holder.commitTransaction();
      await holder.release();
      await removing;
      expect(await rightOf(person, outer)).toBe('invisible');
      await expect(remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});
