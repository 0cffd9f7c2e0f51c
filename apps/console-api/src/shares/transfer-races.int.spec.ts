import type { NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ops } from '../drive/testing/drive-world.ts';
import { queueFor } from '../drive/testing/group-scene.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { NoticeService } from '../notices/notice.service.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';
import { TRANSFERS_FOLDER, TransferService } from './transfer.service.ts';

let world: RetentionWorld;
let transfers: TransferService;
beforeAll(async () => {
  world = await RetentionWorld.open();
  const { access, browse, commits, database, hub } = world.drive;
  const { dataSource } = database;
  const notices = new NoticeService(dataSource, world.clock, hub, new JobRunner(dataSource, world.clock));
  transfers = new TransferService(dataSource, access, browse, commits, world.moves, notices);
});
afterAll(() => world.close());

describe('a transfer for which the receiver’s folder is taken away between the look and the lock', () => {
  it('[TA-2] comes into a new one', async () => {
    const [ada, ben] = [await world.drive.owner(), await world.drive.owner()];
    const far = await world.drive.space('team', { teamId: await world.drive.team([ben.person]) });
    await world.drive.grant(far.spaceId, far.rootId, { user: ben.person.userId }, 'synchronizer');
    const given = ['first', 'second', 'third'].map((name) => ops.folder(ada.rootId, name));
    await world.drive.commit(ada.person, ada.spaceId, given);
    const [first, second, third] = given.map(({ nodeId }) => nodeId) as [NodeId, NodeId, NodeId];
    const transfer = (nodeId: NodeId) => transfers.transfer(ada.person, nodeId, ben.person.userId);
    const folderOf = async (nodeId: NodeId) => {
      const { parentId } = await world.drive.browse.getNode(ben.person, nodeId);
      const folder = await world.drive.browse.getNode(ben.person, parentId!);
      expect(folder).toMatchObject({ name: TRANSFERS_FOLDER, parentId: ben.rootId, trashedAt: null });
      return folder.id;
    };
    await transfer(first);
    const old = await folderOf(first);
    const moveAway = () => world.moves.move(ben.person, old, { parentId: far.rootId });
    await queueFor(world.drive, ben.spaceId, [moveAway, () => transfer(second)]);
    const next = await folderOf(second);
    const trash = () => world.drive.commit(ben.person, ben.spaceId, [ops.trash(next)]);
    await queueFor(world.drive, ben.spaceId, [trash, () => transfer(third)]);
    await folderOf(third);
  });
});
