import type { BatchAnswer, BatchOp, NodeId, OpId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { reservationIdOf } from '../quota/reservation-id.ts';
import { bytesOf, chunkOf, newId, ops, type DriveWorld } from './testing/drive-world.ts';
import { commitTogether, listCommits, receivePack, untilCommitWaits, words } from './testing/group-scene.ts';

let feed: FeedWorld;
let world: DriveWorld;
beforeAll(async () => {
  feed = await openFeedWorld();
  world = feed.drive;
});
afterAll(() => world.close());

/** Two devices of one person, and the seq that a group in the person's space begins after: two batches go ahead of it. */
async function openSpace() {
  const owner = await world.owner();
  const other = await world.device(owner.person);
  return { ...owner, other, by: owner.device, before: 3 };
}

const answered = (result: PromiseSettledResult<BatchAnswer> | undefined): BatchAnswer => {
  if (result?.status !== 'fulfilled') throw new Error('the batch failed');
  return result.value;
};

describe('batches that wait for one space are committed together', () => {
  it('in the order in which they came, in one transaction, each with the seqs it takes and a token of its own', async () => {
    const { device, other, person, spaceId, rootId, by, before } = await openSpace();
    const folders = ['a', 'b', 'c'].map((name) => ops.folder(rootId, name));
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [folders[0]!, ops.folder(folders[0]!.nodeId, 'inside')] },
        { principal: other, ops: [folders[1]!] },
        { principal: other, ops: [ops.folder(rootId, 'a')] },
        { principal: person, ops: [folders[2]!, ops.trash(folders[0]!.nodeId)] },
      ],
      { by },
    );
    expect(words(results)).toEqual([['done', 'done'], ['done'], ['NAME_TAKEN'], ['done', 'done']]);
    expect(results.map((result) => answered(result).seq - before)).toEqual([2, 3, 3, 5]);
    expect(await listCommits(world, spaceId, before)).toEqual({ seqs: [5, 6, 8], transactions: 1 });
    // The answers of two transactions come over two connections: a nudge may overtake the one before it.
    const nudged = world.hub.nudges.filter((nudge) => nudge.spaceId === spaceId).map(({ seq }) => seq);
    expect(nudged.toSorted()).toEqual([2, 3, 8]);
    expect(await world.sql(`SELECT name, trashed_by FROM node WHERE id = $1`, [folders[0]!.nodeId])).toEqual([
      { name: 'a', trashed_by: person.userId },
    ]);
  });

  it('[UP-10] each with its own author, device and origin, and answers that are its actor’s alone', async () => {
    const { device, other, person, spaceId, rootId, by } = await openSpace();
    const principals = [device, other, person];
    const files = principals.map((_, index) => ops.file(rootId, `f${index}`, { bytes: bytesOf('') }));
    const members = principals.map((principal, index) => ({ principal, ops: [files[index]!] }));
    await commitTogether(world, { spaceId, rootId }, members, { by });
    const versions = await world.sql(
      `SELECT origin, author_device_id AS device FROM version WHERE space_id = $1 ORDER BY id`,
      [spaceId],
    );
    expect(versions).toEqual([
      { origin: 'sync', device: device.deviceId },
      { origin: 'sync', device: other.deviceId },
      { origin: 'web', device: null },
    ]);
    const asked = files.map((file) => file.opId);
    for (const [index, principal] of principals.entries()) {
      const answers = await world.uploads.listAnswers(principal, asked);
      expect(answers.map((answer) => answer.opId)).toEqual([asked[index]]);
    }
  });

  it('and answer an operation that comes in two of them once, per actor', async () => {
    const { device, other, spaceId, rootId, by, before } = await openSpace();
    const op = ops.folder(rootId, 'once');
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [op] },
        { principal: device, ops: [op, ops.folder(op.nodeId, 'more')] },
        { principal: other, ops: [op] },
      ],
      { by },
    );
    expect(words(results)).toEqual([['done'], ['done', 'done'], ['NODE_ID_TAKEN']]);
    expect(answered(results[1]).outcomes[0]).toEqual(answered(results[0]).outcomes[0]);
    const again = await world.commit(device, spaceId, [op]);
    expect(again.outcomes).toEqual(answered(results[0]).outcomes);
    expect(again.seq).toBe(before + 2);
  });

  it('and an atomic one that fails leaves nothing to the others, not even its names', async () => {
    const { device, other, spaceId, rootId, by } = await openSpace();
    const files = ['a', 'b'].map((name) => ops.file(rootId, name, { bytes: bytesOf('') }));
    const [a, b] = files.map((file) => file.nodeId) as [NodeId, NodeId];
    const swap = [ops.move(a, rootId, 'b'), ops.move(b, rootId, 'a')];
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: files },
        { principal: other, ops: [...swap, ops.folder(rootId, 'x'), ops.folder(newId(), 'nowhere')], atomic: true },
        { principal: device, ops: [ops.folder(rootId, 'x'), ops.folder(rootId, 'a')] },
        { principal: other, ops: [ops.move(a, rootId, 'b'), ops.move(b, rootId, 'a')], atomic: true },
      ],
      { by },
    );
    expect(words(results)).toEqual([
      ['done', 'done'],
      ['BATCH_ABORTED', 'BATCH_ABORTED', 'BATCH_ABORTED', 'PARENT_UNKNOWN'],
      ['done', 'NAME_TAKEN'],
      ['done', 'done'],
    ]);
    const names = await world.sql(`SELECT name FROM node WHERE id = ANY($1) ORDER BY array_position($1, id)`, [[a, b]]);
    expect(names).toEqual([{ name: 'b' }, { name: 'a' }]);
  });

  it('[VE-3] and share its quota in their order, minus what is promised to others, plus what is promised to them', async () => {
    const person = await world.person();
    const space = await world.space('personal', { ownerUserId: person.userId, quotaBytes: 20 });
    const parts = ['123456', 'abcdef', '1234', '12345'].map(bytesOf);
    const packs = await Promise.all(parts.map((bytes) => receivePack(world, [bytes])));
    const files = parts.map((bytes, index) => ops.file(space.rootId, `f${index}`, { bytes }));
    await world.sql(
      `INSERT INTO reservation (enterprise_id, space_id, op_id, bytes, expires_at)
       SELECT $1, $2, unnest($3::uuid[]), unnest('{5,5}'::bigint[]), now() + interval '1 hour'`,
      [world.enterpriseId, space.spaceId, [newId(), reservationIdOf(person.userId, files[3]!.opId)]],
    );
    await world.sql(`UPDATE space SET reserved_bytes = 10 WHERE id = $1`, [space.spaceId]);
    const members = files.map((file, index) => ({ principal: person, ops: [file], pack: packs[index]! }));
    const results = await commitTogether(world, space, members, { by: person });
    // 20 - 10 promised = 10: six fit, six more do not, four do; five were promised to the last one
    expect(words(results)).toEqual([['done'], ['QUOTA_EXCEEDED'], ['done'], ['done']]);
    const [row] = await world.sql(
      `SELECT used_bytes::int AS used, reserved_bytes::int AS reserved FROM space WHERE id = $1`,
      [space.spaceId],
    );
    expect(row).toEqual({ used: 15, reserved: 5 });
  });

  it('[PE-2] each with the rights of its caller, whatever the rights of the others', async () => {
    const [admin, viewer, backer] = [await world.person('drive_admin'), await world.person(), await world.person()];
    const space = await world.space('team', { teamId: await world.team([viewer]) });
    const [granted, closed] = [ops.folder(space.rootId, 'granted'), ops.folder(space.rootId, 'closed')];
    await world.commit(admin, space.spaceId, [granted, closed]);
    await world.grant(space.spaceId, granted.nodeId, { user: backer.userId }, 'backer');
    const made = ops.folder(granted.nodeId, 'of the admin');
    const results = await commitTogether(
      world,
      space,
      [
        { principal: admin, ops: [made, ops.folder(closed.nodeId, 'x')] },
        { principal: viewer, ops: [ops.folder(granted.nodeId, 'y'), ops.trash(closed.nodeId)] },
        { principal: backer, ops: [ops.folder(granted.nodeId, 'z'), ops.folder(closed.nodeId, 'z')] },
        { principal: admin, ops: [ops.folder(closed.nodeId, 'z')] },
      ],
      { by: admin },
    );
    expect(words(results)).toEqual([
      ['done', 'done'],
      ['FORBIDDEN', 'FORBIDDEN'],
      ['done', 'PARENT_UNKNOWN'],
      ['done'],
    ]);
  });

  it('and one that asks what changed below a folder is told so, and goes before those of its group', async () => {
    const { device, other, spaceId, rootId, by } = await openSpace();
    const [changed, still] = [ops.folder(rootId, 'changed'), ops.folder(rootId, 'still')];
    const { seq } = await world.commit(device, spaceId, [changed, still]);
    await world.commit(device, spaceId, [ops.folder(changed.nodeId, 'new')]);
    const move = { ...ops.move(changed.nodeId, rootId, 'other name'), ifSubtreeSeq: seq } as BatchOp;
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [ops.folder(rootId, 'a')] },
        { principal: other, ops: [ops.trash(changed.nodeId, { ifSubtreeSeq: seq })] },
        { principal: other, ops: [ops.trash(still.nodeId, { ifSubtreeSeq: seq })] },
        { principal: other, ops: [move] },
        { principal: device, ops: [ops.folder(still.nodeId, 'late'), ops.folder(changed.nodeId, 'late')] },
      ],
      { by },
    );
    expect(words(results)).toEqual([
      ['done'],
      ['SUBTREE_CHANGED'],
      ['done'],
      ['SUBTREE_CHANGED'],
      ['PARENT_TRASHED', 'done'],
    ]);
  });

  it('[VE-2] and the folders that one of them makes again for what returns are there for the next', async () => {
    const { device, other, spaceId, rootId, by } = await openSpace();
    const top = ops.folder(rootId, 'top');
    const file = ops.file(top.nodeId, 'f', { bytes: bytesOf('') });
    await world.commit(device, spaceId, [top, file, ops.trash(file.nodeId), ops.trash(top.nodeId)]);
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: other, ops: [ops.restore(file.nodeId)] },
        { principal: device, ops: [ops.folder(rootId, 'top')] },
      ],
      { by },
    );
    expect(words(results)).toEqual([['done'], ['NAME_TAKEN']]);
    const [restored, refused] = results.map((result) => answered(result).outcomes[0]?.node);
    expect(restored).toMatchObject({ id: file.nodeId, parentId: refused?.id, trashedAt: null });
  });

  it('and a chunk that two of them send is stored once, with both packs told truly', async () => {
    const { device, other, spaceId, rootId, by } = await openSpace();
    const [same, own] = [bytesOf(`same ${newId()}`), bytesOf(`own ${newId()}`)];
    const packs = [await receivePack(world, [same]), await receivePack(world, [same, own])];
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [ops.file(rootId, 'a', { bytes: same })], pack: packs[0]! },
        {
          principal: other,
          ops: [ops.file(rootId, 'b', { bytes: same }), ops.file(rootId, 'c', { bytes: own })],
          pack: packs[1]!,
        },
      ],
      { by },
    );
    expect(words(results)).toEqual([['done'], ['done', 'done']]);
    const rows = await world.sql(
      `SELECT p.live_bytes::int AS told, (SELECT coalesce(sum(c.size), 0)::int FROM chunk c WHERE c.pack_id = p.id) AS counted
       FROM pack p WHERE id = ANY($1) ORDER BY array_position($1, id)`,
      [packs.map((pack) => pack.packId)],
    );
    expect(rows).toEqual([
      { told: same.length, counted: same.length },
      { told: own.length, counted: own.length },
    ]);
  });

  it('[D27] and a chunk that one of them sends is not the other’s to use', async () => {
    const admin = await world.person('drive_admin');
    const backer = await world.person();
    const space = await world.space('team', { teamId: await world.team() });
    await world.grant(space.spaceId, space.rootId, { user: backer.userId }, 'backer');
    const secret = bytesOf(`secret ${newId()}`);
    const results = await commitTogether(
      world,
      space,
      [
        {
          principal: admin,
          ops: [ops.file(space.rootId, 'a', { bytes: secret })],
          pack: await receivePack(world, [secret]),
        },
        { principal: backer, ops: [ops.file(space.rootId, 'b', { bytes: secret })] },
      ],
      { by: admin },
    );
    expect(words(results)).toEqual([['done'], ['CHUNKS_MISSING']]);
    expect(answered(results[1]).outcomes[0]).toMatchObject({ missing: [chunkOf(secret).hash] });
  });
});

