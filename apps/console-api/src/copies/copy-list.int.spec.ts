import { SpaceJobsQuery, type NodeId, type SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, ops } from '../drive/testing/drive-world.ts';
import { plantFiles } from '../drive/testing/plant-files.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';
import { CopyListService } from './copy-list.service.ts';

let world: RetentionWorld;
let lists: CopyListService;
beforeAll(async () => {
  world = await RetentionWorld.open();
  lists = new CopyListService(world.drive.database.dataSource, world.drive.access);
});
afterAll(() => world.close());

const list = (principal: MemberPrincipal, spaceId: SpaceId, page: object = {}) =>
  lists.list(principal, spaceId, SpaceJobsQuery.parse(page));

/** A team space in which two people may copy, with a folder that takes longer than a request, and one that does not. */
async function scene() {
  const { drive } = world;
  const [admin, one, other] = [await drive.person('drive_admin'), await drive.person(), await drive.person()];
  const space = await drive.space('team', { teamId: await drive.team([one, other]) });
  for (const { userId } of [one, other]) {
    await drive.grant(space.spaceId, space.rootId, { user: userId }, 'synchronizer');
  }
  const [large, small] = [ops.folder(space.rootId, 'large'), ops.folder(space.rootId, 'small')];
  await drive.commit(admin, space.spaceId, [large, small]);
  await plantFiles(drive, { ...space, folderId: large.nodeId }, 3000);
  const copy = (who: MemberPrincipal, nodeId: typeof large.nodeId, name: string) =>
    world.copy(who, nodeId, { parentId: space.rootId, name });
  return { ...space, admin, one, other, copy, large: large.nodeId, small: small.nodeId };
}

describe('the copies of a space', () => {
  it('are told with who asked, how far they are and how they ended, the newest first', async () => {
    const { spaceId, one, copy, large, small } = await scene();
    const done = await copy(one, small, 'done');
    const begun = await copy(one, large, 'running');
    const [row] = await world.drive.sql<{ name: string }>(`SELECT name FROM app_user WHERE id = $1`, [one.userId]);
    const told = { by: { id: one.userId, name: row?.name }, refusal: null, leftOut: 0 };
    expect(await list(one, spaceId)).toEqual({
      copies: [
        expect.objectContaining({ ...told, ...begun, state: 'running' }),
        expect.objectContaining({ ...told, ...done, state: 'done', copiedNodes: 1 }),
      ],
      next: null,
    });
    await world.copies.cancel(one, begun.copyId);
    expect((await list(one, spaceId)).copies[0]).toMatchObject({ copyId: begun.copyId, state: 'cancelled' });
  });

  it('are everybody’s own business, and that of a drive admin, who can end them from here', async () => {
    const { spaceId, admin, one, other, copy, large } = await scene();
    const [of, theirs] = [await copy(one, large, 'one'), await copy(other, large, 'other')];
    const idsFor = async (who: MemberPrincipal) => (await list(who, spaceId)).copies.map(({ copyId }) => copyId);
    expect(await idsFor(one)).toEqual([of.copyId]);
    expect(await idsFor(other)).toEqual([theirs.copyId]);
    expect(await idsFor(admin)).toEqual([theirs.copyId, of.copyId]);
    for (const { copyId, state } of (await list(admin, spaceId)).copies) {
      expect(state).toBe('running');
      expect(await world.copies.cancel(admin, copyId)).toMatchObject({ state: 'cancelled' });
    }
    expect((await list(other, spaceId)).copies).toMatchObject([{ state: 'cancelled' }]);
  });

  it('[PE-5] are not there for whoever sees nothing of the space, and name no node that the caller does not see', async () => {
    const { spaceId, admin, one, small, rootId } = await scene();
    await expect(list(await world.drive.person(), spaceId)).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    await expect(list(one, newId<NodeId>() as string as SpaceId)).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    const guest = await world.drive.person();
    const into = ops.folder(rootId, 'into');
    await world.drive.commit(admin, spaceId, [into]);
    for (const nodeId of [small, into.nodeId]) {
      await world.drive.grant(spaceId, nodeId, { user: guest.userId }, 'synchronizer');
    }
    expect(await world.copy(guest, small, { parentId: into.nodeId })).toMatchObject({ node: { name: 'small' } });
    await world.drive.sql(`DELETE FROM folder_grant WHERE node_id = $1`, [into.nodeId]);
    expect((await list(guest, spaceId)).copies).toMatchObject([{ state: 'done', node: null }]);
  });

  it('come page by page, and files that were copied at once are not among them', async () => {
    const { spaceId, rootId, admin, one, copy, small } = await scene();
    const file = ops.file(rootId, 'file', { chunks: [] });
    await world.drive.commit(admin, spaceId, [file]);
    const made: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      made.unshift((await copy(one, small, name)).copyId);
      await copy(one, file.nodeId, `${name} file`);
    }
    const seen: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await list(one, spaceId, { ...(after === undefined ? {} : { after }), limit: 2 });
      expect(page.copies.length).toBeLessThanOrEqual(2);
      seen.push(...page.copies.map(({ copyId }) => copyId));
      after = page.next;
    }
    expect(seen).toEqual(made);
  });
});
