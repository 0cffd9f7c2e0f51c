import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeId, SpaceId } from '@tideline/contracts';
import { JobRunner } from '../jobs/job-runner.ts';
import { ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { endsAfter } from '../testing/ends-after.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { PruneJob } from './prune.job.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';
import { Mirror } from './testing/mirror.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  drive = world.drive;
});
afterAll(() => drive.close());

type Of = { readonly principal: MemberPrincipal; readonly spaceId: SpaceId; readonly rootId: NodeId };

async function prunedAfter(days: number): Promise<Record<string, number>> {
  const clock = new ManualClock();
  clock.advance(days * DAY_MS);
  const { dataSource } = drive.database;
  return { ...(await new PruneJob(dataSource, clock, new JobRunner(dataSource, clock)).run(AbortSignal.any([]))) };
}

async function owned(): Promise<Of & { readonly commit: (...batch: Parameters<DriveWorld['commit']>[2]) => unknown }> {
  const { device: principal, spaceId, rootId } = await drive.owner();
  return { principal, spaceId, rootId, commit: (...batch) => drive.commit(principal, spaceId, batch) };
}

/** Dates all that is in the space back by so many days. */
async function age(spaceId: SpaceId, days: number): Promise<void> {
  for (const table of ['commit_token', 'node_history']) {
    await drive.sql(`UPDATE ${table} SET at = at - $2 * interval '1 day' WHERE space_id = $1`, [spaceId, days]);
  }
}

