import { randomUUID } from 'node:crypto';
import type { NodeId, RestoreId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  advanceFolders,
  listChildrenToCopy,
  listNextFolders,
  type CopyFolder,
  type CopyKey,
  holdVersions,
  listRunning,
  recordProgress,
  sumHeads,
} from '../copies/copy.store.ts';
import { DriveWorld, ops } from '../drive/testing/drive-world.ts';
import { beginAttempt } from '../jobs/attempt.store.ts';
import { claimRun, renewRuns } from '../jobs/job-run.store.ts';
import {
  findRunningRestore,
  listChangedSince,
  listSteps,
  recordOutcomes,
  type StoredRestore,
} from '../restore/restore.store.ts';
import { countRows } from '../testing/count-buffers.ts';

const FILES = 20_000;
const WAITING = 20_000;
const STEPS = 20_000;
const now = new Date();
let world: DriveWorld;
let folderId: NodeId;
let copy: CopyKey & { readonly sourceSpaceId: SpaceId };
let restore: StoredRestore;

beforeAll(async () => {
  world = await DriveWorld.open();
  const { person, spaceId, rootId } = await world.owner();
  const folder = ops.folder(rootId, 'large');
  await world.commit(person, spaceId, [folder]);
  folderId = folder.nodeId;
  const { enterpriseId } = world;
  await world.sql(
    `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
     SELECT $1, gen_random_uuid(), $2, $3, 'n' || to_char(n, 'FM000000'), 'n' || to_char(n, 'FM000000'), 'folder', 1, 1 FROM generate_series(1, $4::int) n`,
    [enterpriseId, spaceId, folderId, FILES],
  );
  await world.sql(
    `INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, origin)
     SELECT $1, id, space_id, id, sha256(id::text::bytea), 1, $3, 'web' FROM node WHERE enterprise_id = $1 AND parent_id = $2`,
    [enterpriseId, folderId, person.userId],
  );
  await world.sql(
    `INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, parent_id, name, kind, rev, exec, trashed)
     SELECT enterprise_id, space_id, id, -row_number() OVER (), parent_id, name, kind, 1, false, false
     FROM node WHERE enterprise_id = $1 AND parent_id = $2`,
    [enterpriseId, folderId],
  );
  copy = { enterpriseId, id: randomUUID(), sourceSpaceId: spaceId };
  for (const id of [copy.id, ...Array.from({ length: 200 }, () => randomUUID())]) {
    await world.sql(
      `INSERT INTO tree_copy (enterprise_id, id, space_id, target_id, user_id, reads_personal_space, copied_nodes, state,
                              source_space_id, source_seq)
       VALUES ($1, $2, $3, $4, $5, true, 0, $6, $3, 1)`,
      [enterpriseId, id, spaceId, folderId, person.userId, id === copy.id ? 'running' : 'done'],
    );
  }
  await world.sql(
    `INSERT INTO tree_copy_folder (enterprise_id, copy_id, source_id, target_id)
     SELECT $1, $2, gen_random_uuid(), gen_random_uuid() FROM generate_series(1, $3::int)`,
    [enterpriseId, copy.id, WAITING],
  );
  const id = randomUUID() as RestoreId;
  await world.sql(
    `INSERT INTO restore_job (enterprise_id, id, space_id, folder_id, user_id, reads_personal_space, at, as_of_seq, state)
     VALUES ($1, $2, $3, $4, $5, true, now(), 1, 'applying')`,
    [enterpriseId, id, spaceId, folderId, person.userId],
  );
  await world.sql(
    `INSERT INTO restore_step (enterprise_id, job_id, ordinal, op_id, kind, node_id, node_kind, version_id, state, exec, parent_id, name)
     SELECT $1, $2, row_number() OVER (ORDER BY name), gen_random_uuid(), 'move', id, 'folder', id,
            CASE WHEN name < 'n010000' THEN 'done' ELSE 'pending' END, false, $3, name
     FROM node WHERE enterprise_id = $1 AND parent_id = $3 LIMIT $4`,
    [enterpriseId, id, folderId, STEPS],
  );
  restore = { enterpriseId, id, plannedSeq: 1 } as StoredRestore;
}, 60_000);
afterAll(() => world.close());

