import {
  MAX_SPACE_MOVE_NODES,
  type Atom,
  type BatchOp,
  type CopyAnswer,
  type NodeId,
  type OpId,
  type SpaceId,
} from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { Mirror } from '../change-feed/testing/mirror.ts';
import { bytesOf, collect, newId, ops } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import { queueFor, untilWaiting } from '../drive/testing/group-scene.ts';
import { plantFiles } from '../drive/testing/plant-files.ts';
import { MAX_ATTEMPTS } from '../jobs/attempts.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let feed: FeedWorld;
let world: RetentionWorld;
beforeAll(async () => {
  feed = await openFeedWorld();
  world = new RetentionWorld(feed.drive);
});
afterAll(() => world.close());

const place = (parentId: NodeId, name?: string) => ({ parentId, ...(name === undefined ? {} : { name }) });

/** Paths below a folder with the sizes of files, sorted. */
async function tree(rootId: NodeId): Promise<string[]> {
  const rows = await world.drive.sql<{ path: string; size: number | null }>(
    `WITH RECURSIVE t AS (SELECT id, ''::text COLLATE "C" AS path, NULL::int AS size FROM node WHERE id = $1
       UNION ALL SELECT c.id, t.path || '/' || c.name, c.size::int FROM t JOIN node c ON c.parent_id = t.id AND c.trashed_at IS NULL)
     SELECT path, size FROM t WHERE path <> ''`,
    [rootId],
  );
  return rows.map((row) => (row.size === null ? row.path : `${row.path}=${row.size}`)).sort();
}
async function read(principal: MemberPrincipal, nodeId: NodeId): Promise<string> {
  const content = await world.drive.contents.getContent(principal, nodeId, undefined);
  return String(await collect(world.drive.contents.read(principal, content, { start: 0, end: content.size })));
}
async function newTree(principal: MemberPrincipal, spaceId: SpaceId, rootId: NodeId) {
  const top = ops.folder(rootId, 'top');
  const sub = ops.folder(top.nodeId, 'sub');
  const [one, two] = [bytesOf('1'), bytesOf('22')];
  const files = [ops.file(top.nodeId, 'a', { bytes: one }), ops.file(sub.nodeId, 'b', { bytes: two })];
  const trashed = ops.file(sub.nodeId, 'trashed', { bytes: two });
  await world.drive.commit(principal, spaceId, [top, sub, ...files, trashed, ops.trash(trashed.nodeId)], {
    inline: [one, two],
  });
  return { top: top.nodeId, sub: sub.nodeId, a: files[0]!.nodeId, b: files[1]!.nodeId, trashed: trashed.nodeId };
}

/** A team space in which somebody may do what a Synchronizer may. */
async function newSharedSpace(member: MemberPrincipal) {
  const admin = await world.drive.person('drive_admin');
  const space = await world.drive.space('team', { teamId: await world.drive.team([member]) });
  await world.drive.grant(space.spaceId, space.rootId, { user: member.userId }, 'synchronizer');
  return { ...space, admin };
}
type Shared = Awaited<ReturnType<typeof newSharedSpace>>;
async function newFolders({ admin, spaceId, rootId }: Shared, names: readonly [string, string, string]) {
  const made = names.map((name) => ops.folder(rootId, name));
  await world.drive.commit(admin, spaceId, made);
  return made.map(({ nodeId }) => nodeId) as [NodeId, NodeId, NodeId];
}
/** Leaves somebody no more than a look at a folder. */
const close = ({ admin }: Shared, folderId: NodeId, { userId }: MemberPrincipal) =>
  world.drive.folderGrants.set(admin, folderId, {
    to: { type: 'user', id: userId },
    subTeams: true,
    expiresAt: null,
    role: 'viewer',
    syncRight: 'none',
  });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

/** Live files in each of four folders of a copy, of which a request copies no more than a part. */
const LONG = 700;
async function newLongCopy() {
  const person = await world.drive.person();
  const [space, far] = [await newSharedSpace(person), await newSharedSpace(person)];
  const big = ops.folder(space.rootId, 'big');
  const names = ['left', 'purged', 'closed', 'open'] as const;
  const folders = names.map((name) => ops.folder(big.nodeId, name));
  await world.drive.commit(space.admin, space.spaceId, [big, ...folders]);
  for (const { nodeId } of folders) await plantFiles(world.drive, { ...space, folderId: nodeId }, LONG);
  const { copyId, state, node } = await world.copy(person, big.nodeId, place(space.rootId, 'copy'));
  expect(state).toBe('running');
  const made = await world.drive.sql<{ id: NodeId; name: string }>(`SELECT id, name FROM node WHERE parent_id = $1`, [
    node!.id,
  ]);
  const below = Object.fromEntries(made.map(({ id, name }) => [name, id])) as Record<(typeof names)[number], NodeId>;
  const sources = Object.fromEntries(names.map((name, at) => [name, folders[at]?.nodeId])) as typeof below;
  return { copyId, node: node!, person, space, far, below, sources };
}
/** Live nodes whose parent is not there, or not in their space: shown in no listing and in no bin. */
const listLost = () =>
  world.drive.sql(
    `SELECT name FROM node WHERE trashed_at IS NULL AND parent_id IS NOT NULL
       AND (parent_id, space_id) NOT IN (SELECT id, space_id FROM node WHERE purged_at IS NULL)`,
  );

