import type { BatchOp, NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mirror } from '../change-feed/testing/mirror.ts';
import { bytesOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { dice } from '../testing/dice.ts';
import { RestoreWorld } from './testing/restore-world.ts';

let world: RestoreWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RestoreWorld.open();
  ({ drive } = world);
});
afterAll(() => drive.close());

async function scene() {
  const owner = await drive.owner();
  const folder = ops.folder(owner.rootId, 'F');
  await drive.commit(owner.device, owner.spaceId, [folder]);
  const commit = (...batch: BatchOp[]) => drive.commit(owner.device, owner.spaceId, batch);
  const save = async (op: BatchOp & { nodeId: NodeId }, text: string) => {
    await drive.commit(owner.device, owner.spaceId, [op], { inline: [bytesOf(text)] });
    return op.nodeId;
  };
  const file = (parentId: NodeId, name: string, text = name) =>
    save(ops.file(parentId, name, { bytes: bytesOf(text) }), text);
  const edit = (nodeId: NodeId, text: string) => save({ ...ops.put(nodeId, { bytes: bytesOf(text) }), nodeId }, text);
  const place = async (nodeId: NodeId) => {
    const [row] = await drive.sql<{ parent_id: string; name: string; trashed: boolean }>(
      `SELECT parent_id, name, trashed_at IS NOT NULL AS trashed FROM node WHERE id = $1`,
      [nodeId],
    );
    return row && { parentId: row.parent_id, name: row.name, trashed: row.trashed };
  };
  return { ...owner, folderId: folder.nodeId, commit, file, edit, place };
}

describe('[VE-4] what happens between the preview and its restore', () => {
  it('[BI-5] takes nothing away that was moved to safety, edited, or filled since', async () => {
    const { person, rootId, folderId, commit, file, edit, place } = await scene();
    const at = await world.moment();
    const [rescued, edited, unseen] = [
      await file(folderId, 'rescued'),
      await file(folderId, 'edited'),
      await file(folderId, 'old'),
    ];
    const filled = ops.folder(folderId, 'filled');
    await commit(filled);
    const planned = await world.plan(person, folderId, at);
    expect(planned.counts).toEqual({ trash: 4 });
    await commit(ops.move(rescued, rootId, 'rescued'));
    await edit(edited, 'worth keeping');
    await file(filled.nodeId, 'new in it');
    const done = await world.apply(person, planned);
    expect(done).toMatchObject({ state: 'done', done: 1, refused: 3 });
    const told = (await world.steps(person, done)).map((step) => [step.nodeId, step.code]);
    expect(new Map(told as [string, string | null][])).toEqual(
      new Map([
        [rescued, 'REV_MISMATCH'],
        [edited, 'REV_MISMATCH'],
        [filled.nodeId, 'SUBTREE_CHANGED'],
        [unseen, null],
      ]),
    );
    expect(await place(rescued)).toEqual({ parentId: rootId, name: 'rescued', trashed: false });
    for (const nodeId of [edited, filled.nodeId]) expect(await place(nodeId)).toMatchObject({ trashed: false });
    expect(await place(unseen)).toMatchObject({ trashed: true });
  });

  it('leaves what somebody put in its way, and says which step that was', async () => {
    const { person, folderId, commit, file, place } = await scene();
    const moved = await file(folderId, 'name');
    const at = await world.moment();
    await commit(ops.move(moved, folderId, 'other name'));
    const planned = await world.plan(person, folderId, at);
    const usurper = await file(folderId, 'name', 'somebody’s');
    const done = await world.apply(person, planned);
    expect(done).toMatchObject({ state: 'done', done: 0, refused: 1 });
    expect((await world.steps(person, done)).map((step) => step.code)).toEqual(['NAME_TAKEN']);
    expect([await place(moved), await place(usurper)]).toMatchObject([{ name: 'other name' }, { name: 'name' }]);
  });

  it.each([1, 2, 3])(
    '[SA-1] [SA-2] moves and saves at the same time lose nothing and leave the feed true (seed %i)',
    async (seed) => {
      const { person, device, spaceId, folderId, rootId, commit, file, edit } = await scene();
      const next = dice(seed);
      const folders = [ops.folder(folderId, 'a'), ops.folder(folderId, 'b'), ops.folder(folderId, 'c')];
      await commit(...folders);
      const files: NodeId[] = [];
      for (let index = 0; index < 12; index++) {
        files.push(await file(folders[index % 3]!.nodeId, `f${index}`, `first of ${index}`));
      }
      const mirror = await new Mirror(world.feed, { principal: device, spaceId, rootId }).start();
      const at = await world.moment();
      for (const [index, nodeId] of files.entries()) {
        if (index % 2 === 0) await edit(nodeId, `second of ${index}`);
        else await commit(ops.move(nodeId, folders[next(3)]!.nodeId, `moved ${index}`));
      }
      const planned = await world.plan(person, folderId, at);
      const others = Array.from({ length: 20 }, (_, step) => {
        const nodeId = files[next(files.length)]!;
        const folder = folders[next(3)]!.nodeId;
        return [
          () => commit(ops.move(nodeId, folder, `raced ${step}`)),
          () => edit(nodeId, `third ${step}`),
          () => commit(ops.trash(nodeId)),
          () => file(folder, `made ${step}`),
        ][next(4)]!();
      });
      const [done] = await Promise.all([world.apply(person, planned), ...others]);
      expect(done.state).toBe('done');
      expect(done.done + done.refused).toBe(done.steps);
      await mirror.catchUp(4);
      expect(mirror.digest()).toBe((await world.digest(person, spaceId, rootId)).digest);
      const [lost] = await drive.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM node_history h WHERE h.space_id = $1 AND h.version_id IS NOT NULL
         AND NOT EXISTS (SELECT FROM version v WHERE v.id = h.version_id AND v.released_at IS NULL)`,
        [spaceId],
      );
      expect(lost?.count).toBe(0);
    },
  );
});