async function states(spaceId: SpaceId): Promise<number> {
  const [row] = await drive.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM node_history WHERE space_id = $1`,
    [spaceId],
  );
  return row?.count ?? 0;
}

const read = (of: Of, cursor: string) => world.changes.listChanges({ ...of, cursor, limit: 1000 });

describe('the past that is kept', () => {
  it('is looked at from where the last run was cut', async () => {
    const spaces = [await owned(), await owned(), await owned()];
    for (const { commit, rootId, spaceId } of spaces) {
      await commit(ops.folder(rootId, 'a'));
      await age(spaceId, 91);
    }
    const { dataSource } = drive.database;
    const clock = new ManualClock();
    const job = new PruneJob(dataSource, clock, new JobRunner(dataSource, clock));
    const horizons = () =>
      drive.sql<{ seq: string }>(`SELECT feed_from_seq AS seq FROM space WHERE id = ANY($1::uuid[])`, [
        spaces.map(({ spaceId }) => spaceId),
      ]);
    const [all] = await drive.sql<{ count: number }>(`SELECT count(*)::int AS count FROM space`);
    const slicesOfAll = 3 * (all?.count ?? 0); // each ends with an empty one
    for (let runs = 0; runs < slicesOfAll; runs += 1) await job.run(endsAfter(2));
    expect((await horizons()).map(({ seq }) => Number(seq) > 0)).toEqual([true, true, true]);
  });

  it('expires cursors after 90 days with CURSOR_EXPIRED, and a listing then begins anew', async () => {
    const { commit, ...of } = await owned();
    const old = await new Mirror(world, of).start();
    await commit(ops.folder(of.rootId, 'a'));
    const newer = await new Mirror(world, of).start();
    await age(of.spaceId, 91);
    await commit(ops.folder(of.rootId, 'b'));
    await prunedAfter(0);
    await expect(read(of, old.cursor)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await newer.catchUp(10); // exactly at the horizon: everything after it is still there
    expect(newer.names()).toEqual(['a', 'b']);
    const fresh = await new Mirror(world, of).start();
    await commit(ops.folder(of.rootId, 'c'));
    await fresh.catchUp(10);
    expect(fresh.digest()).toBe((await world.listings.getDigest(of)).digest);
  });

  it('keeps a cursor of 89 days', async () => {
    const { commit, ...of } = await owned();
    const old = await new Mirror(world, of).start();
    await commit(ops.folder(of.rootId, 'a'));
    await age(of.spaceId, 89);
    await commit(ops.folder(of.rootId, 'b'));
    await prunedAfter(0);
    await old.catchUp(10);
    expect(old.names()).toEqual(['a', 'b']);
  });

  it('keeps ended states as long as the longer of version days and bin days, also when cursors have expired', async () => {
    const { commit, ...of } = await owned();
    const folder = ops.folder(of.rootId, 'first');
    await commit(folder);
    await commit(ops.move(folder.nodeId, of.rootId, 'second'));
    await age(of.spaceId, 200);
    await commit(ops.move(folder.nodeId, of.rootId, 'third'));
    await drive.sql(
      `INSERT INTO retention_policy (enterprise_id, keep_versions, keep_days, merge_saves, bin_days)
       VALUES ($1, 10, 30, false, 250) ON CONFLICT (enterprise_id) DO UPDATE SET bin_days = 250, keep_days = 30`,
      [drive.enterpriseId],
    );
    await prunedAfter(0);
    expect(await states(of.spaceId)).toBe(4);
    await drive.sql(`UPDATE retention_policy SET keep_days = 30, bin_days = 30 WHERE enterprise_id = $1`, [
      drive.enterpriseId,
    ]);
    await prunedAfter(0);
    expect(await states(of.spaceId)).toBe(3); // `second` ended after the horizon, `first` before it
    await prunedAfter(200);
    expect(await states(of.spaceId)).toBe(2); // the root and what the folder is called now
    await drive.sql(`DELETE FROM retention_policy`);
    expect((await new Mirror(world, of).start()).names()).toEqual(['third']);
  });

  it('repeats the answer to an operation for 30 days', async () => {
    const { principal, spaceId, rootId, commit } = await owned();
    const folder = ops.folder(rootId, 'once');
    await commit(folder);
    const sendAgain = async () => (await drive.one(principal, spaceId, folder)).status;
    await drive.sql(`UPDATE op_answer SET created_at = created_at - interval '29 days'`);
    await prunedAfter(0);
    expect(await sendAgain()).toBe('done');
    expect((await prunedAfter(2))['answers']).toBeGreaterThan(0);
    expect(await sendAgain()).toBe('refused'); // the id is taken
  });

  it('lets a listing of before the horizon begin again', async () => {
    const { commit, ...of } = await owned();
    await commit(ops.folder(of.rootId, 'a'), ops.folder(of.rootId, 'b'));
    const first = await world.listings.list({ ...of, page: undefined, limit: 1 });
    await commit(ops.folder(of.rootId, 'c'));
    await drive.sql(`UPDATE space SET history_from_seq = seq WHERE id = $1`, [of.spaceId]);
    const next = world.listings.list({ ...of, page: first.nextPage ?? '', limit: 1 });
    await expect(next).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  it('tells a purged node by its tombstone, and takes that away when no cursor needs it', async () => {
    const { commit, ...of } = await owned();
    const folder = ops.folder(of.rootId, 'F');
    await commit(folder);
    const mirror = await new Mirror(world, of).start();
    await commit(ops.trash(folder.nodeId));
    await bury(of.spaceId, folder.nodeId, 'purged');
    expect((await mirror.pull(10)).items).toMatchObject([{ type: 'gone', id: folder.nodeId, gone: 'purged' }]);
    expect(mirror.names()).toEqual([]);
    await age(of.spaceId, 400);
    await commit(ops.folder(of.rootId, 'later'));
    await prunedAfter(0);
    expect(await states(of.spaceId)).toBe(2); // the root and `later`
  });

  it('[D21] tells a node that went to another space as `left`, although it lives on there', async () => {
    const { commit, ...of } = await owned();
    const file = ops.folder(of.rootId, 'a');
    await commit(file);
    const mirror = await new Mirror(world, of).start();
    await bury(of.spaceId, file.nodeId, 'left');
    expect((await mirror.pull(10)).items).toMatchObject([{ type: 'gone', id: file.nodeId, gone: 'left' }]);
    expect((await mirror.pull(10)).items).toEqual([]);
  });
});

/** What the end of a node in a space leaves behind: a commit with a last state that says why. */
async function bury(spaceId: SpaceId, nodeId: NodeId, gone: 'left' | 'purged'): Promise<void> {
  await drive.database.dataSource.transaction(async (manager) => {
    const rows = await manager.query<{ seq: string }[]>(`SELECT seq + 1 AS seq FROM space WHERE id = $1 FOR UPDATE`, [
      spaceId,
    ]);
    const seq = rows[0]?.seq;
    await manager.query(`DELETE FROM node WHERE id = $1`, [nodeId]);
    await manager.query(`UPDATE node_history SET to_seq = $2 WHERE node_id = $1 AND to_seq IS NULL`, [nodeId, seq]);
    await manager.query(
      `INSERT INTO node_history (enterprise_id, node_id, from_seq, space_id, parent_id, name, kind, rev, exec, trashed, gone)
       SELECT enterprise_id, node_id, $2, space_id, parent_id, name, kind, rev + 1, exec, true, $3
       FROM node_history WHERE node_id = $1 AND to_seq = $2`,
      [nodeId, seq, gone],
    );
    await manager.query(`INSERT INTO commit_token (enterprise_id, space_id, seq) VALUES ($1, $2, $3)`, [
      drive.enterpriseId,
      spaceId,
      seq,
    ]);
    await manager.query(`UPDATE space SET seq = $2 WHERE id = $1`, [spaceId, seq]);
  });
}