describe('a copy', () => {
  it('of a file is a new node on the same bytes, in any space, under a free name', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { a } = await newTree(person, spaceId, rootId);
    const first = await world.copy(person, a, place(rootId));
    const second = await world.copy(person, a, place(rootId));
    expect(first).toMatchObject({
      state: 'done',
      copiedNodes: 1,
      node: { name: 'a', parentId: rootId, mtimeMs: 1000.5 },
    });
    expect(second.node?.name).toBe('a (2)');
    expect(first.node?.id).not.toBe(a);
    expect(await read(person, first.node!.id)).toBe('1');
    expect(await world.usedBytes(spaceId)).toBe(1 + 2 + 2 + 1 + 1);
  });

  it('of a folder has all that lives below it, and the feed tells it', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { top } = await newTree(person, spaceId, rootId);
    const of = { principal: person as MemberPrincipal, spaceId, rootId };
    const mirror = await new Mirror(feed, of).start();
    const copy = await world.copy(person, top, place(rootId, 'copy'));
    expect(copy).toMatchObject({ state: 'done', copiedNodes: 4, leftOut: 0 });
    expect(await tree(copy.node!.id)).toEqual(['/a=1', '/sub', '/sub/b=2']);
    await mirror.catchUp(2);
    expect(mirror.digest()).toBe((await feed.listings.getDigest(of)).digest);
  });

  it('into itself has what was there before', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { top, sub } = await newTree(person, spaceId, rootId);
    const copy = await world.copy(person, top, place(sub));
    expect(copy.state).toBe('done');
    expect(await tree(copy.node!.id)).toEqual(['/a=1', '/sub', '/sub/b=2']);
  });

  describe('of what others add to while it goes on', () => {
    /** More than a request copies. */
    const FILES = 2100;
    const IN_A_REQUEST = 2000;
    const newLarge = async (principal: MemberPrincipal, spaceId: SpaceId, parentId: NodeId, name: string) => {
      const folder = ops.folder(parentId, name);
      await world.drive.commit(principal, spaceId, [folder]);
      await plantFiles(world.drive, { spaceId, folderId: folder.nodeId }, FILES);
      return folder.nodeId;
    };
    const ended = async (principal: MemberPrincipal, copies: readonly CopyAnswer[]) => {
      await world.copies.runAll(world.signal, 40);
      return Promise.all(copies.map(({ copyId }) => world.copies.getState(principal, copyId)));
    };

    it('ends, as does another one of the same folder into itself: each has what was there when it began', async () => {
      const { person, spaceId, rootId } = await world.drive.owner();
      const large = await newLarge(person, spaceId, rootId, 'large');
      const one = await world.copy(person, large, place(large, 'z one'));
      const other = await world.copy(person, large, place(large, 'z other'));
      expect([one.state, other.state]).toEqual(['running', 'running']);
      expect(await ended(person, [one, other])).toMatchObject([
        { state: 'done', copiedNodes: 1 + FILES, leftOut: 0 },
        { state: 'done', copiedNodes: 1 + FILES + 1 + IN_A_REQUEST, leftOut: 0 },
      ]);
    });

    it('ends when each of two folders is copied into the other one, of one space or of two', async () => {
      const person = await world.drive.person();
      const [here, there] = [await newSharedSpace(person), await newSharedSpace(person)];
      for (const [a, b] of [
        [here, here],
        [here, there],
      ] as const) {
        const one = await newLarge(a.admin, a.spaceId, a.rootId, newId());
        const other = await newLarge(b.admin, b.spaceId, b.rootId, newId());
        const into = await world.copy(person, one, place(other, 'z'));
        const back = await world.copy(person, other, place(one, 'z'));
        expect(await ended(person, [into, back])).toMatchObject([
          { state: 'done', copiedNodes: 1 + FILES },
          { state: 'done', copiedNodes: 1 + FILES + 1 + IN_A_REQUEST },
        ]);
      }
    });

    /** A copy under way of `top/inner`, whose files are followed by a folder with another one. */
    async function newNested() {
      const person = await world.drive.person();
      const space = await newSharedSpace(person);
      const top = ops.folder(space.rootId, 'top');
      await world.drive.commit(space.admin, space.spaceId, [top]);
      const inner = await newLarge(space.admin, space.spaceId, top.nodeId, 'inner');
      const last = ops.folder(inner, 'z');
      await world.drive.commit(space.admin, space.spaceId, [last, ops.folder(last.nodeId, 'below')]);
      const copy = await world.copy(person, top.nodeId, place(space.rootId, 'copy'));
      return { ...space, person, inner, copy, made: await childOf(copy.node!.id, 'inner') };
    }
    const NESTED = 2 + FILES + 2;
    async function childOf(parentId: NodeId, name: string): Promise<NodeId> {
      const sql = `SELECT id FROM node WHERE parent_id = $1 AND name = $2`;
      const [row] = await world.drive.sql<{ id: NodeId }>(sql, [parentId, name]);
      return row!.id;
    }

    it('ends when a part of it is moved into what it copies, and has what was edited or renamed since', async () => {
      const { admin, person, spaceId, inner, made, copy } = await newNested();
      const bytes = bytesOf('edited');
      const [put, renamed] = [ops.put(await childOf(inner, 'f999'), { bytes }), await childOf(inner, 'f998')];
      const moves = [ops.move(made, inner, 'z part'), ops.move(renamed, inner, 'z renamed')];
      await world.drive.commit(admin, spaceId, [...moves, put], { inline: [bytes] });
      expect(await ended(person, [copy])).toMatchObject([{ state: 'done', copiedNodes: NESTED, leftOut: 0 }]);
      expect(await read(person, await childOf(made, 'f999'))).toBe('edited');
      expect(await childOf(made, 'z renamed')).toBeDefined();
    });

    it('has all that it began with also of a folder that leaves the space, and nothing that came there', async () => {
      const { person, inner, copy } = await newNested();
      const far = await newSharedSpace(person);
      await world.moves.move(person, inner, place(far.rootId));
      await world.drive.commit(far.admin, far.spaceId, [ops.folder(inner, 'z late')]);
      expect(await ended(person, [copy])).toMatchObject([{ state: 'done', copiedNodes: NESTED, leftOut: 0 }]);
    });
  });

  it('of a large folder goes on after the answer and after a stop, and asks for room and rights again', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [big, inner] = [ops.folder(rootId, 'big'), newId<NodeId>()];
    await world.drive.commit(person, spaceId, [big, ops.folder(big.nodeId, 'inner', inner)]);
    await plantFiles(world.drive, { spaceId, folderId: inner }, 3000);
    const begun = await world.copy(person, big.nodeId, place(rootId, 'copy'));
    expect(begun.state).toBe('running');
    expect(begun.copiedNodes).toBeLessThan(3002);
    await world.drive.sql(`UPDATE space SET quota_bytes = used_bytes WHERE id = $1`, [spaceId]);
    await world.copies.runAll(world.signal);
    const waiting = await world.copies.getState(person, begun.copyId);
    expect(waiting).toMatchObject({ state: 'running', refusal: 'QUOTA_EXCEEDED', copiedNodes: begun.copiedNodes });
    await world.drive.sql(`UPDATE space SET quota_bytes = NULL WHERE id = $1`, [spaceId]);
    world.clock.advance(60_000); // it looks once a minute
    await Promise.all([1, 2].map(() => world.copies.runAll(world.signal))); // two consoles that both believe to have the job
    const done: CopyAnswer = await world.copies.getState(person, begun.copyId);
    expect(done).toMatchObject({ state: 'done', refusal: null, copiedNodes: 3002 });
    expect(await tree(done.node!.id)).toEqual(await tree(big.nodeId));
    expect(await world.usedBytes(spaceId)).toBe(6000);
    await expect(world.copies.getState(await world.drive.person(), begun.copyId)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  describe('that goes on after the answer', () => {
    const copied = async (of: MemberPrincipal, copyId: string) => (await world.copies.getState(of, copyId)).copiedNodes;

    /** 1000 files of it are still to be copied: 4 slices. */
    async function large() {
      const { person, spaceId, rootId } = await world.drive.owner();
      const big = ops.folder(rootId, 'big');
      await world.drive.commit(person, spaceId, [big]);
      await plantFiles(world.drive, { spaceId, folderId: big.nodeId }, 3000);
      const { copyId } = await world.copy(person, big.nodeId, place(rootId, 'copy'));
      return { copyId, person, spaceId, copied: () => copied(person, copyId) };
    }

    it('shares the slices of a run with the others, and the next run goes on behind the last one served', async () => {
      const [one, other] = [await large(), await large()];
      const before = await one.copied();
      expect(await world.copies.runAll(world.signal, 2)).toMatchObject({ slices: 2 });
      expect([await one.copied(), await other.copied()]).toEqual([before + 250, before + 250]);
      for (const _ of [1, 2]) await world.copies.runAll(world.signal, 1);
      expect([await one.copied(), await other.copied()]).toEqual([before + 500, before + 500]);
      await world.copies.runAll(world.signal);
      expect([await one.copied(), await other.copied()]).toEqual([3001, 3001]);
    });

    it('is not held up by one that fails', async () => {
      const [one, other] = [await large(), await large()];
      const runSlice = world.copies.runSlice.bind(world.copies);
      const broken = vi.spyOn(world.copies, 'runSlice').mockImplementation((key) => {
        return key.id === one.copyId ? Promise.reject(new Error('the database broke')) : runSlice(key);
      });
      expect(await world.copies.runAll(world.signal)).toMatchObject({ failed: 1 });
      expect(await other.copied()).toBe(3001);
      broken.mockRestore();
      world.clock.advance(10_000);
      await world.copies.runAll(world.signal);
      expect(await one.copied()).toBe(3001);
    });

    it('is given up after so many tries in a row, and what was copied stays', async () => {
      const { copyId, copied: count, person } = await large();
      const before = await count();
      const broken = vi.spyOn(world.copies, 'runSlice').mockRejectedValue(new Error('a bug'));
      const ran: number[] = [];
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        await world.copies.runAll(world.signal);
        await world.copies.runAll(world.signal); // too early
        ran.push(broken.mock.calls.length);
        world.clock.advance(600_000);
      }
      broken.mockRestore();
      expect(ran).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await world.copies.getState(person, copyId)).toMatchObject({ state: 'failed', refusal: 'JOB_FAILED' });
      expect(await world.copies.runAll(world.signal)).toEqual({ slices: 0, failed: 0 });
      expect(await count()).toBe(before);
    });

    it('is given up when it ended the process so many times, and goes on after all else', async () => {
      const [one, other] = [await large(), await large()];
      const crashed = (copyId: string, attempts: number) =>
        world.drive.sql(`UPDATE tree_copy SET attempts = $2 WHERE id = $1`, [copyId, attempts]);
      await crashed(one.copyId, MAX_ATTEMPTS);
      await crashed(other.copyId, MAX_ATTEMPTS - 1);
      const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' });
      vi.spyOn(world.copies, 'runSlice').mockRejectedValueOnce(deadlock);
      await world.copies.runAll(world.signal);
      expect(await world.copies.getState(one.person, one.copyId)).toMatchObject({ state: 'failed' });
      expect(await world.copies.getState(other.person, other.copyId)).toMatchObject({ state: 'running' });
      vi.restoreAllMocks();
      world.clock.advance(600_000);
      await world.copies.runAll(world.signal);
      expect(await other.copied()).toBe(3001);
    });

    it('can be cancelled by who asked for it and by a drive admin; what was copied stays and is told', async () => {
      const [one, other] = [await large(), await large()];
      const before = await one.copied();
      for (const stranger of [other.person, await world.drive.person('team_admin')]) {
        await expect(world.copies.cancel(stranger, one.copyId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
      const ended = { state: 'cancelled', refusal: null, copiedNodes: before, node: { name: 'copy' } };
      expect(await world.copies.cancel(one.person, one.copyId)).toMatchObject(ended);
      expect(await world.copies.cancel(one.person, one.copyId)).toMatchObject(ended); // asked again
      const admin = await world.drive.person('drive_admin');
      const told = await world.copies.cancel(admin, other.copyId);
      expect(told).toMatchObject({ state: 'cancelled', node: null }); // PE-3: it is somebody's personal space
      expect(await world.copies.runAll(world.signal)).toEqual({ slices: 0, failed: 0 });
      expect(await one.copied()).toBe(before);
      await world.drive.sql(`UPDATE tree_copy SET state = 'done' WHERE id = $1`, [one.copyId]);
      await expect(world.copies.cancel(one.person, one.copyId)).rejects.toMatchObject({ code: 'COPY_STATE' });
    });

    it('waits for room for seven days, says until when, and is then given up, which is remembered', async () => {
      const { copyId, spaceId, person, copied: count } = await large();
      const before = await count();
      await world.drive.sql(`UPDATE space SET quota_bytes = used_bytes WHERE id = $1`, [spaceId]);
      const until = new Date(world.clock.now().getTime() + 7 * 86_400_000).toISOString();
      const waiting = { state: 'running', refusal: 'QUOTA_EXCEEDED', waitsUntil: until };
      for (let minute = 1; minute <= 2; minute += 1) {
        expect(await world.copies.runAll(world.signal)).toEqual({ slices: 1, failed: 0 });
        expect(await world.copies.runAll(world.signal)).toEqual({ slices: 0, failed: 0 }); // it looks once a minute
        expect(await world.copies.getState(person, copyId)).toMatchObject(waiting);
        world.clock.advance(60_000);
      }
      await world.drive.sql(
        `UPDATE tree_copy SET waiting_since = waiting_since - interval '7 days', created_at = created_at - interval '8 days'
         WHERE id = $1`,
        [copyId],
      );
      await world.copies.runAll(world.signal);
      const ended = { state: 'refused', refusal: 'QUOTA_EXCEEDED', waitsUntil: null, copiedNodes: before };
      expect(await world.copies.getState(person, copyId)).toMatchObject(ended);
    });
  });

  it('of many folders takes them together, page by page, and nothing more of one that goes into the bin', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const top = ops.folder(rootId, 'top');
    const bytes = bytesOf('1');
    const folders = Array.from({ length: 200 }, (_, index) => ops.folder(top.nodeId, `f${index}`));
    const inside = folders.map(({ nodeId }, at) => {
      const deep = ops.folder(nodeId, 'deep');
      const files = Array.from({ length: 3 + (at % 7) }, (_, index) => ops.file(nodeId, `n${index}`, { bytes }));
      return [deep, ...files, ops.file(deep.nodeId, 'last', { bytes })];
    });
    await world.drive.commit(person, spaceId, [top, ...folders], { inline: [bytes] });
    for (const at of [0, 50, 100, 150]) {
      await world.drive.commit(person, spaceId, inside.slice(at, at + 50).flat(), { inline: [bytes] });
    }
    const before = await tree(top.nodeId);
    const { copyId, state, node } = await world.copy(person, top.nodeId, place(rootId, 'copy'));
    expect(state).toBe('running');
    await world.drive.commit(person, spaceId, [ops.trash(folders[199]!.nodeId)]);
    await world.copies.runAll(world.signal);
    const done = await world.copies.getState(person, copyId);
    const of199 = (path: string) => path.startsWith('/f199/');
    const copied = await tree(node!.id);
    expect(copied.filter((path) => !of199(path))).toEqual(before.filter((path) => !of199(path)));
    expect(copied.filter(of199).length).toBeLessThan(before.filter(of199).length);
    expect(done).toMatchObject({ state: 'done', copiedNodes: copied.length + 1 });
    expect(done.leftOut).toBeGreaterThan(0);
  });

  it('goes on beside folders of it that left the space, went for good or were closed, and counts what it left out', async () => {
    const { copyId, node, person, space, far, below } = await newLongCopy();
    const count = async (folderId: NodeId) => (await tree(folderId)).length;
    const before = await Promise.all([below.left, below.purged, below.closed].map(count));
    await world.moves.move(person, below.left, place(far.rootId));
    await world.drive.commit(person, space.spaceId, [ops.trash(below.purged)]);
    await world.purges.purge(space.admin, space.spaceId, [below.purged]);
    await close(space, below.closed, person);
    await world.copies.runAll(world.signal);
    const [left, purged, closed] = before as [number, number, number];
    expect(await world.copies.getState(person, copyId)).toMatchObject({
      state: 'done',
      refusal: null,
      copiedNodes: 1 + 4 + left + purged + closed + LONG,
      leftOut: 3 * LONG - left - purged - closed,
    });
    expect(await count(below.open)).toBe(LONG);
    expect(await count(below.closed)).toBe(closed);
    expect(await count(below.left)).toBe(left);
    expect(await tree(node.id)).toHaveLength(2 + closed + LONG);
    expect(await listLost()).toEqual([]);
    expect(await world.usedBytes(space.spaceId)).toBe(4 * LONG + closed + LONG);
    expect(await world.usedBytes(far.spaceId)).toBe(left);
  });

  it('takes nothing more from a folder of the source whose reading is taken away meanwhile, and counts what it left out', async () => {
    const { copyId, node, person, space, below, sources } = await newLongCopy();
    const before = (await tree(below.closed)).length;
    expect(before).toBeLessThan(LONG);
    await close(space, sources.closed, person);
    await world.copies.runAll(world.signal);
    expect((await tree(below.closed)).length).toBe(before);
    const counts = { copiedNodes: 5 + 3 * LONG + before, leftOut: LONG - before };
    expect(await world.copies.getState(person, copyId)).toMatchObject({ state: 'done', refusal: null, ...counts });
    expect(await tree(node.id)).toHaveLength(4 + 3 * LONG + before);
  });

  it('ends without any more when all of the source is taken from who asked for it', async () => {
    const { copyId, node, person, space } = await newLongCopy();
    const before = await tree(node.id);
    await close(space, space.rootId, person);
    await world.copies.runAll(world.signal);
    expect(await tree(node.id)).toEqual(before);
    expect(await world.copies.getState(person, copyId)).toMatchObject({ state: 'refused', refusal: 'FORBIDDEN' });
  });

  it('puts nothing into a folder of it that leaves its space between the look and the lock, and ends when it left itself', async () => {
    const { copyId, node, person, space, far, below } = await newLongCopy();
    const late = (nodeId: NodeId) =>
      queueFor(world.drive, space.spaceId, [
        () => world.moves.move(person, nodeId, place(far.rootId)),
        () => world.copies.runSlice({ enterpriseId: person.enterpriseId, id: copyId }),
      ]);
    const before = await tree(below.left);
    expect((await late(below.left))[1]).toBe(true);
    expect(await tree(below.left)).toEqual(before);
    const all = await tree(node.id);
    expect((await late(node.id))[1]).toBe(false);
    expect(await tree(node.id)).toEqual(all);
    expect(await world.copies.getState(person, copyId)).toMatchObject({ state: 'refused', refusal: 'NODE_UNKNOWN' });
    expect(await listLost()).toEqual([]);
  });

  it('begins in no folder that leaves its space or goes into the bin between the look and the lock', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [team, far] = [await newSharedSpace(person), await newSharedSpace(person)];
    const { a } = await newTree(person, spaceId, rootId);
    const [left, trashed, closed] = await newFolders(team, ['left', 'trashed', 'closed']);
    const late = async (meanwhile: () => Promise<unknown>, folderId: NodeId) => {
      const copy = () => codeOf(world.copy(person, a, place(folderId)));
      return (await queueFor(world.drive, team.spaceId, [meanwhile, copy]))[1];
    };
    expect(await late(() => world.moves.move(person, left, place(far.rootId)), left)).toBe('PARENT_UNKNOWN');
    const trash = () => world.drive.commit(team.admin, team.spaceId, [ops.trash(trashed)]);
    expect(await late(trash, trashed)).toBe('PARENT_TRASHED');
    expect(await late(() => close(team, closed, person), closed)).toBe('FORBIDDEN');
    expect(await world.usedBytes(team.spaceId)).toBe(0);
    expect(await listLost()).toEqual([]);
  });

  it('[PE-6] needs `download`, too: a list that allows copying alone reads nothing by a copy of one’s own', async () => {
    const admin = await world.drive.person('drive_admin');
    const member = await world.drive.person();
    const space = await world.drive.space('team', { teamId: await world.drive.team(), name: 'Closed' });
    const { top, sub } = await newTree(admin, space.spaceId, space.rootId);
    const own = await world.drive.space('personal', { ownerUserId: member.userId });
    const give = (nodeId: NodeId, atoms: Atom[]) => giveAtoms(world.drive, { ...space, nodeId }, member, { atoms });
    await give(top, ['visible', 'list', 'copy']);
    await expect(world.copy(member, top, place(own.rootId))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await give(top, ['visible', 'list', 'copy', 'download']);
    await give(sub, ['visible', 'list', 'copy']);
    expect(await world.copy(member, top, place(own.rootId))).toMatchObject({ state: 'done', leftOut: 1 });
  });

  it('is begun once, however often and wherever it is asked for after a lost answer, also when the source is gone by then', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const { top } = await newTree(person, spaceId, rootId);
    const opId = newId<OpId>();
    const ask = (who: MemberPrincipal, op = opId) =>
      world.copies.copy(who, top, { ...place(rootId, 'copy'), opId: op });
    const [first, ...others] = await Promise.all([ask(person), ask(person), ask(person)]);
    expect(others.map(({ copyId }) => copyId)).toEqual([first.copyId, first.copyId]);
    expect(await ask(person)).toMatchObject({ copyId: first.copyId, state: 'done', copiedNodes: 4 });
    const names = async () => (await tree(rootId)).filter((path) => path.lastIndexOf('/') === 0);
    expect(await names()).toEqual(['/copy', '/top']);
    const device = await world.drive.device(person);
    expect((await ask(device)).copyId).not.toBe(first.copyId);
    expect((await ask(person, newId())).copyId).not.toBe(first.copyId);
    await world.drive.commit(person, spaceId, [ops.trash(top)]);
    expect((await ask(person)).copyId).toBe(first.copyId);
    expect(await names()).toEqual(['/copy', '/copy (2)', '/copy (3)']);
  });

  it('is begun once when it is asked for at the same moment for two spaces: both are answered by the one that was first', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [one, other] = [await newSharedSpace(person), await newSharedSpace(person)];
    const { top } = await newTree(person, spaceId, rootId);
    const opId = newId<OpId>();
    const holder = world.drive.database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query(
      `INSERT INTO tree_copy (enterprise_id, id, space_id, target_id, user_id, reads_personal_space, op_id,
                              source_space_id, source_seq)
       VALUES ($1, $2, $3, $4, $5, true, $6, $3, 0)`,
      [person.enterpriseId, newId(), spaceId, rootId, person.userId, opId],
    );
    const asked = [one, other].map((to) => world.copies.copy(person, top, { ...place(to.rootId, 'copy'), opId }));
    await untilWaiting(world.drive, { count: 2, statement: '%INSERT INTO tree_copy%' });
    await holder.rollbackTransaction();
    await holder.release();
    const [first, second] = await Promise.all(asked);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ state: 'done', copiedNodes: 4 });
    const made = await Promise.all([one, other].map((to) => tree(to.rootId)));
    expect(made.map((paths) => paths.length).sort()).toEqual([0, 4]);
  });

  it('[PE-5] needs room for what may be copied, and so tells nothing of how large the rest is', async () => {
    const [admin, member] = [await world.drive.person('drive_admin'), await world.drive.person()];
    const space = await world.drive.space('team', { teamId: await world.drive.team([member]) });
    const [top, closed] = [ops.folder(space.rootId, 'top'), ops.folder(space.rootId, 'closed')];
    const into = ops.move(closed.nodeId, top.nodeId, 'closed');
    const bytes = bytesOf('closed, and large');
    const inside = [ops.file(closed.nodeId, 'file', { bytes }), ops.folder(closed.nodeId, 'open again')];
    await world.drive.commit(admin, space.spaceId, [top, closed, into, ...inside], { inline: [bytes] });
    await world.drive.grant(space.spaceId, top.nodeId, { user: member.userId }, 'synchronizer');
    await giveAtoms(world.drive, { ...space, nodeId: closed.nodeId }, member, { atoms: [] });
    await world.drive.grant(space.spaceId, closed.nodeId, { user: member.userId }, 'none');
    const own = await world.drive.space('personal', { ownerUserId: member.userId, quotaBytes: 1 });
    expect(await world.copy(member, top.nodeId, place(own.rootId))).toMatchObject({ state: 'done' });
    await expect(world.copy(admin, top.nodeId, place(own.rootId))).rejects.toMatchObject({ code: 'PARENT_UNKNOWN' });
  });

  it('needs `copy` at the source, `create` at the target, and room', async () => {
    const admin = await world.drive.person('drive_admin');
    const member = await world.drive.person();
    const space = await world.drive.space('team', { teamId: await world.drive.team([member]), name: 'Source' });
    const { top, sub } = await newTree(admin, space.spaceId, space.rootId);
    const own = await world.drive.space('personal', { ownerUserId: member.userId });
    const code = (nodeId: NodeId, parentId: NodeId) =>
      world.copy(member, nodeId, place(parentId)).then(
        (copy) => copy.state,
        (error: { code: string }) => error.code,
      );
    expect(await code(top, own.rootId)).toBe('FORBIDDEN'); // a viewer does not copy
    await world.drive.grant(space.spaceId, top, { user: member.userId }, 'synchronizer');
    expect(await code(top, own.rootId)).toBe('done');
    expect(await code(top, space.rootId)).toBe('FORBIDDEN');
    expect(await code(top, newId())).toBe('PARENT_UNKNOWN');
    expect(await code(space.rootId, own.rootId)).toBe('FORBIDDEN');
    expect(await code(newId(), own.rootId)).toBe('NODE_UNKNOWN');
    await world.drive.sql(`UPDATE space SET quota_bytes = used_bytes + 2 WHERE id = $1`, [own.spaceId]);
    expect(await code(sub, own.rootId)).toBe('done');
    expect(await code(sub, own.rootId)).toBe('QUOTA_EXCEEDED');
    await world.drive.commit(admin, space.spaceId, [ops.trash(top)]);
    expect(await code(sub, own.rootId)).toBe('NODE_TRASHED');
  });
});