describe('a group whose transaction fails is committed one by one', () => {
  it('when the same new id is made in another space meanwhile: it is taken for its batch alone', async () => {
    const { device, other, spaceId, rootId, by, before } = await openSpace();
    const elsewhere = await world.owner();
    const nodeId = newId<NodeId>();
    const rival = world.database.dataSource.createQueryRunner();
    await rival.startTransaction();
    await rival.query(
      `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
       VALUES ($1, $2, $3, $4, 'rival', 'rival', 'folder', 1, 2)`,
      [world.enterpriseId, nodeId, elsewhere.spaceId, elsewhere.rootId],
    );
    const meanwhile = async () => {
      await untilCommitWaits(world);
      await rival.commitTransaction();
      await rival.release();
    };
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [ops.folder(rootId, 'a')] },
        { principal: other, ops: [ops.folder(rootId, 'b', nodeId), ops.folder(rootId, 'c')] },
        { principal: device, ops: [ops.folder(rootId, 'd')] },
      ],
      { by, meanwhile },
    );
    expect(words(results)).toEqual([['done'], ['NODE_ID_TAKEN', 'done'], ['done']]);
    expect(await listCommits(world, spaceId, before)).toEqual({ seqs: [4, 5, 6], transactions: 3 });
  });

  it('when the database refuses what one of them wants: only that one fails, and can be sent again', async () => {
    const { device, other, spaceId, rootId, by, before } = await openSpace();
    await world.sql(`ALTER TABLE node ADD CONSTRAINT no_poison CHECK (name <> 'poison')`);
    const bytes = bytesOf(`poisoned ${newId()}`);
    const bad = [ops.folder(rootId, 'poison'), ops.file(rootId, 'innocent', { bytes })];
    const results = await commitTogether(
      world,
      { spaceId, rootId },
      [
        { principal: device, ops: [ops.folder(rootId, 'a')] },
        { principal: other, ops: bad, pack: await receivePack(world, [bytes]) },
        { principal: device, ops: [ops.folder(rootId, 'b')] },
      ],
      { by },
    );
    expect(words(results)).toEqual([['done'], '23514', ['done']]);
    expect((await listCommits(world, spaceId, before)).seqs).toEqual([4, 5]);
    expect(await world.sql(`SELECT FROM chunk WHERE hash = decode($1, 'hex')`, [chunkOf(bytes).hash])).toEqual([]);
    await world.sql(`ALTER TABLE node DROP CONSTRAINT no_poison`);
    const again = await world.commit(other, spaceId, bad, { inline: [bytes] });
    expect(again.outcomes.map((outcome) => outcome.status)).toEqual(['done', 'done']);
  });
});

