import { randomUUID } from 'node:crypto';
import type { BatchOp, BatchOutcome, NodeId, OpId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemberPrincipal } from '../platform/principal.ts';
import { bodyOf, bytesOf, chunkOf, DriveWorld, newId, ops } from './testing/drive-world.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

const told = (outcome: BatchOutcome | undefined) => (outcome?.status === 'refused' ? outcome.code : outcome?.status);
const all = (answer: { outcomes: BatchOutcome[] }) => answer.outcomes.map(told);

describe('refusals and tenancy', () => {
  it('[PE-5] refuses a batch in another person’s personal space as an unknown space, also to admins', async () => {
    const ann = await world.owner();
    for (const role of ['user', 'super_admin', 'drive_admin'] as const) {
      const other = await world.person(role);
      const attempt = world.commit(other, ann.spaceId, [ops.folder(ann.rootId, 'x')]);
      await expect(attempt).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    }
  });

  it('keeps enterprises apart: ids of one mean nothing in the other', async () => {
    const ann = await world.owner();
    const elsewhere = await DriveWorld.open();
    try {
      const eve = await elsewhere.owner();
      const attempt = elsewhere.commit(eve.device, ann.spaceId, [ops.folder(ann.rootId, 'x')]);
      await expect(attempt).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    } finally {
      await elsewhere.close();
    }
    const foreign = { ...ann.device, enterpriseId: randomUUID() as typeof ann.device.enterpriseId };
    await expect(world.commit(foreign, ann.spaceId, [ops.folder(ann.rootId, 'x')])).rejects.toMatchObject({
      code: 'SPACE_UNKNOWN',
    });
  });

  it('[PE-2] lets a viewer of a team space write nothing', async () => {
    const member = await world.person();
    const teamId = await world.team([member]);
    const space = await world.space('team', { teamId });
    await expect(world.commit(member, space.spaceId, [ops.folder(space.rootId, 'x')])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('[PE-1] lets a Backer write below the granted folder and nowhere else', async () => {
    const admin = await world.person('drive_admin');
    const backer = await world.person();
    const space = await world.space('team', { teamId: await world.team() });
    const [granted, other] = [ops.folder(space.rootId, 'granted'), ops.folder(space.rootId, 'other')];
    await world.commit(admin, space.spaceId, [granted, other]);
    await world.grant(space.spaceId, granted.nodeId, { user: backer.userId }, 'backer');
    const inside = ops.folder(granted.nodeId, 'a');
    const answer = await world.commit(backer, space.spaceId, [
      inside,
      ops.folder(inside.nodeId, 'deeper'),
      ops.folder(other.nodeId, 'b'),
      ops.folder(space.rootId, 'c'),
      ops.move(inside.nodeId, other.nodeId, 'a'),
      ops.trash(other.nodeId),
    ]);
    expect(all(answer)).toEqual([
      'done',
      'done',
      'PARENT_UNKNOWN',
      'FORBIDDEN', // the way to the granted folder is visible, and closed
      'PARENT_UNKNOWN',
      'NODE_UNKNOWN',
    ]);
  });

  it('tells nothing of an invisible node, also by its state', async () => {
    const ann = await world.owner();
    const bob = await world.owner();
    const secret = ops.folder(ann.rootId, 'secret');
    await world.commit(ann.device, ann.spaceId, [secret]);
    const answer = await world.commit(bob.device, bob.spaceId, [
      ops.trash(secret.nodeId),
      ops.folder(secret.nodeId, 'x'),
      ops.folder(bob.rootId, 'mine', secret.nodeId),
    ]);
    expect(answer.outcomes).toMatchObject([
      { code: 'NODE_UNKNOWN', node: null },
      { code: 'PARENT_UNKNOWN', node: null },
      { code: 'NODE_ID_TAKEN', node: null },
    ]);
  });
});

describe('operations', () => {
  it('creates a tree with inline bytes in one batch, parents before children in the order of seqs', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const folder = ops.folder(rootId, 'Docs');
    const bytes = bytesOf('hello');
    const file = ops.file(folder.nodeId, 'a.txt', { bytes });
    const answer = await world.commit(
      device,
      spaceId,
      [folder, file, ops.file(folder.nodeId, 'empty', { bytes: bytesOf('') })],
      {
        inline: [bytes],
      },
    );
    expect(all(answer)).toEqual(['done', 'done', 'done']);
    expect(answer.seq).toBe(4);
    expect(answer.outcomes[1]).toMatchObject({
      node: {
        name: 'a.txt',
        rev: 1,
        seq: 3,
        contentId: chunkOf(bytes).hash,
        size: 5,
        mtimeMs: 1000.5,
        trashedAt: null,
      },
    });
    expect(world.hub.nudges.at(-1)).toEqual({ spaceId, seq: 4 });
  });

  it('answers a repeated batch as before and does nothing again', async () => {
    const { device, person, spaceId, rootId } = await world.owner();
    const bytes = bytesOf('once');
    const batch = [ops.folder(rootId, 'F'), ops.file(rootId, 'f', { bytes })];
    const first = await world.commit(device, spaceId, batch, { inline: [bytes] });
    const again = await world.commit(device, spaceId, batch, { inline: [bytes] });
    expect(again).toEqual(first);
    const grown = await world.commit(device, spaceId, [...batch, ops.folder(rootId, 'G')], { inline: [bytes] });
    expect(grown.outcomes.slice(0, 2)).toEqual(first.outcomes);
    expect(grown.seq).toBe(first.seq + 1);
    const byAnother = await world.commit(person, spaceId, [batch[0]!]);
    expect(all(byAnother)).toEqual(['NODE_ID_TAKEN']); // answers are per actor: nobody reads another's
  });

  it('retries a refused operation with the same opId', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const bytes = bytesOf('late bytes');
    const op = ops.file(rootId, 'late', { bytes });
    expect(told(await world.one(device, spaceId, op))).toBe('CHUNKS_MISSING');
    expect(told(await world.one(device, spaceId, op, [bytes]))).toBe('done');
  });

  it('[I6] refuses a change whose ifMatch is not the head, with the present state', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const file = ops.file(rootId, 'f', { bytes: bytesOf('1') });
    await world.commit(device, spaceId, [file], { inline: [bytesOf('1')] });
    expect(
      told(await world.one(device, spaceId, ops.put(file.nodeId, { bytes: bytesOf('2') }, 1), [bytesOf('2')])),
    ).toBe('done');
    for (const late of [
      ops.put(file.nodeId, { bytes: bytesOf('1') }, 1),
      ops.move(file.nodeId, rootId, 'g', 1),
      ops.trash(file.nodeId, { ifMatch: 1 }),
    ]) {
      expect(await world.one(device, spaceId, late)).toMatchObject({ code: 'REV_MISMATCH', node: { rev: 2, size: 1 } });
    }
    expect(told(await world.one(device, spaceId, ops.put(file.nodeId, { bytes: bytesOf('1') })))).toBe('done');
  });

  it('refuses each item alone and goes on with the others', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [a, b] = [ops.folder(rootId, 'A'), ops.folder(rootId, 'B')];
    const file = ops.file(a.nodeId, 'f', { bytes: bytesOf('') });
    await world.commit(device, spaceId, [a, b, file]);
    const answer = await world.commit(device, spaceId, [
      ops.folder(rootId, 'A'),
      ops.folder(newId(), 'x'),
      ops.folder(file.nodeId, 'x'),
      ops.trash(newId()),
      ops.trash(rootId),
      ops.move(rootId, a.nodeId, 'x'),
      ops.put(a.nodeId, { bytes: bytesOf('') }),
      ops.restore(a.nodeId),
      ops.move(a.nodeId, b.nodeId, 'A'),
      ops.move(b.nodeId, a.nodeId, 'B'),
      ops.folder(rootId, 'C'),
    ]);
    expect(all(answer)).toEqual([
      'NAME_TAKEN',
      'PARENT_UNKNOWN',
      'PARENT_NOT_FOLDER',
      'NODE_UNKNOWN',
      'ROOT_IMMUTABLE',
      'ROOT_IMMUTABLE',
      'KIND_MISMATCH',
      'NOT_TRASHED',
      'done',
      'MOVE_CYCLE',
      'done',
    ]);
    expect(answer.outcomes[0]).toMatchObject({ node: { id: a.nodeId, name: 'A' } });
  });

  it('[BI-8] holds names that differ only in case or look, and takes both forms of one name for the same', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const answer = await world.commit(device, spaceId, [
      ops.folder(rootId, 'Über'),
      ops.folder(rootId, 'über'),
      ops.folder(rootId, 'U\u0308ber'),
      ops.folder(rootId, ' a '),
      ops.folder(rootId, 'a'),
      ops.folder(rootId, 'ä'.repeat(127)),
    ]);
    expect(all(answer)).toEqual(['done', 'done', 'NAME_TAKEN', 'done', 'done', 'done']);
  });

  it('swaps and rotates names in an atomic batch, and not item by item', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const files = ['a', 'b', 'c'].map((name) => ops.file(rootId, name, { bytes: bytesOf('') }));
    await world.commit(device, spaceId, files);
    const rotation = () => files.map((file, index) => ops.move(file.nodeId, rootId, ['b', 'c', 'a'][index]!));
    expect(all(await world.commit(device, spaceId, rotation()))).toEqual(['NAME_TAKEN', 'NAME_TAKEN', 'NAME_TAKEN']);
    expect(all(await world.commit(device, spaceId, rotation(), { atomic: true }))).toEqual(['done', 'done', 'done']);
    const swap = [ops.move(files[0]!.nodeId, rootId, 'c'), ops.move(files[1]!.nodeId, rootId, 'b')];
    expect(all(await world.commit(device, spaceId, swap, { atomic: true }))).toEqual(['done', 'done']);
  });

  it('turns parent and child round in an atomic batch', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const outer = ops.folder(rootId, 'outer');
    const inner = ops.folder(outer.nodeId, 'inner');
    await world.commit(device, spaceId, [outer, inner]);
    const flip = [ops.move(outer.nodeId, inner.nodeId, 'outer'), ops.move(inner.nodeId, rootId, 'inner')];
    expect(all(await world.commit(device, spaceId, flip, { atomic: true }))).toEqual(['done', 'done']);
    const ring = [ops.move(inner.nodeId, outer.nodeId, 'inner'), ops.folder(rootId, 'x')];
    expect(all(await world.commit(device, spaceId, ring, { atomic: true }))).toEqual(['MOVE_CYCLE', 'BATCH_ABORTED']);
  });

  it('does nothing of an atomic batch of which one operation is refused', async () => {
    const { device, spaceId, rootId } = await world.owner();
    await world.commit(device, spaceId, [ops.folder(rootId, 'taken')]);
    const batch = [ops.folder(rootId, 'new'), ops.folder(rootId, 'taken')];
    const answer = await world.commit(device, spaceId, batch, { atomic: true });
    expect(all(answer)).toEqual(['BATCH_ABORTED', 'NAME_TAKEN']);
    expect(answer.seq).toBe(2);
    expect(await world.sql(`SELECT 1 FROM node WHERE space_id = $1 AND name = 'new'`, [spaceId])).toEqual([]);
  });

  it('refuses to create, move or write below a trashed ancestor', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const top = ops.folder(rootId, 'top');
    const mid = ops.folder(top.nodeId, 'mid');
    const file = ops.file(mid.nodeId, 'f', { bytes: bytesOf('') });
    const other = ops.folder(rootId, 'other');
    await world.commit(device, spaceId, [top, mid, file, other, ops.trash(top.nodeId)]);
    const answer = await world.commit(device, spaceId, [
      ops.folder(mid.nodeId, 'x'),
      ops.move(other.nodeId, mid.nodeId, 'x'),
      ops.put(file.nodeId, { bytes: bytesOf('') }),
      ops.put(top.nodeId, { bytes: bytesOf('') }),
      ops.move(top.nodeId, other.nodeId, 'top'),
      ops.trash(top.nodeId),
    ]);
    expect(all(answer)).toEqual([
      'PARENT_TRASHED',
      'PARENT_TRASHED',
      'PARENT_TRASHED',
      'KIND_MISMATCH',
      'NODE_TRASHED',
      'NODE_TRASHED',
    ]);
    expect(all(await world.commit(device, spaceId, [ops.move(mid.nodeId, other.nodeId, 'rescued')]))).toEqual(['done']);
  });

  it('[VE-2] restores the same node, unless its name is taken, after the folder that returns in the same batch', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const folder = ops.folder(rootId, 'F');
    const inner = ops.folder(folder.nodeId, 'inner');
    await world.commit(device, spaceId, [folder, inner, ops.trash(inner.nodeId), ops.trash(folder.nodeId)]);
    const usurper = ops.folder(rootId, 'F');
    expect(
      all(await world.commit(device, spaceId, [ops.restore(inner.nodeId), usurper, ops.restore(folder.nodeId)])),
    ).toEqual(['PARENT_TRASHED', 'done', 'NAME_TAKEN']);
    const answer = await world.commit(device, spaceId, [
      ops.move(usurper.nodeId, rootId, 'G'),
      ops.restore(folder.nodeId),
      ops.restore(inner.nodeId),
    ]);
    expect(all(answer)).toEqual(['done', 'done', 'done']);
    expect(answer.outcomes[1]).toMatchObject({ node: { id: folder.nodeId, name: 'F', trashedAt: null } });
  });

  describe('[VE-2] restoring below folders that are gone', () => {
    async function trashedBelow() {
      const { device, spaceId, rootId } = await world.owner();
      const top = ops.folder(rootId, 'top');
      const mid = ops.folder(top.nodeId, 'mid');
      const file = ops.file(mid.nodeId, 'f', { bytes: bytesOf('') });
      await world.commit(device, spaceId, [top, mid, file, ops.trash(file.nodeId), ops.trash(top.nodeId)]);
      return { device, spaceId, rootId, top, mid, file };
    }
    const children = async (device: MemberPrincipal, id: NodeId) =>
      (await world.browse.listFolder(device, id, { limit: 10 })).nodes;

    it.each([true, false])('makes them again, with the same id for what returns (atomic: %s)', async (atomic) => {
      const { device, spaceId, rootId, file } = await trashedBelow();
      const { outcomes } = await world.commit(device, spaceId, [ops.restore(file.nodeId)], { atomic });
      expect(outcomes).toMatchObject([{ status: 'done', node: { id: file.nodeId, name: 'f', trashedAt: null } }]);
      const [top] = await children(device, rootId);
      const [mid] = await children(device, top!.id);
      expect([top!.name, mid!.name, await children(device, mid!.id)]).toMatchObject([
        'top',
        'mid',
        [{ id: file.nodeId }],
      ]);
    });

    it('uses those that are there again, also when the batch itself just made them', async () => {
      const { device, spaceId, rootId, file } = await trashedBelow();
      const again = ops.folder(rootId, 'top');
      await world.commit(device, spaceId, [again]);
      const mid = ops.folder(again.nodeId, 'mid');
      const { outcomes } = await world.commit(device, spaceId, [mid, ops.restore(file.nodeId)]);
      expect(outcomes[1]).toMatchObject({ status: 'done', node: { parentId: mid.nodeId } });
    });

    it('keeps the seqs of the feed without a gap, and is told to readers with its new folders', async () => {
      const { device, spaceId, file } = await trashedBelow();
      const before = await world.commit(device, spaceId, [ops.trash(newId())]);
      const after = await world.commit(device, spaceId, [ops.restore(file.nodeId)]);
      expect(after.seq).toBe(before.seq + 3);
      const rows = await world.sql<{ seq: string }>(
        `SELECT from_seq AS seq FROM node_history WHERE space_id = $1 AND from_seq > $2 ORDER BY 1`,
        [spaceId, before.seq],
      );
      expect(rows.map((row) => Number(row.seq))).toEqual([1, 2, 3].map((step) => before.seq + step));
    });

    it('changes nothing when a file has a name of the path, or the name of what returns', async () => {
      const { device, spaceId, rootId, file } = await trashedBelow();
      const usurper = ops.file(rootId, 'top', { bytes: bytesOf('') });
      await world.commit(device, spaceId, [usurper]);
      const { seq, outcomes } = await world.commit(device, spaceId, [ops.restore(file.nodeId)]);
      expect(outcomes).toMatchObject([{ code: 'NAME_TAKEN', node: { id: usurper.nodeId } }]);
      const top = ops.folder(rootId, 'top');
      const mid = ops.folder(top.nodeId, 'mid');
      const other = ops.file(mid.nodeId, 'f', { bytes: bytesOf('') });
      await world.commit(device, spaceId, [ops.trash(usurper.nodeId), top, mid, other]);
      const refused = await world.commit(device, spaceId, [ops.restore(file.nodeId)]);
      expect([refused.outcomes, refused.seq]).toMatchObject([[{ code: 'NAME_TAKEN' }], seq + 4]);
    });

    it('[PE-6] needs the right to create where they are made again', async () => {
      const team = await world.space('team', { teamId: await world.team(), name: 'Restoring' });
      const admin = await world.person('drive_admin');
      const top = ops.folder(team.rootId, 'top');
      const file = ops.file(top.nodeId, 'f', { bytes: bytesOf('') });
      await world.commit(admin, team.spaceId, [top, file, ops.trash(file.nodeId), ops.trash(top.nodeId)]);
      const guest = await world.person();
      await world.grant(team.spaceId, top.nodeId, { user: guest.userId }, 'synchronizer');
      expect(await world.one(guest, team.spaceId, ops.restore(file.nodeId))).toMatchObject({ status: 'refused' });
      expect(await world.one(admin, team.spaceId, ops.restore(file.nodeId))).toMatchObject({ status: 'done' });
    });
  });

  it('refuses to trash a folder below which something changed since', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const folder = ops.folder(rootId, 'F');
    const inner = ops.folder(folder.nodeId, 'inner');
    const { seq } = await world.commit(device, spaceId, [folder, inner]);
    const beside = await world.commit(device, spaceId, [ops.folder(rootId, 'beside')]);
    await world.commit(device, spaceId, [ops.folder(inner.nodeId, 'new')]);
    expect(told(await world.one(device, spaceId, ops.trash(folder.nodeId, { ifSubtreeSeq: seq })))).toBe(
      'SUBTREE_CHANGED',
    );
    expect(told(await world.one(device, spaceId, ops.trash(folder.nodeId, { ifSubtreeSeq: beside.seq + 1 })))).toBe(
      'done',
    );
  });

  it('refuses to move or rename a folder below which something changed since', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [folder, other] = [ops.folder(rootId, 'F'), ops.folder(rootId, 'other')];
    const inner = ops.folder(folder.nodeId, 'inner');
    const { seq } = await world.commit(device, spaceId, [folder, other, inner]);
    const late = await world.commit(device, spaceId, [ops.folder(inner.nodeId, 'new')]);
    const moved = ops.move(folder.nodeId, other.nodeId, 'F');
    for (const move of [moved, ops.move(folder.nodeId, rootId, 'G'), ops.move(folder.nodeId, rootId, 'F')])
      expect(told(await world.one(device, spaceId, { ...move, ifSubtreeSeq: seq } as BatchOp))).toBe('SUBTREE_CHANGED');
    const both = [{ ...moved, ifSubtreeSeq: seq } as BatchOp, ops.move(other.nodeId, rootId, 'other name')];
    const { outcomes } = await world.commit(device, spaceId, both, { atomic: true });
    expect(outcomes.map(told)).toEqual(['SUBTREE_CHANGED', 'BATCH_ABORTED']);
    expect(told(await world.one(device, spaceId, { ...moved, ifSubtreeSeq: late.seq } as BatchOp))).toBe('done');
  });

  it('[BI-6] changes metadata without a version, and nothing when nothing differs', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const file = ops.file(rootId, 'run.sh', { bytes: bytesOf('') });
    await world.commit(device, spaceId, [file]);
    expect(await world.one(device, spaceId, ops.meta(file.nodeId, true))).toMatchObject({
      node: { exec: true, rev: 2 },
    });
    expect(await world.one(device, spaceId, ops.meta(file.nodeId, true))).toMatchObject({
      status: 'done',
      node: { rev: 2 },
    });
    expect(await world.sql(`SELECT 1 FROM version WHERE node_id = $1`, [file.nodeId])).toHaveLength(1);
  });

  it('[UP-10] keeps every version with its author, device and origin', async () => {
    const { device, person, spaceId, rootId } = await world.owner();
    const [one, two, three] = [bytesOf('one'), bytesOf('two'), bytesOf('three')];
    const file = ops.file(rootId, 'f', { bytes: one });
    await world.commit(device, spaceId, [file], { inline: [one], origin: 'upload' });
    await world.commit(device, spaceId, [ops.put(file.nodeId, { bytes: two })], { inline: [two] });
    await world.commit(person, spaceId, [ops.put(file.nodeId, { bytes: three })], { inline: [three] });
    const versions = await world.sql(
      `SELECT origin, author_user_id, author_device_id FROM version WHERE node_id = $1 ORDER BY id`,
      [file.nodeId],
    );
    expect(versions).toEqual([
      { origin: 'upload', author_user_id: person.userId, author_device_id: device.deviceId },
      { origin: 'sync', author_user_id: person.userId, author_device_id: device.deviceId },
      { origin: 'web', author_user_id: person.userId, author_device_id: null },
    ]);
  });

  it('[VE-4] writes one history row per state, without gap or overlap', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const file = ops.file(rootId, 'f', { bytes: bytesOf('') });
    await world.commit(device, spaceId, [file, ops.move(file.nodeId, rootId, 'g'), ops.trash(file.nodeId)]);
    await world.commit(device, spaceId, [ops.restore(file.nodeId)]);
    const rows = await world.sql(
      `SELECT from_seq::int, to_seq::int, name, trashed, rev FROM node_history WHERE node_id = $1 ORDER BY from_seq`,
      [file.nodeId],
    );
    expect(rows).toEqual([
      { from_seq: 2, to_seq: 3, name: 'f', trashed: false, rev: 1 },
      { from_seq: 3, to_seq: 4, name: 'g', trashed: false, rev: 2 },
      { from_seq: 4, to_seq: 5, name: 'g', trashed: true, rev: 3 },
      { from_seq: 5, to_seq: null, name: 'g', trashed: false, rev: 4 },
    ]);
  });

  it('[VE-3] refuses what does not fit into the quota and takes what does', async () => {
    const person = await world.person();
    const space = await world.space('personal', { ownerUserId: person.userId, quotaBytes: 10 });
    const [six, four, one] = [bytesOf('123456'), bytesOf('1234'), bytesOf('1')];
    const batch = [six, six, four, one].map((bytes, index) => ops.file(space.rootId, `f${index}`, { bytes }));
    const answer = await world.commit(person, space.spaceId, batch, { inline: [six, four, one] });
    expect(all(answer)).toEqual(['done', 'QUOTA_EXCEEDED', 'done', 'QUOTA_EXCEEDED']);
    expect(told(await world.one(person, space.spaceId, ops.folder(space.rootId, 'free')))).toBe('done');
  });

  it('answers the same new id in two spaces at once as taken, in one of them', async () => {
    const [ann, bob] = [await world.owner(), await world.owner()];
    const nodeId = newId<NodeId>();
    const both = await Promise.all(
      [ann, bob].map((owner) => world.one(owner.device, owner.spaceId, ops.folder(owner.rootId, 'same', nodeId))),
    );
    expect(both.map(told).sort()).toEqual(['NODE_ID_TAKEN', 'done']);
  });

  it('gives two batches at once consecutive seqs and only one of them the name', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.one(device, spaceId, ops.folder(rootId, 'the one'))),
    );
    expect(answers.map(told).filter((word) => word === 'done')).toHaveLength(1);
    expect(answers.map(told).filter((word) => word === 'NAME_TAKEN')).toHaveLength(7);
  });
});

