import type { BatchOp, BatchOutcome, NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, DriveWorld, ops } from './testing/drive-world.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

let owner: Awaited<ReturnType<DriveWorld['owner']>>;
/** Three files, a, b and c, all of revision 1. */
let files: [NodeId, NodeId, NodeId];
beforeEach(async () => {
  owner = await world.owner();
  const made = ['a', 'b', 'c'].map((name) => ops.file(owner.rootId, name, { bytes: bytesOf('') }));
  await world.commit(owner.device, owner.spaceId, made);
  files = made.map((op) => op.nodeId) as typeof files;
});

const said = (outcome: BatchOutcome) => (outcome.status === 'refused' ? outcome.code : outcome.status);
const commit = async (batch: BatchOp[], by = owner.device) =>
  (await world.commit(by, owner.spaceId, batch, { atomic: true })).outcomes;
const rename = (file: number, name: string, ifMatch?: number) =>
  ops.move(files[file] as NodeId, owner.rootId, name, ifMatch);
async function names(): Promise<string[]> {
  const rows = await world.sql<{ id: NodeId; name: string }>(`SELECT id, name FROM node WHERE parent_id = $1`, [
    owner.rootId,
  ]);
  return files.map((id) => rows.find((row) => row.id === id)?.name ?? '');
}

describe('[I6] a swap or rotation with revisions that are not the newest', () => {
  it('changes nothing when one of its members is stale, whichever it is, and says which', async () => {
    await world.commit(owner.device, owner.spaceId, [ops.meta(files[1], true)]);
    const seqBefore = (await world.commit(owner.device, owner.spaceId, [ops.meta(files[1], true)])).seq;
    const rotation = [rename(0, 'b', 1), rename(1, 'c', 1), rename(2, 'a', 1)];
    const outcomes = await commit(rotation);
    // The first one's name is not free, since the second did not leave it: that is told, too.
    expect(outcomes.map(said)).toEqual(['NAME_TAKEN', 'REV_MISMATCH', 'BATCH_ABORTED']);
    expect(outcomes[1]).toMatchObject({ node: { id: files[1], rev: 2, name: 'b' } });
    expect(await names()).toEqual(['a', 'b', 'c']);
    const again = await commit([rename(0, 'b', 1), rename(1, 'c', 2), rename(2, 'a', 1)]);
    expect(again).toMatchObject([
      { status: 'done', node: { name: 'b', seq: seqBefore + 1 } },
      { status: 'done', node: { name: 'c' } },
      { status: 'done', node: { name: 'a', seq: seqBefore + 3 } },
    ]);
    expect(await names()).toEqual(['b', 'c', 'a']);
  });

  it('is answered as done when it is sent again, not swapped back', async () => {
    const swap = [rename(0, 'b', 1), rename(1, 'a', 1)];
    const first = await commit(swap);
    expect(await commit(swap)).toEqual(first);
    expect(await names()).toEqual(['b', 'a', 'c']);
  });

  it('of two devices at once is done by one of them, and the other is told', async () => {
    const other = await world.device(owner.person);
    const answers = await Promise.all([
      commit([rename(0, 'b', 1), rename(1, 'a', 1)]),
      commit([rename(0, 'b', 1), rename(1, 'c', 1), rename(2, 'a', 1)], other),
    ]);
    const words = answers.map((outcomes) => outcomes.map(said));
    expect(words.filter((each) => each.every((word) => word === 'done'))).toHaveLength(1);
    expect(words.flat().filter((word) => word === 'REV_MISMATCH').length).toBeGreaterThanOrEqual(1);
    expect((await names()).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('item by item does what still can be done, and nothing by half', async () => {
    await world.commit(owner.device, owner.spaceId, [ops.trash(files[2])]);
    const answer = await world.commit(owner.device, owner.spaceId, [
      rename(1, 'c', 1),
      rename(0, 'b', 1),
      rename(2, 'a', 1),
    ]);
    expect(answer.outcomes.map(said)).toEqual(['done', 'done', 'REV_MISMATCH']);
    expect(await names()).toEqual(['b', 'c', 'c']); // the one in the bin keeps its name
  });

  it('with the same node twice, each as the other left it, is one story', async () => {
    const outcomes = await commit([rename(0, 'x', 1), rename(0, 'y', 2), rename(1, 'x', 1)]);
    expect(outcomes.map(said)).toEqual(['done', 'done', 'done']);
    expect(await names()).toEqual(['y', 'x', 'c']);
    expect((await commit([rename(0, 'z', 3), rename(0, 'w', 3)])).map(said)).toEqual(['BATCH_ABORTED', 'REV_MISMATCH']);
    expect(await names()).toEqual(['y', 'x', 'c']);
  });

  it('of five hundred in a ring is one transaction', async () => {
    const folder = ops.folder(owner.rootId, 'ring');
    const ring = Array.from({ length: 499 }, (_, index) => ops.folder(folder.nodeId, `n${index}`));
    await world.commit(owner.device, owner.spaceId, [folder, ...ring]);
    const turned = ring.map(({ nodeId }, index) => ops.move(nodeId, folder.nodeId, `n${(index + 1) % 499}`, 1));
    expect(new Set((await commit(turned)).map(said))).toEqual(new Set(['done']));
    const stale = ring.map(({ nodeId }, index) => ops.move(nodeId, folder.nodeId, `n${index}`, index === 250 ? 1 : 2));
    const words = (await commit(stale)).map(said);
    expect([words.filter((word) => word === 'REV_MISMATCH').length, words[250]]).toEqual([1, 'REV_MISMATCH']);
  });
});
