import { randomUUID } from 'node:crypto';
import type { ActionListId, Atom, FolderRole, NodeId, SpaceId, SyncRight, TeamId } from '@tideline/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PruneJob } from '../change-feed/prune.job.ts';
import { SpaceMoveService } from '../copies/space-move.service.ts';
import { bytesOf, chunkOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import { deleteActionList, insertActionList, updateActionList } from '../grants/action-list.store.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { MemberPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { findRestore } from './restore.store.ts';
import { RestoreWorld } from './testing/restore-world.ts';

const EVERYTHING: Atom[] = ['visible', 'list', 'preview', 'create', 'update', 'download', 'copy', 'move', 'delete'];
const SECRET = bytesOf('the only copy');
let world: RestoreWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RestoreWorld.open();
  drive = world.drive;
});
afterAll(() => drive.close());
afterEach(() => (world.limits = undefined));

type Right = { role?: FolderRole; syncRight?: SyncRight; actionListId?: ActionListId; expiresAt?: string };
type To = { readonly userId: string } | TeamId;

async function give(admin: PersonPrincipal, nodeId: NodeId, to: To, right: Right) {
  const identity =
    typeof to === 'string' ? ({ type: 'team', id: to } as const) : ({ type: 'user', id: to.userId } as const);
  await drive.folderGrants.set(admin, nodeId, { to: identity as never, subTeams: true, expiresAt: null, ...right });
}

/** A folder of a team space with an open part and one that is closed to the team; a member may do everything else. */
async function teamFolder() {
  const [admin, member, confidant] = [await drive.person('drive_admin'), await drive.person(), await drive.person()];
  const team = await drive.team([member, confidant]);
  const space = await drive.space('team', { teamId: team });
  const { spaceId } = space;
  await giveAtoms(drive, { spaceId, nodeId: space.rootId }, team, { atoms: EVERYTHING });
  const folder = ops.folder(space.rootId, 'folder');
  const [open, closed] = [ops.folder(folder.nodeId, 'open'), ops.folder(folder.nodeId, 'closed')];
  const files = [open, closed].map(({ nodeId }) => ops.file(nodeId, 'salaries', { bytes: SECRET }));
  await drive.commit(admin, spaceId, [folder, open, closed, ...files], { inline: [SECRET] });
  await giveAtoms(drive, { spaceId, nodeId: closed.nodeId }, team, { atoms: [] });
  const was = await world.tree(admin, spaceId, folder.nodeId);
  const ids = { folderId: folder.nodeId, openId: open.nodeId, closedId: closed.nodeId };
  const purge = async (nodeId: NodeId, how = {}) => {
    await drive.commit(admin, spaceId, [ops.trash(nodeId)]);
    await world.purge(spaceId, nodeId, how);
  };
  return { admin, member, confidant, team, ...space, ...ids, was, purge };
}

/** Every grant in the space below its root, but for its own id. */
async function grantsIn(spaceId: SpaceId, rootId: NodeId): Promise<Record<string, unknown>[]> {
  return drive.sql(
    `SELECT n.name, g.identity_id, g.role, g.atoms, g.action_list_id, g.sync_right, g.sub_teams, g.expires_at, g.sync_expires_at,
            g.created_by, g.created_at
     FROM folder_grant g JOIN node n ON n.enterprise_id = g.enterprise_id AND n.id = g.node_id
     WHERE g.space_id = $1 AND g.node_id <> $2 ORDER BY n.name, g.identity_id`,
    [spaceId, rootId],
  );
}

const shownTo = async (who: MemberPrincipal, spaceId: SpaceId, rootId: NodeId) =>
  (await world.tree(who, spaceId, rootId)).map((line) => line.split(' ')[0]);
const OPEN_PART = ['/open', '/open/salaries'];

