import type { Atom, BatchOp, NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MemberPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';
import { bytesOf, collect, ops, type DriveWorld } from './testing/drive-world.ts';
import { giveAtoms } from './testing/give-rights.ts';

let world: RetentionWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
  ({ drive } = world);
  world.clock.advance(3_600_000); // the drive's own clock is the real one
});
afterAll(() => world.close());

let admin: PersonPrincipal;
let person: PersonPrincipal;
let space: Awaited<ReturnType<DriveWorld['space']>>;
/** /kept/{secret,sub/} is backed up by the person, who reads /open and what is in it. */
let at: Record<'kept' | 'secret' | 'sub' | 'open' | 'box', NodeId>;
beforeEach(async () => {
  [admin, person] = [await drive.person('drive_admin'), await drive.person()];
  space = await drive.space('team', { teamId: await drive.team() });
  const [kept, open] = [ops.folder(space.rootId, 'kept'), ops.folder(space.rootId, 'open')];
  const bytes = bytesOf('what nobody is to read');
  const secret = ops.file(kept.nodeId, 'secret', { bytes });
  const [sub, box] = [ops.folder(kept.nodeId, 'sub'), ops.folder(open.nodeId, 'box')];
  await drive.commit(admin, space.spaceId, [kept, open, secret, sub, box], { inline: [bytes] });
  at = { kept: kept.nodeId, secret: secret.nodeId, sub: sub.nodeId, open: open.nodeId, box: box.nodeId };
  await drive.grant(space.spaceId, at.kept, { user: person.userId }, 'backer');
  await drive.grant(space.spaceId, at.open, { user: person.userId }, 'synchronizer');
});

const said = async (who: MemberPrincipal, operations: readonly BatchOp[], more: { atomic?: boolean } = {}) => {
  const { outcomes } = await drive.commit(who, space.spaceId, operations, more);
  return outcomes.map((each) => (each.status === 'done' ? 'done' : [each.code, each.node?.id ?? null]));
};
const read = (who: MemberPrincipal, nodeId: NodeId) =>
  drive.contents.getContent(who, nodeId, undefined).then(
    async (content) => String(await collect(drive.contents.read(who, content, { start: 0, end: content.size }))),
    (error: { code: string }) => error.code,
  );
const give = (nodeId: NodeId, atoms: readonly Atom[]) => giveAtoms(drive, { ...space, nodeId }, person, { atoms });
const forbidden = (nodeId: NodeId | null) => ['FORBIDDEN', nodeId];

describe('[PE-6] a Backer reads what they backed up by no move', () => {
  it('of the file itself, of a folder with it, or from the bin; and works on in the folder as before', async () => {
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
    const tries = [ops.move(at.secret, at.open, 'mine'), ops.move(at.sub, at.box, 'mine')];
    expect(await said(person, tries)).toEqual([forbidden(at.secret), forbidden(at.sub)]);
    expect(await said(person, [ops.move(at.secret, at.sub, 'moved'), ops.move(at.sub, at.kept, 'name')])).toEqual([
      ...['done', 'done'],
    ]);
    expect(await said(person, [ops.move(at.sub, at.open, 'mine')])).toEqual([forbidden(at.sub)]);
    expect(await said(person, [ops.trash(at.sub)])).toEqual(['done']);
    const to = { parentId: at.open, name: 'mine' };
    expect(await said(person, [{ ...ops.restore(at.sub), to } as BatchOp])).toEqual([forbidden(at.sub)]);
    expect(await said(person, [ops.restore(at.sub)])).toEqual(['done']);
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
    expect(await said(admin, [ops.move(at.secret, at.open, 'published')])).toEqual(['done']);
    expect(await read(person, at.secret)).toBe('what nobody is to read');
  });

  it('by a device as by its person, and by a list of actions with `move` alone', async () => {
    const device = await drive.device(person);
    expect(await said(device, [ops.move(at.secret, at.open, 'mine')])).toEqual([forbidden(at.secret)]);
    const other = await drive.person();
    const toOther = (nodeId: NodeId, atoms: readonly Atom[]) =>
      giveAtoms(drive, { ...space, nodeId }, other, { atoms });
    await toOther(at.kept, ['visible', 'list', 'move']);
    await toOther(at.open, ['visible', 'list', 'create', 'preview']);
    expect(await said(other, [ops.move(at.secret, at.open, 'mine')])).toEqual([forbidden(at.secret)]);
    await toOther(at.kept, ['visible', 'list', 'move', 'preview']);
    expect(await said(other, [ops.move(at.secret, at.open, 'looked at')])).toEqual(['done']);
  });

  it.each([false, true])('in steps of one batch (atomic: %s)', async (atomic) => {
    const into = ops.folder(at.kept, 'into');
    const steps = [into, ops.move(at.secret, into.nodeId, 's'), ops.move(into.nodeId, at.open, 'into')];
    expect((await said(person, steps, { atomic })).flat()).toContain('FORBIDDEN');
    const there = [
      ops.move(at.box, at.kept, 'box'),
      ops.move(at.secret, at.box, 's'),
      ops.move(at.box, at.open, 'box'),
    ];
    expect((await said(person, there, { atomic })).flat()).toContain('FORBIDDEN');
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
  });

  it('[PE-4] by the folder around a part that says one thing itself and has the other from above; told is which', async () => {
    const outer = ops.folder(space.rootId, 'outer');
    const part = ops.folder(outer.nodeId, 'part');
    await drive.commit(admin, space.spaceId, [outer, part, ops.move(at.secret, part.nodeId, 'secret')]);
    await give(outer.nodeId, ['visible', 'list', 'preview', 'download', 'move', 'delete', 'create']);
    await give(part.nodeId, ['visible', 'list', 'move', 'delete', 'create']);
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
    const narrow = ['SUBTREE_FORBIDDEN', part.nodeId];
    expect(await said(person, [ops.move(outer.nodeId, at.open, 'o')])).toEqual([narrow]);
    expect(await said(person, [ops.trash(outer.nodeId)])).toEqual(['done']);
    const to = { parentId: at.open, name: 'o' };
    expect(await said(person, [{ ...ops.restore(outer.nodeId), to } as BatchOp])).toEqual([narrow]);
    expect(await said(person, [ops.restore(outer.nodeId)])).toEqual(['done']);
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
  });

  it('[VE-2] by the way home of the bin, where the folder with the right is gone', async () => {
    await drive.grant(space.spaceId, space.rootId, { user: person.userId }, 'synchronizer');
    expect(await said(person, [ops.trash(at.secret), ops.trash(at.kept)])).toEqual(['done', 'done']);
    expect(await world.bin.restore(person, space.spaceId, [at.secret])).toMatchObject([
      { status: 'refused', code: 'FORBIDDEN' },
    ]);
    expect(await said(person, [ops.restore(at.secret)])).toEqual([forbidden(at.secret)]);
    expect(await world.bin.restore(person, space.spaceId, [at.kept, at.secret])).toMatchObject([
      ...[{ status: 'restored' }, { status: 'restored' }],
    ]);
    expect(await read(person, at.secret)).toBe('FORBIDDEN');
  });
});

