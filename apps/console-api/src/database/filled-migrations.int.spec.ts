import { randomUUID } from 'node:crypto';
import type { NodeId, ReservationKey, SetFolderGrant, SpaceId } from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PruneJob } from '../change-feed/prune.job.ts';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { actorIdOf } from '../drive/author.ts';
import { bytesOf, collect, noise, ops } from '../drive/testing/drive-world.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { migrations } from '../migrations/index.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let feed: FeedWorld;
let world: RetentionWorld;
beforeEach(async () => {
  feed = await openFeedWorld();
  world = new RetentionWorld(feed.drive);
  world.clock.advance(60_000);
});
afterEach(() => world.close());

/** In the order in which they are made, which is that of the times in their names. */
const NAMES = migrations.map(({ name }) => name).toSorted((one, other) => (one.slice(-13) < other.slice(-13) ? -1 : 1));
const stepsBackBefore = (name: string) => NAMES.length - NAMES.indexOf(name);
/** As far as a drive with files in it can go. */
const ALL_BUT_THE_FIRST = stepsBackBefore('BlobCollector1764000021000');

/** A server goes back to an older version, and forward again. */
async function goBackAndForth(steps: number): Promise<void> {
  const { dataSource } = world.drive.database;
  for (let step = 0; step < steps; step++) await dataSource.undoLastMigration();
  await dataSource.runMigrations();
}

type Filled = Awaited<ReturnType<typeof fill>>;

/** A space with all that a life leaves: old versions, pruned ones, a bin, purged nodes, room that is promised. */
async function fill() {
  const owner = await world.drive.owner();
  const { person, device, spaceId, rootId } = owner;
  await world.drive.sql(`UPDATE space SET quota_bytes = 1000000 WHERE id = $1`, [spaceId]);
  await world.drive.sql(`UPDATE enterprise SET history_on = true`);
  const contents = Array.from({ length: 6 }, (_, seed) => noise(100 + seed, seed));
  const folder = ops.folder(rootId, 'folder');
  const file = ops.file(folder.nodeId, 'file', { bytes: contents[0]! });
  const saves = contents.slice(1).map((bytes) => ops.put(file.nodeId, { bytes }));
  await world.drive.commit(device, spaceId, [folder, file, ...saves], { inline: contents });
  const bytes = bytesOf('in the bin');
  const [binned, purged] = ['binned', 'purged'].map((name) => ops.file(folder.nodeId, name, { bytes }));
  const trashes = [binned!, purged!].map(({ nodeId }) => ops.trash(nodeId));
  await world.drive.commit(device, spaceId, [binned!, purged!, ...trashes], { inline: [bytes] });
  await world.purges.purge(person, spaceId, [purged!.nodeId]);
  await world.policies.set(world.drive.enterpriseId, {
    keepVersions: 3,
    keepDays: 900,
    mergeSaves: false,
    binDays: 90,
  });
  await world.prunes.prune(world.signal);
  const uploader = { enterpriseId: world.drive.enterpriseId, spaceId, actorId: actorIdOf(device) };
  const reserve = [{ key: randomUUID() as string as ReservationKey, bytes: 77 }];
  await world.reservations.prepareUpload(uploader, { chunks: [], reserve });
  return { ...owner, uploader, fileId: file.nodeId, binnedId: binned!.nodeId, folderId: folder.nodeId };
}