describe('[VE-4] what was purged in a shared space', () => {
  it.each(['drive_admin', 'super_admin'] as const)('[PE-3] is made again for a %s, with its content', async (role) => {
    const { folderId, spaceId, openId, was, purge } = await teamFolder();
    const at = await world.moment();
    await purge(openId);
    const admin = await drive.person(role);
    const job = await world.restore(admin, folderId, at);
    expect(job).toMatchObject({ state: 'done', counts: { recreate: 2 }, refused: 0, gone: 0 });
    expect(await world.tree(admin, spaceId, folderId)).toEqual(was);
    const made = (await world.steps(admin, job)).find((step) => step.toPath === 'open/salaries');
    const { contentId } = await drive.contents.getContent(admin, made!.nodeId, undefined);
    expect(contentId).toBe(chunkOf(SECRET).hash);
  });

  it('[PE-5] is not made again for others, who are told how much it was and not what, before and after', async () => {
    const { member, confidant, folderId, openId, closedId, purge, admin } = await teamFolder();
    await give(admin, folderId, confidant, { role: 'owner' });
    const at = await world.moment();
    await purge(openId);
    await purge(closedId);
    for (const who of [member, confidant, await drive.device(admin)]) {
      const planned = await world.plan(who, folderId, at);
      expect(planned).toMatchObject({ state: 'planned', steps: 0 });
      expect(planned.gone).toBeGreaterThanOrEqual(2);
      expect(await world.apply(who, planned)).toMatchObject({ state: 'done', done: 0, gone: planned.gone });
    }
  });

  it('[PE-5] is not made again for who was a drive admin when it was planned and is none any more', async () => {
    const { admin, folderId, openId, spaceId, purge } = await teamFolder();
    const at = await world.moment();
    await purge(openId);
    const planned = await world.plan(admin, folderId, at);
    await giveAtoms(drive, { spaceId, nodeId: folderId }, admin, { atoms: EVERYTHING });
    await drive.sql(`UPDATE app_user SET role = 'user' WHERE id = $1`, [admin.userId]);
    const demoted = { ...admin, role: 'user' } as const;
    expect(await world.apply(demoted, planned)).toMatchObject({ state: 'failed', failure: 'FORBIDDEN', done: 0 });
  });
});

