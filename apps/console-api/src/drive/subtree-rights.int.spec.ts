import type { Atom, BatchOutcome, NodeId, SetFolderGrant } from '@tideline/contracts';
import { ATOMS } from '@tideline/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PersonPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';
import type { DriveWorld } from './testing/drive-world.ts';
import { bytesOf, newId, ops } from './testing/drive-world.ts';
import { giveAtoms } from './testing/give-rights.ts';
import { queueFor } from './testing/group-scene.ts';

let world: RetentionWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
  ({ drive } = world);
  world.clock.advance(3_600_000); // the drive's own clock is the real one
});
afterAll(() => world.close());

const except = (...atoms: Atom[]) => ATOMS.filter((atom) => !atoms.includes(atom));
const said = (outcome: BatchOutcome) =>
  outcome.status === 'refused' ? [outcome.code, outcome.node?.id ?? null] : 'done';
const toUser = ({ userId }: PersonPrincipal): Pick<SetFolderGrant, 'to' | 'subTeams' | 'expiresAt'> => ({
  to: { type: 'user', id: userId },
  subTeams: true,
  expiresAt: null,
});

let admin: PersonPrincipal;
let editor: PersonPrincipal;
let space: Awaited<ReturnType<DriveWorld['space']>>;
/** /outer/mid/inner/file and /other; the editor has all of it, until something is narrowed. */
let tree: { outer: NodeId; mid: NodeId; inner: NodeId; file: NodeId; other: NodeId };
beforeEach(async () => {
  [admin, editor] = [await drive.person('drive_admin'), await drive.person()];
  space = await drive.space('team', { teamId: await drive.team() });
  const outer = ops.folder(space.rootId, 'outer');
  const mid = ops.folder(outer.nodeId, 'mid');
  const inner = ops.folder(mid.nodeId, 'inner');
  const file = ops.file(inner.nodeId, 'file', { bytes: bytesOf('') });
  const other = ops.folder(space.rootId, 'other');
  await drive.commit(admin, space.spaceId, [outer, mid, inner, file, other]);
  await drive.folderGrants.set(admin, space.rootId, { ...toUser(editor), role: 'editor' });
  tree = Object.fromEntries(
    Object.entries({ outer, mid, inner, file, other }).map(([name, op]) => [name, op.nodeId]),
  ) as typeof tree;
});

const makeFile = async () => {
  const file = ops.file(space.rootId, 'alone', { bytes: bytesOf('') });
  await drive.commit(admin, space.spaceId, [file]);
  return file.nodeId;
};
const narrow = (nodeId: NodeId, atoms: readonly Atom[], more: { expiresAt?: Date } = {}) =>
  giveAtoms(drive, { ...space, nodeId }, editor, { atoms, ...more });
const tries = (...operations: Parameters<typeof drive.commit>[2][number][]) =>
  Promise.all(operations.map(async (op) => said(await drive.one(editor, space.spaceId, op))));