describe('many batches at once', () => {
  it('take every seq once and tell a reader of the feed each change once, in order, while they commit', async () => {
    const { device, person, spaceId, rootId } = await world.owner();
    const devices = await Promise.all(Array.from({ length: 5 }, () => world.device(person)));
    const start = await feed.listings.list({ principal: device, spaceId, rootId, page: undefined, limit: 10 });
    const batches = devices.flatMap((principal, index) =>
      [0, 1, 2, 3].map((round) => ({
        principal,
        batch: [ops.folder(rootId, `own ${index} ${round}`), ops.folder(rootId, `shared ${round}`)],
        atomic: round === 3,
      })),
    );
    // of four shared names each is made once; an atomic batch makes its own one only together with the shared one
    const changes = 5 * 3 + 4 + 1;
    const read = async () => {
      const seen: number[] = [];
      for (let { cursor } = start; seen.length < changes;) {
        const page = await feed.changes.listChanges({ principal: device, spaceId, rootId, cursor, limit: 7 });
        seen.push(...page.items.flatMap((item) => ('node' in item ? [item.node.seq] : [])));
        ({ cursor } = page);
      }
      return seen;
    };
    const [seen, ...answers] = await Promise.all([
      read(),
      ...batches.map(({ principal, batch, atomic }) => world.commit(principal, spaceId, batch, { atomic })),
    ]);
    expect(seen).toEqual(Array.from({ length: changes }, (_, index) => index + 2));
    expect(Math.max(...answers.map((answer) => answer.seq))).toBe(changes + 1);
    expect((await listCommits(world, spaceId, 1)).seqs.at(-1)).toBe(changes + 1);
    expect(await world.sql(`SELECT FROM node_history WHERE space_id = $1`, [spaceId])).toHaveLength(changes + 1);
  });

  it('carry out the same operations sent by several connections of one device once', async () => {
    const { device, spaceId, rootId } = await world.owner();
    const batch = Array.from({ length: 4 }, (_, index) => ({
      ...ops.folder(rootId, `f${index}`),
      opId: newId<OpId>(),
    }));
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.commit(device, spaceId, batch)));
    for (const answer of answers) expect(answer.outcomes).toEqual(answers[0]!.outcomes);
    expect(await world.sql(`SELECT seq::int FROM space WHERE id = $1`, [spaceId])).toEqual([{ seq: 5 }]);
  });
});
