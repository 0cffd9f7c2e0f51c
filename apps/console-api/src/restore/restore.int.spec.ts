import { SpaceJobsQuery, type AppError, type BatchOp, type NodeId, type SpaceId } from '@tideline/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SpaceMoveService } from '../copies/space-move.service.ts';
import { bytesOf, chunkOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { MAX_ATTEMPTS } from '../jobs/attempts.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { dice } from '../testing/dice.ts';
import { findRestore } from './restore.store.ts';
import { RestoreWorld } from './testing/restore-world.ts';

let world: RestoreWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RestoreWorld.open();
  drive = world.drive;
});
afterAll(() => drive.close());

async function owned() {
  const owner = await drive.owner();
  const folder = ops.folder(owner.rootId, 'F');
  await drive.commit(owner.device, owner.spaceId, [folder]);
  const commit = (...batch: BatchOp[]) => drive.commit(owner.device, owner.spaceId, batch);
  const put = (op: BatchOp, text: string) =>
    drive.commit(owner.device, owner.spaceId, [op], { inline: [bytesOf(text)] });
  const file = async (parentId: NodeId, name: string, text: string) => {
    const op = ops.file(parentId, name, { bytes: bytesOf(text) });
    await put(op, text);
    return op.nodeId;
  };
  const names = async () => {
    const page = await world.feed.listings.list({
      principal: owner.device,
      spaceId: owner.spaceId,
      rootId: folder.nodeId,
      page: undefined,
      limit: 1000,
    });
    return page.nodes.filter((node) => node.id !== folder.nodeId).map((node) => node.name);
  };
  return { ...owner, folderId: folder.nodeId, commit, put, file, names };
}