describe('[PE-4] a folder with a part that its editor may do less with', () => {
  it('is not trashed with what may not be deleted, and the answer says where that is', async () => {
    await narrow(tree.inner, except('delete'));
    const answers = await tries(
      ops.trash(tree.outer),
      ops.trash(tree.mid),
      ops.trash(tree.inner),
      ops.trash(tree.other),
    );
    expect(answers).toEqual([
      ['SUBTREE_FORBIDDEN', tree.inner],
      ['SUBTREE_FORBIDDEN', tree.inner],
      ['FORBIDDEN', tree.inner],
      'done',
    ]);
    const { outcomes } = await drive.commit(editor, space.spaceId, [ops.trash(tree.outer)], { atomic: true });
    expect(outcomes.map(said)).toEqual([['SUBTREE_FORBIDDEN', tree.inner]]);
    expect(said(await drive.one(admin, space.spaceId, ops.trash(tree.outer)))).toBe('done');
  });

  it('[PE-5] is not told what is hidden in it, only that there is something', async () => {
    await narrow(tree.inner, []);
    expect(await tries(ops.trash(tree.outer))).toEqual([['SUBTREE_FORBIDDEN', null]]);
    await narrow(tree.mid, except('delete'));
    expect(await tries(ops.trash(tree.outer))).toEqual([['SUBTREE_FORBIDDEN', tree.mid]]);
  });

  it('is not moved to another folder with what may not be moved, and may be renamed', async () => {
    await narrow(tree.inner, except('move'));
    expect(
      await tries(ops.move(tree.outer, tree.other, 'outer'), ops.move(tree.outer, space.rootId, 'new name')),
    ).toEqual([['SUBTREE_FORBIDDEN', tree.inner], 'done']);
    await narrow(tree.inner, except('delete'));
    expect(await tries(ops.move(tree.outer, tree.other, 'outer'))).toEqual(['done']);
  });

  it('[VE-2] is not purged by who may not delete all of it, alone or with the whole bin', async () => {
    await drive.commit(admin, space.spaceId, [ops.trash(tree.outer), ops.trash(tree.other)]);
    await narrow(tree.inner, except('delete'));
    const { items } = await world.purges.purge(editor, space.spaceId, [tree.outer]);
    expect(items).toEqual([{ status: 'refused', nodeId: tree.outer, code: 'SUBTREE_FORBIDDEN' }]);
    expect(await world.purges.empty(editor, space.spaceId, undefined)).toMatchObject({ purged: 1, kept: 1 });
    expect(await world.purges.empty(admin, space.spaceId, undefined)).toMatchObject({ purged: 1, kept: 0 });
  });

  it('is as free as before when that part waits in the bin by itself: it is not touched', async () => {
    await narrow(tree.inner, except('delete', 'move'));
    await drive.commit(admin, space.spaceId, [ops.trash(tree.inner)]);
    expect(await tries(ops.move(tree.outer, tree.other, 'outer'))).toEqual(['done']);
    expect(await tries(ops.trash(tree.outer))).toEqual(['done']);
    const { items } = await world.purges.purge(editor, space.spaceId, [tree.outer]);
    expect(items).toEqual([{ status: 'purged', nodeId: tree.outer }]);
    const { nodes } = await world.bin.list(admin, space.spaceId, { limit: 10 });
    expect(nodes.map((node) => node.id)).toEqual([tree.inner]);
  });

  describe('around something that waits in the bin by itself', () => {
    const purge = async (who: PersonPrincipal, ...nodeIds: NodeId[]) =>
      (await world.purges.purge(who, space.spaceId, nodeIds)).items.map(({ status }) => status);
    const seenBy = async (who: PersonPrincipal) =>
      (await world.bin.list(who, space.spaceId, { limit: 10 })).nodes.map(({ id }) => id);

    it('[PE-6] is purged together with it only, where somebody would see it in the folder above', async () => {
      const member = await drive.person();
      await giveAtoms(drive, { ...space, nodeId: space.rootId }, member, { atoms: ['visible', 'list'] });
      await giveAtoms(drive, { ...space, nodeId: tree.inner }, member, { atoms: [] });
      await drive.commit(admin, space.spaceId, [ops.trash(tree.file)]);
      await drive.commit(admin, space.spaceId, [ops.trash(tree.outer)]);
      expect(await seenBy(member)).toEqual([tree.outer]);
      expect(await purge(admin, tree.outer)).toEqual(['refused']);
      expect(await seenBy(member)).toEqual([tree.outer]);
      expect(await purge(admin, tree.outer, tree.file)).toEqual(['purged', 'purged']);
      expect(await seenBy(member)).toEqual([]);
    });

    it('[PE-6] is purged alone where nobody would, and where that itself is closed', async () => {
      const member = await drive.person();
      await giveAtoms(drive, { ...space, nodeId: tree.inner }, member, { atoms: ATOMS }); // a wider part
      await drive.commit(admin, space.spaceId, [ops.trash(tree.file)]);
      await drive.commit(admin, space.spaceId, [ops.trash(tree.inner)]);
      expect(await purge(admin, tree.inner)).toEqual(['purged']);
      const closed = ops.folder(tree.outer, 'closed');
      await drive.commit(admin, space.spaceId, [closed]);
      await narrow(closed.nodeId, []);
      await drive.commit(admin, space.spaceId, [ops.trash(closed.nodeId)]);
      await drive.commit(admin, space.spaceId, [ops.trash(tree.outer)]);
      expect(await purge(admin, tree.outer)).toEqual(['purged']);
      expect(await seenBy(editor)).toEqual([tree.file]);
    });

    it('[PE-5] is purged by its owner with what a guest was kept from, and not around it', async () => {
      const ann = await drive.owner();
      const guest = await drive.person();
      const [shared, inside] = [ops.folder(ann.rootId, 'shared'), newId<NodeId>()];
      const secret = ops.file(inside, 'secret', { bytes: bytesOf('') });
      await drive.commit(ann.person, ann.spaceId, [shared, ops.folder(shared.nodeId, 'inside', inside), secret]);
      await drive.folderGrants.set(ann.person, shared.nodeId, { ...toUser(guest), role: 'viewer' });
      await giveAtoms(drive, { ...ann, nodeId: inside }, guest, { atoms: [] });
      await drive.commit(ann.person, ann.spaceId, [ops.trash(secret.nodeId)]);
      await drive.commit(ann.person, ann.spaceId, [ops.trash(inside)]);
      const { items } = await world.purges.purge(ann.person, ann.spaceId, [inside]);
      expect(items).toMatchObject([{ status: 'refused', code: 'SUBTREE_FORBIDDEN' }]);
      expect((await world.bin.list(guest, ann.spaceId, { limit: 10 })).nodes).toEqual([]);
      expect(await world.purges.empty(ann.person, ann.spaceId, undefined)).toMatchObject({ purged: 2, kept: 0 });
    });
  });

  it('is free again with the end of what was narrower', async () => {
    await narrow(tree.inner, [], { expiresAt: new Date(Date.now() - 1000) });
    expect(await tries(ops.trash(tree.outer))).toEqual(['done']);
  });

  it('is judged for teams as for people: the nearest identity decides in the part, too', async () => {
    const member = await drive.person();
    const teamId = await drive.team([member]);
    await giveAtoms(drive, { ...space, nodeId: space.rootId }, teamId, { atoms: ATOMS });
    await giveAtoms(drive, { ...space, nodeId: tree.inner }, teamId, { atoms: ['visible', 'list'] });
    const trash = async () => said(await drive.one(member, space.spaceId, ops.trash(tree.outer)));
    expect(await trash()).toEqual(['SUBTREE_FORBIDDEN', tree.inner]);
    await giveAtoms(drive, { ...space, nodeId: tree.inner }, member, { atoms: ATOMS });
    expect(await trash()).toBe('done');
  });

  it('keeps a folder of the owner’s from who received a share around it; the owner is never in the way', async () => {
    const ann = await drive.owner();
    const guest = await drive.person();
    const shared = ops.folder(ann.rootId, 'shared');
    const closed = ops.folder(shared.nodeId, 'closed');
    await drive.commit(ann.person, ann.spaceId, [shared, closed]);
    const [sub] = [ops.folder(shared.nodeId, 'sub')];
    await drive.commit(ann.person, ann.spaceId, [sub, ops.move(closed.nodeId, sub.nodeId, 'closed')]);
    await drive.folderGrants.set(ann.person, shared.nodeId, { ...toUser(guest), role: 'editor' });
    await giveAtoms(drive, { ...ann, nodeId: closed.nodeId }, guest, { atoms: [] });
    expect(said(await drive.one(guest, ann.spaceId, ops.trash(sub.nodeId)))).toEqual(['SUBTREE_FORBIDDEN', null]);
    expect(said(await drive.one(ann.person, ann.spaceId, ops.trash(sub.nodeId)))).toBe('done');
  });

  it('is judged by the rights that hold when its turn comes: those that come between the look and the lock count', async () => {
    const [, [answer]] = await queueFor(drive, space.spaceId, [
      () => drive.folderGrants.set(admin, tree.inner, { ...toUser(editor), role: 'viewer' }),
      () => tries(ops.trash(tree.outer)),
    ]);
    expect(answer).toEqual(['SUBTREE_FORBIDDEN', tree.inner]);
    const [, [atOnce]] = await queueFor(drive, space.spaceId, [
      () => drive.folderGrants.set(admin, tree.inner, { ...toUser(editor), role: 'editor' }),
      () => tries(ops.trash(tree.outer)),
    ]);
    expect(atOnce).toBe('done');
  });

  it('is judged by what lies in it when its turn comes: a part that was moved in meanwhile counts', async () => {
    await narrow(tree.inner, except('delete'));
    const [, [answer]] = await queueFor(drive, space.spaceId, [
      () => drive.commit(admin, space.spaceId, [ops.move(tree.inner, tree.other, 'inner')]),
      () => tries(ops.trash(tree.other)),
    ]);
    expect(answer).toEqual(['SUBTREE_FORBIDDEN', tree.inner]);
  });

  it('[VE-2] is not purged either by rights that ended between the look and the lock', async () => {
    await drive.commit(admin, space.spaceId, [ops.trash(tree.outer)]);
    const [, { items }] = await queueFor(drive, space.spaceId, [
      () => drive.folderGrants.set(admin, tree.inner, { ...toUser(editor), role: 'viewer' }),
      () => world.purges.purge(editor, space.spaceId, [tree.outer]),
    ]);
    expect(items).toEqual([{ status: 'refused', nodeId: tree.outer, code: 'SUBTREE_FORBIDDEN' }]);
  });

  it('costs one statement more than a file where the space has no parts with rights of their own', async () => {
    const count = (...trashed: NodeId[]) =>
      countStatements(async () => {
        const { outcomes } = await drive.commit(
          editor,
          space.spaceId,
          trashed.map((id) => ops.trash(id)),
        );
        expect(outcomes.map(said)).toEqual(trashed.map(() => 'done'));
      });
    expect((await count(tree.outer, tree.other)) - (await count(await makeFile()))).toBe(1);
  });

  it('costs as many statements for many folders with such parts as for few', async () => {
    const counted: number[] = [];
    for (const size of [2, 40]) {
      const outers = Array.from({ length: size }, (_, index) => ops.folder(tree.other, `${size} ${index}`));
      const inners = outers.map(({ nodeId }) => ops.folder(nodeId, 'part'));
      await drive.commit(admin, space.spaceId, [...outers, ...inners]);
      for (const { nodeId } of inners) await narrow(nodeId, except('delete'));
      const trashes = outers.map(({ nodeId }) => ops.trash(nodeId));
      counted.push(
        await countStatements(async () => {
          const { outcomes } = await drive.commit(editor, space.spaceId, trashes);
          expect(outcomes.map(said)).toEqual(inners.map(({ nodeId }) => ['SUBTREE_FORBIDDEN', nodeId]));
        }),
      );
    }
    expect(counted[1]).toBe(counted[0]);
  });
});