/** What must be there after anything: rows by table, and what a space says of itself. */
async function kept({ spaceId }: Filled): Promise<Record<string, number>> {
  const [row] = await world.drive.sql<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM node WHERE space_id = $1) AS nodes,
            (SELECT count(*)::int FROM node_history WHERE space_id = $1) AS states,
            (SELECT count(*)::int FROM version WHERE space_id = $1) AS versions,
            (SELECT count(*)::int FROM chunk) AS chunks, (SELECT count(*)::int FROM pack) AS packs,
            (SELECT seq::int FROM space WHERE id = $1) AS seq`,
    [spaceId],
  );
  return row!;
}

async function reserved(spaceId: SpaceId): Promise<[told: number, promised: number]> {
  const [row] = await world.drive.sql<{ told: number; promised: number }>(
    `SELECT reserved_bytes::int AS told, (SELECT coalesce(sum(bytes), 0)::int FROM reservation WHERE space_id = $1) AS promised
     FROM space WHERE id = $1`,
    [spaceId],
  );
  return [row!.told, row!.promised];
}

async function read({ person }: Filled, nodeId: NodeId): Promise<Buffer> {
  const content = await world.drive.contents.getContent(person, nodeId, undefined);
  return collect(world.drive.contents.read(person, content, { start: 0, end: content.size }));
}

describe('[SA-1] a server that goes back to an older version and forward again', () => {
  it.each([stepsBackBefore('FeedHorizon1764000025000'), ALL_BUT_THE_FIRST])(
    'by %i migrations keeps every byte, counts right, and works on',
    { timeout: 60_000 },
    async (steps) => {
      const before = await fill();
      const rows = await kept(before);
      await goBackAndForth(steps);
      expect(await kept(before)).toEqual(rows);
      expect(await read(before, before.fileId)).toEqual(noise(105, 5));
      await world.usedBytes(before.spaceId); // throws unless it is the sum of the versions
      const [told, promised] = await reserved(before.spaceId);
      expect(told).toBe(promised);

      await world.bin.restore(before.person, before.spaceId, [before.binnedId]);
      expect((await read(before, before.binnedId)).toString()).toBe('in the bin');
      await world.policies.set(world.drive.enterpriseId, {
        keepVersions: 1,
        keepDays: 900,
        mergeSaves: false,
        binDays: 90,
      });
      await world.drive.sql(`UPDATE enterprise SET history_on = true`);
      await world.prunes.prune(world.signal);
      world.clock.advance(2 * 3_600_000);
      await world.reservations.expire(world.signal);
      await world.drive.commit(before.person, before.spaceId, [ops.trash(before.folderId)]);
      await world.purges.empty(before.person, before.spaceId, undefined);
      await world.purges.clearAll(world.signal);
      expect(await world.usedBytes(before.spaceId)).toBe(0);
      expect(await reserved(before.spaceId)).toEqual([0, 0]);
    },
  );

  it('[PE-6] opens no folder to whom a role had closed it', async () => {
    const admin = await world.drive.person('drive_admin');
    const member = await world.drive.person();
    const team = await world.drive.space('team', { teamId: await world.drive.team([member]) });
    const folder = ops.folder(team.rootId, 'narrow');
    await world.drive.commit(admin, team.spaceId, [folder]);
    await world.drive.sql(
      `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, role)
       VALUES ($1, $2, $3, $4, 'user', $5, 'metadata_viewer')`,
      [world.drive.enterpriseId, randomUUID(), team.spaceId, folder.nodeId, member.userId],
    );
    const rights = async () =>
      (await world.drive.access.resolve(world.drive.manager, member, [folder.nodeId])).get(folder.nodeId)?.atoms;
    const before = await rights();
    expect(before).toEqual(new Set(['visible', 'list']));
    await goBackAndForth(stepsBackBefore('Rights1764000023000'));
    expect(await rights()).toEqual(before);
  });

  it('[PE-1] [PE-4] ends no right earlier and no later, and withholds a sync right that it cannot tell the end of', async () => {
    const admin = await world.drive.person('drive_admin');
    const team = await world.drive.space('team', { teamId: await world.drive.team() });
    const { rootId: nodeId } = team;
    const later = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const give = async (what: Pick<SetFolderGrant, 'role' | 'syncRight'>, expiresAt: string | null) => {
      const { userId } = await world.drive.person();
      const to = { type: 'user', id: userId } as const;
      await world.drive.folderGrants.set(admin, nodeId, { to, subTeams: true, ...what, expiresAt });
      return to;
    };
    await give({ syncRight: 'backer' }, later(1));
    await give({ role: 'viewer' }, later(2));
    await give({ role: 'viewer', syncRight: 'synchronizer' }, later(3));
    const apart = await give({ role: 'viewer' }, later(4));
    const grants = async () =>
      (await world.drive.folderGrants.listFor(admin, nodeId, { limit: 1000 })).rows
        .toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1))
        .map(({ role, expiresAt, syncRight, syncExpiresAt }) => [role, expiresAt, syncRight, syncExpiresAt]);
    const before = await grants();
    await world.drive.folderGrants.set(admin, nodeId, {
      to: apart,
      subTeams: true,
      syncRight: 'backer',
      expiresAt: null,
    });
    await goBackAndForth(stepsBackBefore('EndsOfAxes1764000028600'));
    const [role, end] = before[3]!;
    expect(await grants()).toEqual([...before.slice(0, 3), [role, end, 'none', end]]);
  });

  it('[PE-6] ends restores that would make folders again without what closed them, and knows then of nothing that went before', async () => {
    const { person, spaceId, folderId } = await fill();
    const [waits, other] = [randomUUID(), randomUUID()];
    for (const id of [waits, other]) {
      await world.drive.sql(
        `INSERT INTO restore_job (enterprise_id, id, space_id, folder_id, user_id, reads_personal_space, at, as_of_seq, state)
         VALUES ($1, $2, $3, $4, $5, true, now(), 1, 'planned')`,
        [world.drive.enterpriseId, id, spaceId, folderId, person.userId],
      );
    }
    await world.drive.sql(
      `INSERT INTO restore_step (enterprise_id, job_id, ordinal, kind, node_id, node_kind, was_id)
       VALUES ($1, $2, 1, 'recreate', gen_random_uuid(), 'folder', $3)`,
      [world.drive.enterpriseId, waits, folderId],
    );
    await goBackAndForth(stepsBackBefore('PastGrants1764000029000'));
    const states = await world.drive.sql<{ id: string; state: string }>('SELECT id, state FROM restore_job');
    expect(Object.fromEntries(states.map(({ id, state }) => [id, state]))).toEqual({
      [waits]: 'cancelled',
      [other]: 'planned',
    });
    const [space] = await world.drive.sql(`SELECT grants_from_seq = seq AS known FROM space WHERE id = $1`, [spaceId]);
    expect(space).toEqual({ known: true });
  });

  it('still tells cursors that are too old so', async () => {
    const { device: principal, spaceId, rootId } = await world.drive.owner();
    const of = { principal, spaceId, rootId };
    const cursorNow = async () => (await feed.listings.list({ ...of, page: undefined, limit: 1 })).cursor;
    const old = await cursorNow();
    const gone = ops.folder(rootId, 'gone');
    await world.drive.commit(principal, spaceId, [gone, ops.folder(rootId, 'stays')]);
    const newer = await cursorNow();
    for (const table of ['commit_token', 'node_history']) {
      await world.drive.sql(`UPDATE ${table} SET at = at - interval '2000 days' WHERE space_id = $1`, [spaceId]);
    }
    const { dataSource } = world.drive.database;
    await new PruneJob(dataSource, world.clock, new JobRunner(dataSource, world.clock)).run(world.signal);
    await goBackAndForth(stepsBackBefore('FeedHorizon1764000025000'));
    await expect(feed.changes.listChanges({ ...of, cursor: old, limit: 10 })).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    expect((await feed.changes.listChanges({ ...of, cursor: newer, limit: 10 })).items).toEqual([]);
  });
});
