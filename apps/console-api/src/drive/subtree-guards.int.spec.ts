import type { BatchOp, BatchOutcome, NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../testing/count-statements.ts';
import { bytesOf, DriveWorld, newId, ops } from './testing/drive-world.ts';
import { giveAtoms } from './testing/give-rights.ts';
import { plantFiles } from './testing/plant-files.ts';
import { GUARD_READS } from './subtree-guards.store.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

const told = (outcome: BatchOutcome | undefined) => (outcome?.status === 'refused' ? outcome.code : outcome?.status);
const trash = (nodeId: NodeId, ifSubtreeSeq: number): BatchOp => ops.trash(nodeId, { ifSubtreeSeq });

describe('ifSubtreeSeq', () => {
  it('[BI-5] is looked at folder by folder, each with its own seq, also far up', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [busy, calm, late] = ['busy', 'calm', 'late'].map((name) => ops.folder(rootId, name));
    const inner = ops.folder(busy!.nodeId, 'inner');
    const { seq } = await world.commit(device, spaceId, [busy!, calm!, late!, inner]);
    const [deep, inLate] = [ops.folder(inner.nodeId, 'deep'), ops.folder(late!.nodeId, 'x')];
    const after = await world.commit(device, spaceId, [deep, inLate]);
    const asked = [trash(busy!.nodeId, seq), trash(calm!.nodeId, seq), trash(late!.nodeId, after.seq)];
    const { outcomes } = await world.commit(device, spaceId, asked);
    expect(outcomes.map(told)).toEqual(['SUBTREE_CHANGED', 'done', 'done']);
  });

  it('costs nothing of nodes that are not there, of files, and of folders that the caller may not take away', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const file = ops.file(rootId, 'f', { bytes: bytesOf('f') });
    await world.commit(device, spaceId, [file], { inline: [bytesOf('f')] });
    const counted = async (nodeId: NodeId, code: string) => {
      const plain = await countStatements(async () =>
        expect(told(await world.one(device, spaceId, ops.trash(nodeId)))).toBe(code),
      );
      if (code === 'done') await world.one(device, spaceId, ops.restore(nodeId));
      const guarded = await countStatements(async () =>
        expect(told(await world.one(device, spaceId, trash(nodeId, 0)))).toBe(code),
      );
      return guarded - plain;
    };
    expect(await counted(newId<NodeId>(), 'NODE_UNKNOWN')).toBe(0);
    expect(await counted(file.nodeId, 'done')).toBe(0);

    const admin = await world.person('drive_admin');
    const [uploader, team] = [await world.person(), await world.space('enterprise')];
    const closed = ops.folder(team.rootId, 'closed');
    await world.commit(admin, team.spaceId, [closed]);
    const place = { spaceId: team.spaceId, nodeId: closed.nodeId };
    await giveAtoms(world, place, uploader, { atoms: ['visible', 'list', 'create'] });
    const attempts = [ops.trash(closed.nodeId), trash(closed.nodeId, 0)].map(
      (op) => () => world.one(uploader, team.spaceId, op),
    );
    const [plain, guarded] = [await countStatements(attempts[0]!), await countStatements(attempts[1]!)];
    expect(told(await attempts[1]!())).toBe('FORBIDDEN');
    expect(guarded).toBe(plain);
  });

  it('[BI-5] that is older than what is read of the past still holds for what is small, and not for what was changed', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [calm, busy] = [ops.folder(rootId, 'calm'), ops.folder(rootId, 'busy')];
    const inner = [ops.folder(calm.nodeId, 'inner'), ops.folder(busy.nodeId, 'inner')];
    const { seq } = await world.commit(device, spaceId, [calm, busy, ...inner]);
    await world.commit(device, spaceId, [ops.folder(inner[1]!.nodeId, 'new')]);
    await world.sql(`UPDATE space SET seq = seq + $2 WHERE id = $1`, [spaceId, GUARD_READS]);
    const { outcomes } = await world.commit(device, spaceId, [trash(calm.nodeId, seq), trash(busy.nodeId, seq)]);
    expect(outcomes.map(told)).toEqual(['done', 'SUBTREE_CHANGED']);
  });

  it('[BI-5] counts as broken where more would have to be read, and holds again with a newer seq', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const large = ops.folder(rootId, 'large');
    await world.commit(device, spaceId, [large]);
    await plantFiles(world, { spaceId, folderId: large.nodeId }, GUARD_READS);
    const { seq } = await world.commit(device, spaceId, [ops.folder(rootId, 'beside')]);
    await world.sql(`UPDATE space SET seq = seq + $2 WHERE id = $1`, [spaceId, GUARD_READS + 1]);
    expect(told(await world.one(device, spaceId, trash(large.nodeId, seq)))).toBe('SUBTREE_CHANGED');
    expect(told(await world.one(device, spaceId, trash(large.nodeId, seq + 1)))).toBe('done');
  });
});