describe('a move to another space', () => {
  it('keeps ids, versions and what is in the bin below, and both feeds tell it', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const nodes = await newTree(person, spaceId, rootId);
    await world.drive.commit(person, spaceId, [ops.put(nodes.a, { bytes: bytesOf('') })]);
    const admin = await world.drive.person('drive_admin');
    const team = await world.drive.space('team', { teamId: await world.drive.team([person]), name: 'Target' });
    await world.drive.grant(team.spaceId, team.rootId, { user: person.userId }, 'synchronizer');
    const old = { principal: person as MemberPrincipal, spaceId, rootId };
    const next = { principal: admin as MemberPrincipal, spaceId: team.spaceId, rootId: team.rootId };
    const mirrors = [await new Mirror(feed, old).start(), await new Mirror(feed, next).start()] as const;
    const moved = await world.moves.move(person, nodes.top, place(team.rootId, 'moved'));
    expect(moved).toMatchObject({ movedNodes: 5, movedBytes: 5, node: { id: nodes.top, name: 'moved' } });
    expect(await world.usedBytes(spaceId)).toBe(0);
    expect(await world.usedBytes(team.spaceId)).toBe(5);
    const page = await mirrors[0].pull(50);
    expect(page.items).toMatchObject([{ type: 'gone', id: nodes.top, gone: 'left' }]);
    await mirrors[1].catchUp(2);
    for (const [mirror, of] of [
      [mirrors[0], old],
      [mirrors[1], next],
    ] as const) {
      expect(mirror.digest()).toBe((await feed.listings.getDigest(of)).digest);
    }
    expect(mirrors[1].names()).toEqual(['a', 'b', 'moved', 'sub']);
    expect((await world.versions.list(admin, nodes.a)).versions).toHaveLength(2);
    expect(await read(admin, nodes.b)).toBe('22');
    expect((await world.bin.list(admin, team.spaceId, { limit: 5 })).nodes).toMatchObject([{ id: nodes.trashed }]);
    await world.moves.move(person, nodes.top, place(rootId));
    expect(await tree(rootId)).toEqual(['/moved', '/moved/a=0', '/moved/sub', '/moved/sub/b=2']);
    await mirrors[0].catchUp(3);
    expect(mirrors[0].digest()).toBe((await feed.listings.getDigest(old)).digest);
  });

  it('takes nothing along that the caller may not read, and nothing into a full space', async () => {
    const admin = await world.drive.person('drive_admin');
    const member = await world.drive.person();
    const space = await world.drive.space('team', { teamId: await world.drive.team([member]), name: 'Secrets' });
    const { top, sub } = await newTree(admin, space.spaceId, space.rootId);
    const own = await world.drive.space('personal', { ownerUserId: member.userId });
    const code = (nodeId = top) =>
      world.moves.move(member, nodeId, place(own.rootId)).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    await world.drive.grant(space.spaceId, top, { user: member.userId }, 'backer');
    expect(await code()).toBe('FORBIDDEN'); // a Backer may not take bytes along
    await world.drive.grant(space.spaceId, top, { user: member.userId }, 'synchronizer');
    await world.drive.grant(space.spaceId, sub, { user: member.userId }, 'backer');
    expect(await code()).toBe('SUBTREE_FORBIDDEN');
    await world.drive.commit(admin, space.spaceId, [ops.trash(sub)]);
    expect(await code()).toBe('SUBTREE_FORBIDDEN'); // what waits in the bin would go along
    await world.drive.commit(admin, space.spaceId, [ops.restore(sub)]);
    await world.drive.grant(space.spaceId, sub, { user: member.userId }, 'synchronizer');
    const giveSync = (syncRight: 'backer' | 'synchronizer') =>
      world.drive.folderGrants.set(admin, sub, {
        to: { type: 'user', id: member.userId },
        subTeams: true,
        expiresAt: null,
        syncRight,
      });
    // what comes between the look and the lock counts
    const [, late] = await queueFor(world.drive, space.spaceId, [() => giveSync('backer'), () => code()]);
    expect(late).toBe('SUBTREE_FORBIDDEN');
    await giveSync('synchronizer');
    await world.drive.sql(`UPDATE space SET quota_bytes = 4 WHERE id = $1`, [own.spaceId]);
    expect(await code()).toBe('QUOTA_EXCEEDED');
    expect(await code(space.rootId)).toBe('FORBIDDEN');
    await world.drive.sql(`UPDATE space SET quota_bytes = 5 WHERE id = $1`, [own.spaceId]);
    expect(await code()).toBe('done');
    const [grants] = await world.drive.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM folder_grant WHERE node_id = ANY($1)`,
      [[top, sub]],
    );
    expect(grants?.n).toBe(0);
  });

  it('goes into no folder that leaves its space, goes into the bin or is closed between the look and the lock', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const [team, far] = await Promise.all([newSharedSpace(person), newSharedSpace(person)]);
    const { top } = await newTree(person, spaceId, rootId);
    const [left, trashed, closed] = await newFolders(team, ['left', 'trashed', 'closed']);
    const inTrashed = ops.folder(trashed, 'inner');
    await world.drive.commit(team.admin, team.spaceId, [inTrashed]);
    const late = async (meanwhile: () => Promise<unknown>, folderId: NodeId) =>
      (
        await queueFor(world.drive, team.spaceId, [
          meanwhile,
          () => codeOf(world.moves.move(person, top, place(folderId))),
        ])
      )[1];
    const trash = () => world.drive.commit(team.admin, team.spaceId, [ops.trash(trashed)]);
    expect(await late(() => world.moves.move(person, left, place(far.rootId)), left)).toBe('PARENT_UNKNOWN');
    expect(await late(trash, inTrashed.nodeId)).toBe('PARENT_TRASHED');
    expect(await late(() => close(team, closed, person), closed)).toBe('FORBIDDEN');
    expect(await tree(rootId)).toEqual(['/top', '/top/a=1', '/top/sub', '/top/sub/b=2']);
    expect(await world.usedBytes(spaceId)).toBe(5);
  });

  it('takes along what became of the source between the look and the lock, and nothing out of the bin', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const team = await newSharedSpace(person);
    const { top, sub } = await newTree(person, spaceId, rootId);
    const late = async (op: BatchOp, nodeId: NodeId) => {
      const move = () => codeOf(world.moves.move(person, nodeId, place(team.rootId)));
      return (await queueFor(world.drive, spaceId, [() => world.drive.commit(person, spaceId, [op]), move]))[1];
    };
    expect(await late(ops.move(sub, top, 'renamed'), sub)).toBe('done');
    expect(await tree(team.rootId)).toEqual(['/renamed', '/renamed/b=2']);
    expect(await late(ops.trash(top), top)).toBe('NODE_TRASHED');
    expect(await tree(team.rootId)).toEqual(['/renamed', '/renamed/b=2']);
  });

  it('of too much at once is refused and changes nothing', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const admin = await world.drive.person('super_admin');
    const target = await world.drive.space('team', { teamId: await world.drive.team([person]), name: 'Far' });
    await world.drive.grant(target.spaceId, target.rootId, { user: person.userId }, 'synchronizer');
    const big = ops.folder(rootId, 'big');
    await world.drive.commit(person, spaceId, [big]);
    await plantFiles(world.drive, { spaceId, folderId: big.nodeId }, MAX_SPACE_MOVE_NODES);
    await expect(world.moves.move(person, big.nodeId, place(target.rootId))).rejects.toMatchObject({
      code: 'TREE_TOO_LARGE',
    });
    expect(await world.usedBytes(spaceId)).toBe(MAX_SPACE_MOVE_NODES);
    expect(await tree(target.rootId)).toEqual([]);
    await expect(world.moves.move(admin, target.rootId, place(rootId))).rejects.toMatchObject({
      code: 'ROOT_IMMUTABLE',
    });
  });
});