describe('[PE-6] [VE-2] a purge opens nothing of what outlives it', () => {
  it('to who could see more of it in the folder above: refused, until that has gone first or goes with it', async () => {
    await drive.grant(space.spaceId, space.rootId, { user: person.userId }, 'synchronizer');
    await drive.commit(admin, space.spaceId, [ops.trash(at.sub)]);
    expect(await said(person, [ops.trash(at.secret), ops.trash(at.kept)])).toEqual(['done', 'done']);
    const refused = { status: 'refused', nodeId: at.kept, code: 'SUBTREE_FORBIDDEN' };
    const purge = async (...ids: NodeId[]) => (await world.purges.purge(person, space.spaceId, ids)).items;
    expect(await purge(at.kept)).toEqual([refused]);
    expect(await purge(at.kept, at.secret)).toEqual([refused, { status: 'purged', nodeId: at.secret }]);
    expect(await purge(at.kept, at.sub)).toMatchObject([{ status: 'purged' }, { status: 'purged' }]);
  });

  it('and is as free as before where the folder above shows no more, nothing is left in it, or the purger reads it all', async () => {
    expect(await said(person, [ops.trash(at.secret), ops.trash(at.kept)])).toEqual(['done', 'done']);
    const { items } = await world.purges.purge(person, space.spaceId, [at.kept]);
    expect(items).toMatchObject([{ status: 'purged' }]);
    await drive.grant(space.spaceId, space.rootId, { user: person.userId }, 'synchronizer');
    await drive.grant(space.spaceId, at.open, { user: person.userId }, 'backer');
    expect(await said(person, [ops.trash(at.open)])).toEqual(['done']);
    expect((await world.purges.purge(person, space.spaceId, [at.open])).items).toMatchObject([{ status: 'purged' }]);
  });
});

describe('what the reading rule costs', () => {
  const count = (operations: readonly BatchOp[]) =>
    countStatements(async () => {
      expect(await said(person, operations)).toEqual(operations.map(() => 'done'));
    });

  it('no statement for files, be it one or 500, within a folder, among folders of equal rights, or to where less is read', async () => {
    const bytes = bytesOf('');
    const files = Array.from({ length: 500 }, (_, index) => ops.file(at.box, `f${index}`, { bytes }));
    await drive.commit(admin, space.spaceId, files);
    const ids = files.map(({ nodeId }) => nodeId);
    const renamed = await count(ids.map((nodeId, index) => ops.move(nodeId, at.box, `g${index}`)));
    const moved = await count(ids.map((nodeId, index) => ops.move(nodeId, at.open, `g${index}`)));
    const hidden = await count(ids.map((nodeId, index) => ops.move(nodeId, at.kept, `g${index}`)));
    expect([moved, hidden]).toEqual([renamed, renamed]);
  });

  it('none for folders either: what is asked of narrower parts answers this, too', async () => {
    const folders = Array.from({ length: 40 }, (_, index) => ops.folder(at.box, `d${index}`));
    await drive.commit(admin, space.spaceId, folders);
    const renamed = await count(folders.map(({ nodeId }, index) => ops.move(nodeId, at.box, `e${index}`)));
    const moved = await count(folders.map(({ nodeId }, index) => ops.move(nodeId, at.open, `e${index}`)));
    expect(moved).toBe(renamed);
  });
});