describe('[PE-6] a closed folder that is made again', () => {
  it.each([
    ['by itself', false],
    ['while it is still being cleared away', true],
  ])('is as closed as it was, at every step: %s', async (_, pending) => {
    const { admin, member, confidant, spaceId, rootId, folderId, closedId, was, purge } = await teamFolder();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await give(admin, closedId, confidant, { role: 'editor', expiresAt: later });
    await give(admin, closedId, confidant, { syncRight: 'backer' });
    await give(admin, closedId, await drive.person(), { syncRight: 'none' });
    const grants = await grantsIn(spaceId, rootId);
    expect(grants).toHaveLength(3);
    const at = await world.moment();
    await purge(closedId, { pending });
    expect(await shownTo(admin, spaceId, folderId)).toEqual(OPEN_PART);
    const [space] = await drive.sql<{ caps_rev: number }>(`SELECT caps_rev FROM space WHERE id = $1`, [spaceId]);
    const planned = await world.plan(admin, folderId, at);
    await world.restores.apply(admin, planned.id);
    world.limits = { planTimeoutMs: 60_000, steps: 1 };
    drive.hub.rights.length = 0;
    const never = AbortSignal.any([]);
    const restore = () => findRestore(drive.manager, { enterpriseId: drive.enterpriseId, id: planned.id });
    for (let state = await restore(); state?.state === 'applying'; state = await restore()) {
      await world.runner.runSlice(state, never);
      expect(await shownTo(member, spaceId, folderId)).toEqual(OPEN_PART);
    }
    expect(await world.tree(admin, spaceId, folderId)).toEqual(was);
    expect(await shownTo(confidant, spaceId, folderId)).toEqual(['/closed', '/closed/salaries', ...OPEN_PART]);
    const made = (await world.steps(admin, planned)).map((step) => step.nodeId);
    for (const id of made) {
      const code = 'NODE_UNKNOWN';
      await expect(drive.browse.getNode(member, id)).rejects.toMatchObject({ code });
      await expect(drive.contents.getContent(member, id, undefined)).rejects.toMatchObject({ code });
    }
    if (!pending) expect(await grantsIn(spaceId, rootId)).toEqual(grants);
    const [after] = await drive.sql<{ caps_rev: number }>(`SELECT caps_rev FROM space WHERE id = $1`, [spaceId]);
    expect(after!.caps_rev).toBeGreaterThan(space!.caps_rev);
    expect(drive.hub.rights).toEqual([spaceId]);
    await world.purges.clearAll(never);
    expect(await shownTo(member, spaceId, folderId)).toEqual(OPEN_PART);
  });

  it.each([
    ['with them', false],
    ['before them', true],
  ])('is so inside others that were purged %s', async (_, isBefore) => {
    const { admin, member, spaceId, rootId, folderId, closedId, was, purge } = await teamFolder();
    const top = ops.folder(rootId, 'top');
    await drive.commit(admin, spaceId, [top, ops.move(folderId, top.nodeId, 'folder')]);
    const at = await world.moment();
    if (isBefore) await purge(closedId);
    await purge(folderId);
    expect(await world.restore(admin, top.nodeId, at)).toMatchObject({ counts: { recreate: 5 }, refused: 0 });
    const made = await world.tree(admin, spaceId, top.nodeId);
    expect(made.filter((line) => line.startsWith('/folder/'))).toEqual(was.map((line) => `/folder${line}`));
    expect(await shownTo(member, spaceId, top.nodeId)).toEqual([
      '/folder',
      ...OPEN_PART.map((path) => `/folder${path}`),
    ]);
  });

  it('is so when it went to another space', async () => {
    const { admin, member, spaceId, folderId, closedId, was } = await teamFolder();
    const other = await drive.space('team', { teamId: await drive.team() });
    const at = await world.moment();
    const moves = new SpaceMoveService(drive.database.dataSource, drive.access, drive.hub);
    await moves.handOver(admin, closedId, {
      place: { parentId: other.rootId },
      receiver: { principal: admin, spaceId: other.spaceId },
      whenMoved: () => Promise.resolve(),
    });
    expect(await world.restore(admin, folderId, at)).toMatchObject({ counts: { recreate: 2 }, refused: 0 });
    expect(await world.tree(admin, spaceId, folderId)).toEqual(was);
    expect(await shownTo(member, spaceId, folderId)).toEqual(OPEN_PART);
  });

  it('[PE-5] is so in a personal space for whom a folder around it was shared with', async () => {
    const { person, spaceId, rootId } = await drive.owner();
    const guest = await drive.person();
    const [shared, closed] = [ops.folder(rootId, 'shared'), ops.folder(rootId, 'closed')];
    const file = ops.file(closed.nodeId, 'file', { bytes: SECRET });
    const into = ops.move(closed.nodeId, shared.nodeId, 'closed');
    await drive.commit(person, spaceId, [shared, closed, into, file], { inline: [SECRET] });
    await give(person, shared.nodeId, guest, { role: 'editor' });
    await giveAtoms(drive, { spaceId, nodeId: closed.nodeId }, guest, { atoms: [] });
    const at = await world.moment();
    await drive.commit(person, spaceId, [ops.trash(closed.nodeId)]);
    await world.purge(spaceId, closed.nodeId);
    expect(await world.restore(person, shared.nodeId, at)).toMatchObject({ counts: { recreate: 2 }, gone: 0 });
    expect(await shownTo(person, spaceId, shared.nodeId)).toEqual(['/closed', '/closed/file']);
    expect(await shownTo(guest, spaceId, shared.nodeId)).toEqual([]);
  });

  it('means by a list of actions what it means by now, and gives nothing to who is gone', async () => {
    const { admin, member, confidant, spaceId, rootId, folderId, closedId, purge } = await teamFolder();
    const { enterpriseId, manager } = drive;
    const lists = [randomUUID(), randomUUID()] as ActionListId[];
    for (const id of lists) await insertActionList(manager, enterpriseId, { id, name: id, atoms: ['visible', 'list'] });
    await give(admin, closedId, member, { actionListId: lists[0]! });
    await give(admin, closedId, confidant, { actionListId: lists[1]! });
    await give(admin, closedId, await drive.team([member]), { role: 'owner' });
    const at = await world.moment();
    await purge(closedId);
    await updateActionList(manager, enterpriseId, { id: lists[0]!, name: 'narrower', atoms: ['visible'] });
    expect(await deleteActionList(manager, enterpriseId, lists[1]!)).toBe(true);
    await drive.sql(
      `DELETE FROM team WHERE id IN (SELECT identity_id FROM past_grant WHERE role = 'owner' AND space_id = $1)`,
      [spaceId],
    );
    await world.restore(admin, folderId, at);
    const given = (await grantsIn(spaceId, rootId)).map(({ identity_id, atoms, action_list_id }) => [
      identity_id,
      atoms,
      action_list_id,
    ]);
    expect(new Set(given.map(([to]) => to)).size).toBe(3);
    expect(given).toContainEqual([member.userId, ['visible'], lists[0]]);
    expect(given).toContainEqual([confidant.userId, ['visible', 'list'], null]);
  });

  it('stays gone in a shared space, and is told so, when nobody knows any more to whom it was closed', async () => {
    const { admin, spaceId, folderId, openId, closedId, purge } = await teamFolder();
    const at = await world.moment();
    await purge(closedId);
    await drive.sql(`UPDATE space SET grants_from_seq = seq WHERE id = $1`, [spaceId]);
    await purge(openId);
    const job = await world.restore(admin, folderId, at);
    expect(job).toMatchObject({ state: 'done', counts: { recreate: 2 }, refused: 0, gone: 2 });
    expect(await shownTo(admin, spaceId, folderId)).toEqual(OPEN_PART);
  });
});

describe('what was given on folders that are gone', () => {
  it('is known for as long as they can be restored', async () => {
    const { spaceId, closedId, purge } = await teamFolder();
    await purge(closedId);
    const prune = async (days: number) => {
      await drive.sql(`UPDATE commit_token SET at = at - make_interval(days => $2) WHERE space_id = $1`, [
        spaceId,
        days,
      ]);
      const { dataSource } = drive.database;
      await new PruneJob(dataSource, world.clock, new JobRunner(dataSource, world.clock)).run(AbortSignal.any([]));
      return (await drive.sql(`SELECT FROM past_grant WHERE space_id = $1`, [spaceId])).length;
    };
    expect(await prune(364)).toBe(1);
    expect(await prune(2)).toBe(0);
  });
});