describe('a folder as it was at a moment', () => {
  it('[VE-2] takes what was trashed by itself out of the bin, also while the folder around it is still being purged', async () => {
    const { person, spaceId, folderId, commit, file } = await owned();
    const [docs, inner] = [ops.folder(folderId, 'docs'), ops.folder(folderId, 'inner')];
    await commit(docs, { ...inner, parentId: docs.nodeId } as BatchOp);
    const own = await file(docs.nodeId, 'own', 'o');
    const inInner = await file(inner.nodeId, 'in inner', 'i');
    await file(docs.nodeId, 'gone', 'g');
    const was = await world.tree(person, spaceId, folderId);
    const at = await world.moment();
    await commit(ops.trash(own), ops.trash(inner.nodeId), ops.trash(docs.nodeId));
    await world.purge(spaceId, docs.nodeId, { pending: true });
    const job = await world.restore(person, folderId, at);
    expect(job).toMatchObject({ state: 'done', counts: { bring_back: 2, recreate: 2 }, refused: 0 });
    expect(await world.tree(person, spaceId, folderId)).toEqual(was);
    await world.purges.clearAll(AbortSignal.any([]));
    expect(await world.tree(person, spaceId, folderId)).toEqual(was);
    const ids = await drive.sql(`SELECT id FROM node WHERE id = ANY($1) AND trashed_at IS NULL`, [[own, inInner]]);
    expect(ids).toHaveLength(2);
  });

  it('[VE-4] shows first what it would do, and changes nothing before it is applied', async () => {
    const { person, spaceId, folderId, commit, put, file, names } = await owned();
    const [kept, edited, thrown] = [
      await file(folderId, 'kept', 'k'),
      await file(folderId, 'edited', 'old'),
      await file(folderId, 'thrown', 't'),
    ];
    const at = await world.moment();
    await put(ops.put(edited, { bytes: bytesOf('new') }), 'new');
    await commit(ops.move(kept, folderId, 'renamed'), ops.trash(thrown), ops.folder(folderId, 'made since'));
    const before = await world.digest(person, spaceId, folderId);
    const planned = await world.plan(person, folderId, at);
    expect(planned).toMatchObject({
      state: 'planned',
      counts: { move: 1, version: 1, bring_back: 1, trash: 1 },
      steps: 4,
      done: 0,
      refused: 0,
    });
    expect(await world.steps(person, planned)).toMatchObject([
      { kind: 'trash', nodeKind: 'folder', fromPath: 'made since', toPath: null, state: 'pending' },
      { kind: 'version', nodeId: edited, fromPath: 'edited', toPath: 'edited', size: 3 },
      { kind: 'move', nodeId: kept, fromPath: 'renamed', toPath: 'kept' },
      { kind: 'bring_back', nodeId: thrown, fromPath: null, toPath: 'thrown' },
    ]);
    expect(await world.digest(person, spaceId, folderId)).toMatchObject({ digest: before.digest });
    expect(await world.apply(person, planned)).toMatchObject({ state: 'done', done: 4, refused: 0 });
    expect(await names()).toEqual(['edited', 'kept', 'thrown']);
  });

  it('[VE-4] brings contents back as new heads: no bytes travel, and what was newer stays a version', async () => {
    const { person, folderId, put, file } = await owned();
    const id = await file(folderId, 'a', 'old');
    const at = await world.moment();
    await put(ops.put(id, { bytes: bytesOf('newer') }), 'newer');
    await world.restore(person, folderId, at);
    const versions = await drive.sql<{ content: string }>(
      `SELECT encode(content_id, 'hex') AS content FROM version WHERE node_id = $1 ORDER BY id`,
      [id],
    );
    expect(versions.map((row) => row.content)).toEqual(
      ['old', 'newer', 'old'].map((text) => chunkOf(bytesOf(text)).hash),
    );
    expect((await drive.contents.getContent(person, id, undefined)).contentId).toBe(chunkOf(bytesOf('old')).hash);
  });

  it('swaps and rotates names back, and turns a folder and its child round', async () => {
    const { person, spaceId, folderId, commit, names } = await owned();
    const [a, b, c] = [ops.folder(folderId, 'a'), ops.folder(folderId, 'b'), ops.folder(folderId, 'c')];
    const outer = ops.folder(folderId, 'outer');
    const inner = ops.folder(outer.nodeId, 'inner');
    await commit(a, b, c, outer, inner);
    const was = await world.digest(person, spaceId, folderId);
    const at = await world.moment();
    await drive.commit(
      person,
      spaceId,
      [ops.move(a.nodeId, folderId, 'b'), ops.move(b.nodeId, folderId, 'c'), ops.move(c.nodeId, folderId, 'a')],
      { atomic: true },
    );
    await commit(ops.move(inner.nodeId, folderId, 'inner'), ops.move(outer.nodeId, inner.nodeId, 'outer'));
    expect(await world.restore(person, folderId, at)).toMatchObject({ state: 'done', refused: 0 });
    expect(await names()).toEqual(
      ['a', 'b', 'c', 'inner', 'outer'].sort((one, other) =>
        one === 'inner' ? 1 : other === 'inner' ? -1 : one.localeCompare(other),
      ),
    );
    expect(await world.digest(person, spaceId, folderId)).toMatchObject({ digest: was.digest });
  });

  it('makes again what was purged, with its content', async () => {
    const { person, spaceId, folderId, commit, file } = await owned();
    const sub = ops.folder(folderId, 'sub');
    await commit(sub);
    await file(sub.nodeId, 'a', 'precious');
    const was = await world.tree(person, spaceId, folderId);
    const at = await world.moment();
    await commit(ops.trash(sub.nodeId));
    await world.purge(spaceId, sub.nodeId);
    const job = await world.restore(person, folderId, at);
    expect(job).toMatchObject({ state: 'done', counts: { recreate: 2 }, refused: 0 });
    expect(await world.tree(person, spaceId, folderId)).toEqual(was);
    const made = (await world.steps(person, job)).find((step) => step.toPath === 'sub/a');
    expect((await drive.contents.getContent(person, made!.nodeId, undefined)).size).toBe(8);
  });

  it('[PE-5] makes nothing again for who received the folder: what went for good may have been closed to them', async () => {
    const of = await owned();
    const guest = await drive.person();
    const to = { type: 'user', id: guest.userId } as const;
    const right = { to, subTeams: true, expiresAt: null };
    await drive.folderGrants.set(of.person, of.folderId, { ...right, role: 'editor' });
    const closed = ops.folder(of.folderId, 'closed');
    await of.commit(closed);
    await of.file(closed.nodeId, 'a', 'not theirs');
    await drive.folderGrants.set(of.person, closed.nodeId, { ...right, role: 'metadata_viewer' });
    const at = await world.moment();
    await of.commit(ops.trash(closed.nodeId));
    await world.purge(of.spaceId, closed.nodeId);
    expect(await world.restore(guest, of.folderId, at)).toMatchObject({ state: 'done', steps: 0, gone: 2 });
    expect(await world.restore(of.person, of.folderId, at)).toMatchObject({ counts: { recreate: 2 }, gone: 0 });
  });

  it('says of a content that is not kept any more that it could not come back', async () => {
    const { person, spaceId, folderId, commit, file } = await owned();
    const id = await file(folderId, 'a', 'lost');
    const at = await world.moment();
    await commit(ops.trash(id));
    await world.purge(spaceId, id);
    await drive.sql(`DELETE FROM version WHERE node_id = $1`, [id]);
    const job = await world.restore(person, folderId, at);
    expect(job).toMatchObject({ state: 'done', done: 0, refused: 1 });
    expect(await world.steps(person, job)).toMatchObject([
      { kind: 'recreate', toPath: 'a', state: 'refused', code: 'NOT_FOUND' },
    ]);
  });

  it('refuses moments before the history of the folder, and says where it begins', async () => {
    const { person, spaceId, folderId } = await owned();
    const early = world.restores.plan(person, folderId, new Date(Date.now() - 86_400_000));
    await expect(early).rejects.toMatchObject({ code: 'MOMENT_TOO_OLD' });
    const at = await world.moment();
    await drive.commit(person, spaceId, [ops.folder(folderId, 'later')]);
    await drive.sql(`UPDATE space SET history_from_seq = seq WHERE id = $1`, [spaceId]);
    await expect(world.restores.plan(person, folderId, at)).rejects.toMatchObject({ code: 'MOMENT_TOO_OLD' });
  });
});