describe('bytes', () => {
  it('[D27] refuses a manifest that names a chunk the caller may not use, as missing', async () => {
    const ann = await world.owner();
    const bob = await world.owner();
    const secret = bytesOf(`secret ${randomUUID()}`);
    await world.commit(ann.device, ann.spaceId, [ops.file(ann.rootId, 's', { bytes: secret })], { inline: [secret] });
    const outcome = await world.one(bob.device, bob.spaceId, ops.file(bob.rootId, 'stolen', { bytes: secret }));
    expect(outcome).toMatchObject({ code: 'CHUNKS_MISSING', missing: [chunkOf(secret).hash], node: null });
    expect(
      told(await world.one(bob.device, bob.spaceId, ops.file(bob.rootId, 'mine', { bytes: secret }), [secret])),
    ).toBe('done');
  });

  it('takes a chunk of a version the caller may download, and one the device sent before', async () => {
    const { person, device, spaceId, rootId } = await world.owner();
    const bytes = bytesOf(`known ${randomUUID()}`);
    await world.commit(device, spaceId, [ops.file(rootId, 'a', { bytes })], { inline: [bytes] });
    expect(told(await world.one(person, spaceId, ops.file(rootId, 'copy', { bytes })))).toBe('done');
  });

  it('[D26] lets a Backer’s device use again what it sent itself, for seven days, and not what others sent', async () => {
    const admin = await world.person('drive_admin');
    const backer = await world.person();
    const [first, second] = [await world.device(backer), await world.device(backer)];
    const space = await world.space('team', { teamId: await world.team() });
    await world.grant(space.spaceId, space.rootId, { user: backer.userId }, 'backer');
    const [bytes, foreign] = [bytesOf(`own ${randomUUID()}`), bytesOf(`foreign ${randomUUID()}`)];
    await world.commit(first, space.spaceId, [ops.file(space.rootId, 'a', { bytes })], { inline: [bytes] });
    await world.commit(admin, space.spaceId, [ops.file(space.rootId, 'b', { bytes: foreign })], { inline: [foreign] });
    const copy = (name: string, content: Uint8Array) => ops.file(space.rootId, name, { bytes: content });
    expect(told(await world.one(first, space.spaceId, copy('c', bytes)))).toBe('done');
    expect(told(await world.one(second, space.spaceId, copy('d', bytes)))).toBe('CHUNKS_MISSING');
    expect(told(await world.one(first, space.spaceId, copy('e', foreign)))).toBe('CHUNKS_MISSING');
    await world.sql(`UPDATE chunk_upload SET at = now() - interval '8 days' WHERE actor_id = $1`, [first.deviceId]);
    expect(told(await world.one(first, space.spaceId, copy('f', bytes)))).toBe('CHUNKS_MISSING');
  });

  it('refuses bytes that do not have their hash, and stores nothing of the request', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const [good, bad] = [bytesOf(`good ${randomUUID()}`), bytesOf('bad')];
    const op = ops.file(rootId, 'f', { bytes: good });
    const header = { atomic: false, ops: [op], inline: [chunkOf(good), chunkOf(bad)] };
    const attempt = world.commits.commitFrame(device, spaceId, bodyOf(header, [good, bytesOf('xxx')]));
    await expect(attempt).rejects.toMatchObject({ code: 'CHUNK_CORRUPT' });
    expect(told(await world.one(device, spaceId, op))).toBe('CHUNKS_MISSING');
  });

  it('refuses frames that are cut short, too long or say one hash with two sizes', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const bytes = bytesOf('whole');
    const header = { atomic: false, ops: [ops.file(rootId, 'f', { bytes })], inline: [chunkOf(bytes)] };
    const lie = { ...header, ops: [ops.file(rootId, 'f', { chunks: [{ ...chunkOf(bytes), size: 4 }] })] };
    for (const body of [bodyOf(header, [bytes.subarray(1)]), bodyOf(header, [bytes, bytes]), bodyOf(lie, [bytes])]) {
      await expect(world.commits.commitFrame(device, spaceId, body)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('refuses one opId for two operations', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const opId = newId<OpId>();
    const batch = ['a', 'b'].map((name) => ({ ...ops.folder(rootId, name), opId }));
    await expect(world.commit(device, spaceId, batch)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('leaves only an object nobody refers to when the database fails after the bytes', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const bytes = bytesOf(`crash ${randomUUID()}`);
    const op = ops.file(rootId, 'f', { bytes });
    await world.sql(`ALTER TABLE op_answer RENAME TO op_answer_gone`);
    await expect(world.one(device, spaceId, op, [bytes])).rejects.toThrow();
    await world.sql(`ALTER TABLE op_answer_gone RENAME TO op_answer`);
    expect(await world.sql(`SELECT 1 FROM chunk WHERE hash = decode($1, 'hex')`, [chunkOf(bytes).hash])).toEqual([]);
    expect(await world.sql(`SELECT seq::int FROM space WHERE id = $1`, [spaceId])).toEqual([{ seq: 1 }]);
    expect(told(await world.one(device, spaceId, op, [bytes]))).toBe('done');
  });

  it('never has a row for bytes that are not there: a pack is whole before its rows', async () => {
    const packs = await world.sql<{ key: string; size: string }>(
      `SELECT enterprise_id || '/' || id AS key, size FROM pack`,
    );
    expect(packs.length).toBeGreaterThan(0);
    const sizes = new Map<string, number>();
    for await (const blob of world.blobs.list('')) sizes.set(blob.key, blob.sizeBytes);
    for (const pack of packs) expect(sizes.get(pack.key)).toBe(Number(pack.size));
  });
});