const rows = (work: (manager: EntityManager) => Promise<unknown>) =>
  world.database.dataSource.transaction((manager) => countRows(manager, work));

async function measure(): Promise<Record<string, number>> {
  const { enterpriseId } = world;
  const folders = await listNextFolders(world.manager, copy, 100);
  const pending = await listSteps(world.manager, restore, { after: 0, limit: 500, state: 'pending' });
  const large = { ordinal: '1', sourceId: folderId, targetId: folderId, afterName: 'n010000' };
  const several = pending.slice(0, 100).map((step) => ({ ...large, sourceId: step.nodeId }));
  const childrenOf = (list: readonly CopyFolder[], sourceSeq: number) => (manager: EntityManager) =>
    listChildrenToCopy(manager, { ...copy, sourceSeq }, { folders: list, limitOfEach: 500 });
  const someIds = pending.map((step) => step.nodeId);
  const row = { enterpriseId, state: 'running' };
  const run = { name: 'copies', runId: randomUUID(), startedAt: now, leaseMs: 1000, after: undefined };
  return {
    'copies under way': await rows((manager) => listRunning(manager, randomUUID(), now)),
    'next folders': await rows((manager) => listNextFolders(manager, copy, 100)),
    'children of one folder': await rows(childrenOf([large], 1)),
    'children that changed since': await rows(childrenOf([large], 0)),
    'children of many folders': await rows(childrenOf(several, 1)),
    'versions held': await rows((manager) => holdVersions(manager, world, someIds)),
    'sum of a small folder': await rows((manager) => sumHeads(manager, world, someIds[0] as NodeId)),
    'folders done': await rows((manager) =>
      advanceFolders(
        manager,
        copy,
        folders.map(({ ordinal }, at) => ({ ordinal, afterName: at === 0 ? 'n' : null })),
      ),
    ),
    progress: await rows((manager) => recordProgress(manager, copy, { copied: 500, leftOut: 0 })),
    attempt: await rows((manager) =>
      beginAttempt(manager, { ...row, table: 'tree_copy', id: copy.id }, { count: 1, now }),
    ),
    claim: await rows((manager) => claimRun(manager, run)),
    renew: await rows((manager) => renewRuns(manager, [run.runId], 1000)),
    'restore under way': await rows((manager) => findRunningRestore(manager, { state: 'applying', skip: [], now })),
    'next steps': await rows((manager) => listSteps(manager, restore, { after: 0, limit: 500, state: 'pending' })),
    'changed since': await rows((manager) => listChangedSince(manager, restore, someIds)),
    'steps done': await rows((manager) =>
      recordOutcomes(
        manager,
        restore,
        pending.map(({ ordinal }) => ({ ordinal, code: null, seq: null })),
      ),
    ),
  };
}

/** What a slice is made of, 100 folders and 500 nodes or steps, each found and each written or looked up beside it. */
const MOST: Readonly<Record<string, number>> = {
  'copies under way': 1,
  'next folders': 100,
  'children of one folder': 501,
  'children that changed since': 1001,
  'children of many folders': 100,
  'versions held': 500,
  'sum of a small folder': 1,
  'folders done': 200,
  progress: 1,
  attempt: 1,
  claim: 0,
  renew: 1,
  'restore under way': 1,
  'next steps': 1000,
  'changed since': 500,
  'steps done': 1001,
};

describe('the statements of copies, restores and the jobs that make them', () => {
  it('look at what a slice needs, not at what is still to do, with and without statistics', async () => {
    const young = await measure();
    await world.sql('ANALYZE');
    const old = await measure();
    expect({ young: beyond(young), old: beyond(old) }).toEqual({ young: {}, old: {} });
  });
});

/** Tables of a few pages are read whole where that is cheaper: each of them has some 200 rows here. */
function beyond(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([name, count]) => count > (MOST[name] ?? 0) + 210));
}