describe('[VE-4] a folder that was handed over', () => {
  it('goes back to moments since it came, and says of earlier ones that and since when it is here', async () => {
    const { person, spaceId, rootId, folderId, put, file } = await owned();
    const own = await drive.owner();
    const moves = new SpaceMoveService(drive.database.dataSource, drive.access, drive.hub);
    const handOver = (from: typeof person, to: { person: typeof person; spaceId: SpaceId; rootId: NodeId }) =>
      moves.handOver(from, folderId, {
        place: { parentId: to.rootId },
        receiver: { principal: to.person, spaceId: to.spaceId },
        whenMoved: () => Promise.resolve(),
      });
    const id = await file(folderId, 'f', 'first');
    const first = await world.moment();
    await put(ops.put(id, { bytes: bytesOf('second') }), 'second');
    await handOver(person, own);
    const since = await world.moment();
    await drive.commit(own.person, own.spaceId, [ops.trash(id)]);
    const early = world.restores.plan(own.person, folderId, first);
    await expect(early).rejects.toMatchObject({ code: 'MOMENT_BEFORE_MOVE' });
    const from = await early.catch((error: AppError) => new Date(String(error.params['from'])));
    expect(Number(from)).toBeGreaterThan(Number(first));
    expect(Number(from)).toBeLessThanOrEqual(Number(since));
    expect(await world.restore(own.person, folderId, since)).toMatchObject({
      state: 'done',
      counts: { bring_back: 1 },
    });
    await handOver(own.person, { person, spaceId, rootId });
    const back = world.restores.plan(person, folderId, since);
    await expect(back).rejects.toMatchObject({ code: 'MOMENT_BEFORE_MOVE' });
    expect(await world.restore(person, folderId, first)).toMatchObject({ state: 'done', counts: { version: 1 } });
  });
});

