import type { BatchOutcome } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonPrincipal } from '../platform/principal.ts';
import { bytesOf, DriveWorld, newId, ops } from './testing/drive-world.ts';
import { giveAtoms } from './testing/give-rights.ts';
import { commitTogether } from './testing/group-scene.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

/** In a team space with an admin, and an editor who has the root with a folder of it withheld. */
async function scene() {
  const admin = await world.person('drive_admin');
  const editor = await world.person();
  const space = await world.space('team', { teamId: await world.team() });
  const [open, hidden] = [ops.folder(space.rootId, 'open'), ops.folder(space.rootId, 'hidden')];
  const file = ops.file(space.rootId, 'file', { bytes: bytesOf('') });
  await world.commit(admin, space.spaceId, [open, hidden, file]);
  const to = toUser(editor);
  await world.folderGrants.set(admin, space.rootId, { ...to, role: 'editor' });
  await giveAtoms(world, { ...space, nodeId: hidden.nodeId }, editor, { atoms: [] });
  return { admin, editor, ...space, open, hidden, file };
}

const toUser = ({ userId }: PersonPrincipal) => ({
  to: { type: 'user' as const, id: userId },
  subTeams: true,
  expiresAt: null,
});
const refused = (outcomes: readonly BatchOutcome[]) =>
  outcomes.map((outcome) => (outcome.status === 'refused' ? [outcome.code, outcome.node?.id ?? null] : outcome.status));

describe('[PE-5] a name that is taken', () => {
  it('[G24] is answered with the node that has it, to the owner of the space', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [folder, file] = [ops.folder(rootId, 'A'), ops.file(rootId, 'f', { bytes: bytesOf('') })];
    const late = ops.folder(rootId, 'late');
    await world.commit(device, spaceId, [folder, file, late]);
    const { outcomes } = await world.commit(device, spaceId, [
      ops.folder(rootId, 'A'),
      ops.file(rootId, 'A', { bytes: bytesOf('') }),
      ops.move(late.nodeId, rootId, 'f'),
    ]);
    const taken = [
      ['NAME_TAKEN', folder.nodeId],
      ['NAME_TAKEN', folder.nodeId],
      ['NAME_TAKEN', file.nodeId],
    ];
    expect(refused(outcomes)).toEqual(taken);
    expect(outcomes[2]).toMatchObject({ node: { name: 'f', kind: 'file', rev: 1, size: 0 } });
  });

  it('is answered without it to whom it is hidden, whatever they send, and with it to whom it is not', async () => {
    const { admin, editor, spaceId, rootId, open, hidden, file } = await scene();
    const tries = () => [
      ops.folder(rootId, 'hidden'),
      ops.folder(rootId, 'file'),
      ops.move(open.nodeId, rootId, 'hidden'),
    ];
    expect(refused((await world.commit(editor, spaceId, tries())).outcomes)).toEqual([
      ['NAME_TAKEN', null],
      ['NAME_TAKEN', file.nodeId],
      ['NAME_TAKEN', null],
    ]);
    expect(refused((await world.commit(admin, spaceId, tries())).outcomes)).toEqual([
      ['NAME_TAKEN', hidden.nodeId],
      ['NAME_TAKEN', file.nodeId],
      ['NAME_TAKEN', hidden.nodeId],
    ]);
  });

  it('is answered to each of a group as each may see it', async () => {
    const { admin, editor, hidden, ...place } = await scene();
    const one = () => [ops.folder(place.rootId, 'hidden')];
    const results = await commitTogether(
      world,
      place,
      [
        { principal: editor, ops: one() },
        { principal: admin, ops: one() },
      ],
      { by: admin },
    );
    const answers = results.map((result) => (result.status === 'fulfilled' ? refused(result.value.outcomes) : result));
    expect(answers).toEqual([[['NAME_TAKEN', null]], [['NAME_TAKEN', hidden.nodeId]]]);
  });

  it('in an atomic batch is answered with what has it, and without what the batch itself put there', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [a, b] = [ops.folder(rootId, 'a'), ops.folder(rootId, 'b')];
    await world.commit(device, spaceId, [a, b]);
    const there = await world.commit(device, spaceId, [ops.folder(rootId, 'a')], { atomic: true });
    expect(refused(there.outcomes)).toEqual([['NAME_TAKEN', a.nodeId]]);
    const moved = await world.commit(device, spaceId, [ops.move(b.nodeId, rootId, 'c'), ops.folder(rootId, 'c')], {
      atomic: true,
    });
    expect(refused(moved.outcomes)).toEqual([
      ['NAME_TAKEN', null],
      ['NAME_TAKEN', null],
    ]);
  });

  it('is answered for what returns from the bin, to its place or to another one', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const first = ops.folder(rootId, 'name');
    await world.commit(device, spaceId, [first, ops.trash(first.nodeId)]);
    const second = ops.folder(rootId, 'name');
    await world.commit(device, spaceId, [second]);
    const elsewhere = { ...ops.restore(first.nodeId), to: { parentId: rootId, name: 'name' } };
    const { outcomes } = await world.commit(device, spaceId, [ops.restore(first.nodeId)]);
    const other = await world.commit(device, spaceId, [elsewhere]);
    expect([refused(outcomes), refused(other.outcomes)]).toEqual([
      [['NAME_TAKEN', second.nodeId]],
      [['NAME_TAKEN', second.nodeId]],
    ]);
  });

  it('cannot be found out by renaming a folder on whose way one may only pass', async () => {
    const { admin, spaceId, rootId, open, file } = await scene();
    const guest = await world.person();
    const to = toUser(guest);
    await world.folderGrants.set(admin, open.nodeId, { ...to, role: 'editor' });
    for (const name of ['file', 'hidden', `free ${newId()}`]) {
      expect(await world.one(guest, spaceId, ops.move(open.nodeId, rootId, name))).toMatchObject({
        code: 'FORBIDDEN',
        node: { id: open.nodeId },
      });
    }
    expect(file.nodeId).not.toBe(open.nodeId);
  });
});