describe('who may bring a folder back', () => {
  it('refuses those who may not change everything in it, and hides it from strangers', async () => {
    const { folderId } = await owned();
    const stranger = await drive.person('super_admin');
    const at = await world.moment();
    await expect(world.restores.plan(stranger, folderId, at)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
    const admin = await drive.person('drive_admin');
    const space = await drive.space('team', { teamId: await drive.team() });
    const folder = ops.folder(space.rootId, 'F');
    await drive.commit(admin, space.spaceId, [folder]);
    const person = await drive.person();
    await drive.grant(space.spaceId, folder.nodeId, { user: person.userId }, 'none');
    await drive.sql(`UPDATE folder_grant SET atoms = '{visible,list,create,update,move,download}' WHERE node_id = $1`, [
      folder.nodeId,
    ]);
    await expect(world.restores.plan(person, folder.nodeId, await world.moment())).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('tells nobody else of a restore', async () => {
    const { person, folderId } = await owned();
    const job = await world.plan(person, folderId, await world.moment());
    const other = await drive.person('super_admin');
    const asked = [
      () => world.restores.get(other, job.id),
      () => world.restores.apply(other, job.id),
      () => world.steps(other, job),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('speaks of no folder that is closed to the caller, in its place or in the bin', async () => {
    const admin = await drive.person('drive_admin');
    const person = await drive.person();
    const space = await drive.space('team', { teamId: await drive.team() });
    const [open, closed, binned] = [
      ops.folder(space.rootId, 'open'),
      ops.folder(space.rootId, 'closed'),
      ops.folder(space.rootId, 'binned'),
    ];
    await drive.commit(admin, space.spaceId, [
      open,
      closed,
      binned,
      ops.folder(closed.nodeId, 'secret'),
      ops.folder(binned.nodeId, 'secret too'),
    ]);
    await drive.grant(space.spaceId, space.rootId, { user: person.userId }, 'synchronizer');
    for (const each of [closed, binned]) await drive.grant(space.spaceId, each.nodeId, { user: person.userId }, 'none');
    const at = await world.moment();
    await drive.commit(admin, space.spaceId, [
      ops.move(closed.nodeId, open.nodeId, 'closed'),
      ops.trash(binned.nodeId),
      ops.move(open.nodeId, space.rootId, 'opened'),
    ]);
    const job = await world.plan(person, space.rootId, at);
    expect(await world.steps(person, job)).toMatchObject([{ kind: 'move', nodeId: open.nodeId, toPath: 'open' }]);
  });

  it('ends a restore whose requester lost the right or was disabled', async () => {
    const { person, folderId, commit } = await owned();
    const at = await world.moment();
    await commit(ops.folder(folderId, 'since'));
    const job = await world.plan(person, folderId, at);
    await drive.sql(`UPDATE app_user SET disabled_at = now() WHERE id = $1`, [person.userId]);
    expect(await world.apply(person, job)).toMatchObject({ state: 'failed', failure: 'FORBIDDEN', done: 0 });
  });
});

describe('a restore under way', () => {
  async function large() {
    const of = await owned();
    const folders = Array.from({ length: 250 }, (_, index) => ops.folder(of.folderId, `f${index}`));
    await of.commit(...folders);
    const at = await world.moment();
    await of.commit(...folders.map((folder, index) => ops.move(folder.nodeId, of.folderId, `moved ${index}`)));
    return { ...of, job: await world.plan(of.person, of.folderId, at) };
  }

  it('goes on where it stood when the server is started again, doing no step twice', async () => {
    const { person, spaceId, folderId, job, names } = await large();
    await world.restores.apply(person, job.id);
    const once = new AbortController();
    const run = world.job.apply(once.signal, AbortSignal.any([]));
    once.abort(); // ends after the slice under way
    await run;
    const half = await world.restores.get(person, job.id);
    expect(half).toMatchObject({ state: 'applying', done: 100 });
    const [seq] = await drive.sql<{ seq: string }>(`SELECT seq FROM space WHERE id = $1`, [spaceId]);
    await world.run();
    expect(await world.restores.get(person, job.id)).toMatchObject({ state: 'done', done: 250, refused: 0 });
    const [end] = await drive.sql<{ seq: string }>(`SELECT seq FROM space WHERE id = $1`, [spaceId]);
    expect(Number(end?.seq) - Number(seq?.seq)).toBe(150);
    expect((await names()).filter((name) => name.startsWith('moved'))).toEqual([]);
    expect(folderId).toBe(job.folderId);
  });

  it('can be cancelled: what is done stays, the rest is left as it is', async () => {
    const { person, job, names } = await large();
    await world.restores.apply(person, job.id);
    const once = new AbortController();
    const run = world.job.apply(once.signal, AbortSignal.any([]));
    once.abort();
    await run;
    expect(await world.restores.cancel(person, job.id)).toMatchObject({ state: 'cancelled', done: 100 });
    await world.run();
    expect((await names()).filter((name) => name.startsWith('moved'))).toHaveLength(150);
    await expect(world.restores.apply(person, job.id)).rejects.toMatchObject({ code: 'RESTORE_STATE' });
  });

  it('[PE-3] can be cancelled by a drive admin, and by nobody else but who asked for it', async () => {
    const { job } = await large();
    const admin = await drive.person('drive_admin');
    for (const other of [await drive.person(), await drive.person('team_admin')]) {
      await expect(world.restores.cancel(other, job.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(world.restores.get(admin, job.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(world.restores.apply(admin, job.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await world.restores.cancel(admin, job.id)).toMatchObject({ state: 'cancelled', done: 0 });
  });

  it('[VE-4] [BI-5] trashes what it moved aside in an earlier slice, unless somebody changed that since', async () => {
    for (const isChanged of [false, true]) {
      const { person, spaceId, folderId, commit } = await owned();
      const [docs, next] = [ops.folder(folderId, 'docs'), ops.folder(folderId, 'docs')];
      const files = Array.from({ length: 150 }, (_, n) => ops.file(docs.nodeId, `f${n}`, { bytes: bytesOf('') }));
      await commit(docs, ...files);
      const was = await world.tree(person, spaceId, folderId);
      const at = await world.moment();
      await commit(ops.move(docs.nodeId, folderId, 'old'), next);
      await commit(...files.map((file, n) => ops.move(file.nodeId, next.nodeId, `f${n}`)));
      const job = await world.plan(person, folderId, at);
      await world.restores.apply(person, job.id);
      const once = new AbortController();
      const run = world.job.apply(once.signal, AbortSignal.any([]));
      once.abort(); // ends after the slice under way
      await run;
      if (isChanged) await commit(ops.move(next.nodeId, folderId, 'wanted'));
      await world.run();
      const left = isChanged ? ['/wanted folder null null false'] : [];
      expect(await world.tree(person, spaceId, folderId)).toEqual([...was, ...left].sort());
      expect(await world.restores.get(person, job.id)).toMatchObject({ state: 'done', refused: left.length });
    }
  });

  it('is not applied before it is planned', async () => {
    const { person, folderId } = await owned();
    const { id } = await world.restores.plan(person, folderId, await world.moment());
    await expect(world.restores.apply(person, id)).rejects.toMatchObject({ code: 'RESTORE_STATE' });
    await world.run();
    expect(await world.restores.apply(person, id)).toMatchObject({ state: 'applying' });
  });
});

describe('any story', () => {
  const seeds = Array.from({ length: Number(process.env['RESTORE_SEEDS'] ?? 6) }, (_, n) => n + 1);
  it.each(seeds)(
    '[VE-4] [SA-1] comes back as it was, and loses nothing that there was (seed %d)',
    async (seed) => {
      const roll = dice(seed);
      world.limits = { planTimeoutMs: 60_000, steps: 1 + (seed % 4) }; // most restores take many slices
      const { person, device, spaceId, rootId, folderId } = await owned();
      const folders: NodeId[] = [rootId, folderId, folderId, folderId];
      const nodes: NodeId[] = [];
      const files: NodeId[] = [];
      const pick = (list: readonly NodeId[]) => list[roll(list.length)] ?? folderId;
      const texts = ['', 'one', 'two', 'three', 'four'].map(bytesOf);
      const text = () => texts[roll(texts.length)]!;
      const step = () => {
        const name = `n${roll(8)}`;
        const op = [
          () => ops.folder(pick(folders), name),
          () => ops.file(pick(folders), name, { bytes: text() }),
          () => ops.move(pick(nodes), pick(folders), name),
          () => ops.move(pick(nodes), pick(folders), name),
          () => ops.trash(pick(nodes)),
          () => ops.restore(pick(nodes)),
          () => ops.put(pick(files), { bytes: text() }),
          () => ops.meta(pick(files), roll(2) === 0),
        ][roll(8)]!();
        if (op.kind === 'createFolder') folders.push(op.nodeId);
        if (op.kind === 'createFile') files.push(op.nodeId);
        if (op.kind === 'createFolder' || op.kind === 'createFile') nodes.push(op.nodeId);
        return op;
      };
      const grow = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          const batch = Array.from({ length: 1 + roll(6) }, step);
          await drive.commit(device, spaceId, batch, { inline: texts.filter((each) => each.length > 0) });
        }
      };
      const snapshot = () => world.tree(person, spaceId, folderId);
      const [first, second] = [ops.folder(folderId, 'n0'), ops.file(folderId, 'n1', { bytes: texts[0]! })];
      await drive.commit(device, spaceId, [first, second]);
      folders.push(first.nodeId);
      nodes.push(first.nodeId, second.nodeId);
      files.push(second.nodeId);
      await grow(8);
      const moments: { at: Date; tree: string[] }[] = [];
      for (let round = 0; round < 3; round++) {
        moments.push({ tree: await snapshot(), at: await world.moment() });
        await grow(6);
        const [trashed] = await drive.sql<{ id: NodeId }>(
          `SELECT id FROM node WHERE space_id = $1 AND trashed_at IS NOT NULL AND id <> $2 ORDER BY id OFFSET $3 LIMIT 1`,
          [spaceId, folderId, roll(3)],
        );
        if (trashed && roll(2) === 0 && !(await holds(trashed.id, folderId))) await world.purge(spaceId, trashed.id);
      }
      for (const { at, tree } of moments.toReversed()) {
        const heads = await headsIn(spaceId);
        const job = await world.restore(person, folderId, at);
        const refused = (await world.steps(person, job)).filter((each) => each.state === 'refused');
        expect({ refused, tree: await snapshot() }).toEqual({ refused: [], tree });
        const kept = await keptIn(spaceId);
        expect(heads.filter((head) => !kept.has(head))).toEqual([]);
      }
    },
    180_000,
  );

  afterEach(() => (world.limits = undefined));

  async function holds(id: NodeId, inner: NodeId): Promise<boolean> {
    const rows = await drive.sql(
      `WITH RECURSIVE up AS (SELECT id, parent_id FROM node WHERE id = $1 UNION ALL
         SELECT n.id, n.parent_id FROM up JOIN node n ON n.id = up.parent_id)
       SELECT FROM up WHERE id = $2`,
      [inner, id],
    );
    return rows.length > 0;
  }

  /** Node and content of everything that can be read now, in its place or in the bin. */
  async function headsIn(spaceId: string): Promise<string[]> {
    const rows = await drive.sql<{ head: string }>(
      `SELECT id || ' ' || coalesce(encode(content_id, 'hex'), '') AS head FROM node WHERE space_id = $1`,
      [spaceId],
    );
    return rows.map((row) => row.head);
  }

  async function keptIn(spaceId: string): Promise<Set<string>> {
    const rows = await drive.sql<{ head: string }>(
      `SELECT n.id || ' ' || coalesce(encode(v.content_id, 'hex'), '') AS head
       FROM node n LEFT JOIN version v ON v.enterprise_id = n.enterprise_id AND v.node_id = n.id WHERE n.space_id = $1`,
      [spaceId],
    );
    return new Set(rows.map((row) => row.head));
  }
});

describe('the restores of a space', () => {
  const list = (who: MemberPrincipal, spaceId: SpaceId, page: object = {}) =>
    world.restores.listIn(who, spaceId, SpaceJobsQuery.parse(page));

  it('are everybody’s own business, and that of a drive admin who sees the space and can end them from here', async () => {
    const [admin, one, other] = [await drive.person('drive_admin'), await drive.person(), await drive.person()];
    const { spaceId, rootId } = await drive.space('team', { teamId: await drive.team([one, other]) });
    for (const { userId } of [one, other]) await drive.grant(spaceId, rootId, { user: userId }, 'synchronizer');
    const folder = ops.folder(rootId, 'F');
    await drive.commit(admin, spaceId, [folder]);
    const at = await world.moment();
    const of = await world.restores.plan(one, folder.nodeId, at);
    const theirs = await world.restores.plan(other, rootId, at);
    const own = { ...of, by: { id: one.userId, name: expect.any(String) as string }, folderName: 'F' };
    expect(await list(one, spaceId)).toEqual({ restores: [own], next: null });
    const { restores, next } = await list(admin, spaceId, { limit: 1 });
    expect(restores).toMatchObject([{ id: theirs.id, by: { id: other.userId }, folderName: null, state: 'planning' }]);
    expect((await list(admin, spaceId, { after: next, limit: 1 })).restores).toEqual([own]);
    await world.restores.cancel(admin, theirs.id);
    expect((await list(other, spaceId)).restores).toMatchObject([{ id: theirs.id, state: 'cancelled' }]);
  });

  it('[PE-5] are not there for whoever sees nothing of the space, nor for a device that may not read a personal one', async () => {
    const { person, device, spaceId, folderId } = await owned();
    const { id } = await world.restores.plan(person, folderId, await world.moment());
    for (const who of [await drive.person(), await drive.person('drive_admin')]) {
      await expect(list(who, spaceId)).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
    }
    expect((await list(person, spaceId)).restores).toMatchObject([{ id }]);
    const closed = { ...device, readsPersonalSpace: false } as MemberPrincipal;
    await expect(list(closed, spaceId)).rejects.toMatchObject({ code: 'SPACE_UNKNOWN' });
  });
});

describe('a plan that cannot be made', () => {
  const never = AbortSignal.any([]);
  const run = () => world.job.plan(never, never);

  it('holds up nobody else’s, is told by the job, and is tried again a little later', async () => {
    const [one, other] = [await owned(), await owned()];
    const at = await world.moment();
    const broken = await world.restores.plan(one.person, one.folderId, at);
    const sound = await world.restores.plan(other.person, other.folderId, at);
    await drive.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''broken''; END'`);
    await drive.sql(`CREATE TRIGGER refuse BEFORE UPDATE ON restore_job FOR EACH ROW
                     WHEN (old.id = '${broken.id}' AND new.state = 'planned') EXECUTE FUNCTION refuse()`);
    expect(await run()).toMatchObject({ failed: 1 });
    expect(await run()).toMatchObject({ slices: 0 });
    expect((await world.restores.get(other.person, sound.id)).state).toBe('planned');
    expect((await world.restores.get(one.person, broken.id)).state).toBe('planning');
    await drive.sql('DROP FUNCTION refuse CASCADE');
    world.clock.advance(10_000);
    await run();
    expect((await world.restores.get(one.person, broken.id)).state).toBe('planned');
  });

  /** One that waits until the returned function is called, since nobody may read nodes until then. */
  async function stuck() {
    const of = await owned();
    const { id } = await world.restores.plan(of.person, of.folderId, await world.moment());
    const lock = drive.database.dataSource.createQueryRunner();
    await lock.startTransaction();
    await lock.query('LOCK TABLE node IN ACCESS EXCLUSIVE MODE');
    const letGo = async () => {
      await lock.rollbackTransaction();
      await lock.release();
    };
    const restore = (await findRestore(drive.database.dataSource.manager, { enterpriseId: drive.enterpriseId, id }))!;
    const isWaiting = async () => {
      for (let waiting = 0; waiting === 0;) {
        const [row] = await drive.sql<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_locks WHERE relation = 'node'::regclass AND NOT granted`,
        );
        waiting = row?.waiting ?? 0;
      }
    };
    return { ...of, id, restore, isWaiting, letGo };
  }

  it('within its time is given up, and says so', async () => {
    const { person, id, restore, letGo } = await stuck();
    expect(await world.runner.runSlice(restore, never, { planTimeoutMs: 1, steps: 1 })).toBe(0);
    await letGo();
    expect(await world.restores.get(person, id)).toMatchObject({ state: 'failed', failure: 'RESTORE_PLAN_TOO_LONG' });
    expect(await run()).toMatchObject({ slices: 0 });
  });

  it('before the console stops ends at once, is planned after the next start, and the try does not count', async () => {
    const { person, id, isWaiting, letGo } = await stuck();
    const stop = new AbortController();
    const planning = world.job.plan(stop.signal, stop.signal);
    await isWaiting();
    stop.abort();
    expect(await planning).toEqual({ slices: 1, steps: 0, failed: 1 });
    await letGo();
    const [row] = await drive.sql<{ attempts: number }>(`SELECT attempts FROM restore_job WHERE id = $1`, [id]);
    expect(row?.attempts).toBe(0);
    world.clock.advance(10_000);
    await run();
    expect((await world.restores.get(person, id)).state).toBe('planned');
  });

  it('because it is cancelled meanwhile ends at once', async () => {
    const { person, id, restore, isWaiting, letGo } = await stuck();
    const planning = world.runner.runSlice(restore, never);
    await isWaiting();
    expect(await world.restores.cancel(person, id)).toMatchObject({ state: 'cancelled' });
    expect(await planning).toBe(0);
    await letGo();
    expect(await world.restores.get(person, id)).toMatchObject({ state: 'cancelled', failure: null });
  });

  it('is given up after so many tries in a row, those counted that ended with the process', async () => {
    const [one, other] = [await owned(), await owned()];
    const at = await world.moment();
    const { id } = await world.restores.plan(one.person, one.folderId, at);
    const runSlice = vi.spyOn(world.runner, 'runSlice').mockRejectedValue(new Error('a bug'));
    const states: string[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await run();
      states.push((await world.restores.get(one.person, id)).state);
      world.clock.advance(600_000);
    }
    runSlice.mockRestore();
    expect(states).toEqual([...states.slice(1).fill('planning'), 'failed']);
    expect(await world.restores.get(one.person, id)).toMatchObject({ failure: 'JOB_FAILED' });
    const crashed = await world.restores.plan(other.person, other.folderId, at);
    await drive.sql(`UPDATE restore_job SET attempts = $2 WHERE id = $1`, [crashed.id, MAX_ATTEMPTS]);
    await run();
    expect(await world.restores.get(other.person, crashed.id)).toMatchObject({
      state: 'failed',
      failure: 'JOB_FAILED',
    });
  });
});
