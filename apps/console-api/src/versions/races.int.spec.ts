import { setImmediate } from 'node:timers/promises';
import {
  MAX_PINNED_VERSIONS,
  type NodeId,
  type RetentionPolicy,
  type SpaceId,
  type VersionId,
} from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, collect, newId, ops } from '../drive/testing/drive-world.ts';
import { dice } from '../testing/dice.ts';
import { RetentionWorld } from './testing/retention-world.ts';

let world: RetentionWorld;
let owner: Awaited<ReturnType<RetentionWorld['drive']['owner']>>;
beforeEach(async () => {
  world = await RetentionWorld.open();
  owner = await world.drive.owner();
  await world.drive.sql(`UPDATE enterprise SET history_on = true`);
});
afterEach(() => world.close());

const keep = (policy: Partial<RetentionPolicy>) =>
  world.policies.set(world.drive.enterpriseId, {
    ...{ keepVersions: 999, keepDays: 999, mergeSaves: false, binDays: 90 },
    ...policy,
  });

/** A file whose versions are of 1, 2, 3 … bytes; those that are named were uploaded one-way. */
async function fileOf(versions: number, uploads: readonly number[] = []): Promise<NodeId> {
  const file = ops.file(owner.rootId, newId(), { bytes: bytesOf('x') });
  for (let size = 1; size <= versions; size++) {
    const bytes = bytesOf('x'.repeat(size));
    const op = size === 1 ? file : ops.put(file.nodeId, { bytes });
    const origin = uploads.includes(size) ? 'upload' : 'sync';
    await world.drive.commit(owner.device, owner.spaceId, [op], { inline: [bytes], origin });
  }
  return file.nodeId;
}
const listed = async (nodeId: NodeId) => (await world.versions.list(owner.person, nodeId)).versions;
const sizes = async (nodeId: NodeId) => (await listed(nodeId)).map((version) => version.size);
const idOf = async (nodeId: NodeId, size: number) =>
  (await listed(nodeId)).find((version) => version.size === size)?.id as VersionId;

async function somebodyWaits(): Promise<void> {
  for (let waiting: unknown[] = []; waiting.length === 0; await setImmediate()) {
    waiting = await world.drive.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
  }
}

/** What is asked for while the node is on its way into another space, and waits there until the move is committed. */
async function askWhileMoving<T>(
  nodeId: NodeId,
  to: { readonly spaceId: SpaceId; readonly rootId: NodeId },
  ask: () => Promise<T>,
): Promise<PromiseSettledResult<T>> {
  let asked: Promise<[PromiseSettledResult<T>]> | undefined;
  await world.moves.handOver(owner.person, nodeId, {
    place: { parentId: to.rootId },
    receiver: { principal: await world.drive.person('drive_admin'), spaceId: to.spaceId },
    whenMoved: async () => {
      asked = Promise.allSettled([ask()]);
      await somebodyWaits();
    },
  });
  const [result] = (await asked) ?? [];
  if (!result) throw new Error('nothing was asked');
  return result;
}

/** Somebody's change is committed after pruning has looked and before it acts: the space is held until then. */
async function pruneWhile(change: string, parameters: unknown[]): Promise<void> {
  const holder = world.drive.database.dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT FROM space WHERE id = $1 FOR UPDATE', [owner.spaceId]);
  const pruning = world.prunes.prune(world.signal);
  await somebodyWaits();
  await holder.query(change, parameters);
  await holder.commitTransaction();
  await holder.release();
  await pruning;
}

describe('pruning that looked before somebody changed something', () => {
  it('[VE-1] leaves a version that was pinned meanwhile, whether its count or its age had ended', async () => {
    const nodeId = await fileOf(5);
    await keep({ keepVersions: 1 });
    await pruneWhile(`UPDATE version SET pinned = true WHERE id = $1`, [await idOf(nodeId, 2)]);
    expect(await sizes(nodeId)).toEqual([5, 2]);
    expect(await world.usedBytes(owner.spaceId)).toBe(7);
  });

  it('[VE-1] leaves a pinned version that merging would have taken', async () => {
    const nodeId = await fileOf(4);
    await keep({ mergeSaves: true });
    await pruneWhile(`UPDATE version SET pinned = true WHERE id = $1`, [await idOf(nodeId, 1)]);
    expect(await sizes(nodeId)).toEqual([4, 1]);
  });

  it('[UP-10] leaves the upload that became a device’s newest when a person deleted the one after it', async () => {
    const nodeId = await fileOf(6, [2, 4]);
    await keep({ keepVersions: 1 });
    const newest = await idOf(nodeId, 4);
    await pruneWhile(
      `WITH gone AS (UPDATE version SET released_at = now() WHERE id = $1 RETURNING size)
       UPDATE space SET used_bytes = used_bytes - (SELECT size FROM gone) WHERE id = $2`,
      [newest, owner.spaceId],
    );
    expect(await sizes(nodeId)).toEqual([6, 2]);
    expect(await world.usedBytes(owner.spaceId)).toBe(8);
  });
});

describe('a file that moves to another space while its space is waited for', () => {
  const seqs = async (nodeId: NodeId) =>
    world.drive.sql(
      `SELECT n.space_id, n.seq = s.seq AS is_newest, h.version_id = n.version_id AS is_told
       FROM node n JOIN space s ON s.id = n.space_id
       JOIN node_history h ON h.node_id = n.id AND h.space_id = n.space_id AND h.to_seq IS NULL WHERE n.id = $1`,
      [nodeId],
    );
  async function team() {
    const space = await world.drive.space('team', { teamId: await world.drive.team([owner.person]), name: 'Team' });
    await world.drive.grant(space.spaceId, space.rootId, { user: owner.person.userId }, 'synchronizer');
    return space;
  }

  it('[VE-1] is restored in the space where it is then: its seq, its room and its feed are those of that space', async () => {
    const [target, nodeId] = [await team(), await fileOf(3)];
    const which = { nodeId, versionId: await idOf(nodeId, 2) };
    const restored = await askWhileMoving(nodeId, target, () => world.versions.restore(owner.person, which, undefined));
    expect(restored).toMatchObject({ status: 'fulfilled', value: { version: { size: 2, isHead: true } } });
    expect(await sizes(nodeId)).toEqual([2, 3, 2, 1]);
    expect(await seqs(nodeId)).toEqual([{ space_id: target.spaceId, is_newest: true, is_told: true }]);
    expect([await world.usedBytes(owner.spaceId), await world.usedBytes(target.spaceId)]).toEqual([0, 8]);
    expect(world.drive.hub.nudges).toContainEqual({ spaceId: target.spaceId, seq: 2 });
  });

  it('[VE-1] loses a deleted version from the space where it is then', async () => {
    const [target, nodeId] = [await team(), await fileOf(3)];
    await world.drive.sql(`UPDATE space SET quota_bytes = 1000 WHERE id = $1`, [target.spaceId]);
    const which = { nodeId, versionId: await idOf(nodeId, 2) };
    const removed = await askWhileMoving(nodeId, target, () => world.versions.remove(owner.person, which, false));
    expect(removed.status).toBe('fulfilled');
    expect(await sizes(nodeId)).toEqual([3, 1]);
    expect(await world.usedBytes(target.spaceId)).toBe(4);
    expect(world.drive.hub.rooms).toContain(target.spaceId);
  });

  it('[PE-5] is not there for whoever had rights on it in the space that it left alone', async () => {
    const [colleague, target] = [await world.drive.person(), await team()];
    const nodeId = await fileOf(3);
    await world.drive.grant(owner.spaceId, owner.rootId, { user: colleague.userId }, 'synchronizer');
    const which = { nodeId, versionId: await idOf(nodeId, 2) };
    const restored = await askWhileMoving(nodeId, target, () => world.versions.restore(colleague, which, undefined));
    expect(restored).toMatchObject({ status: 'rejected', reason: { code: 'NODE_UNKNOWN' } });
    expect(await sizes(nodeId)).toEqual([3, 2, 1]);
    expect([await world.usedBytes(owner.spaceId), await world.usedBytes(target.spaceId)]).toEqual([0, 6]);
  });
});

describe('pruning of files with long histories', () => {
  it('[VE-1] looks at some 500 versions under one lock of their space, however little of them goes', async () => {
    const { spaceId } = owner;
    await world.drive.sql(`UPDATE space SET quota_bytes = 1000000 WHERE id = $1`, [spaceId]);
    for (let file = 0; file < 4; file++) {
      await world.drive.sql(
        `INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, origin, created_at)
         SELECT v.enterprise_id, gen_random_uuid(), v.space_id, v.node_id, v.content_id, 0, v.author_user_id, v.origin,
                v.created_at - make_interval(mins => older)
         FROM version v CROSS JOIN generate_series(1, 300) AS older WHERE v.node_id = $1`,
        [await fileOf(1)],
      );
    }
    await keep({ keepVersions: 300 });
    const told = world.drive.hub.rooms.length;
    expect(await world.prunes.prune(world.signal)).toEqual({ versions: 4 });
    expect(world.drive.hub.rooms.slice(told)).toEqual([spaceId, spaceId]); // once after each lock
  });
});

describe('many at once', () => {
  it('[VE-1] never pin more than 50 versions of a file, and everything that was answered as pinned stays', async () => {
    const nodeId = await fileOf(MAX_PINNED_VERSIONS + 8);
    await keep({ keepVersions: 1 });
    const versions = await listed(nodeId);
    const pins = versions.map(({ id: versionId }) =>
      world.versions.update(owner.person, { nodeId, versionId }, { pinned: true }),
    );
    const [results] = await Promise.all([Promise.allSettled(pins), world.prunes.prune(world.signal)]);
    const pinned = versions.filter((_, index) => results[index]?.status === 'fulfilled').map((version) => version.id);
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
    );
    expect(reasons.filter((code) => !['LIMIT_PINNED', 'VERSION_UNKNOWN'].includes(code))).toEqual([]);
    expect(pinned.length).toBeLessThanOrEqual(MAX_PINNED_VERSIONS);
    const left = await listed(nodeId);
    expect(left.filter((version) => version.pinned).map((version) => version.id)).toEqual(pinned);
    await world.usedBytes(owner.spaceId);
  });

  it.each([1, 2, 3])(
    '[SA-1] prune, save, pin, restore and delete without losing a head or a byte of count (seed %i)',
    async (seed) => {
      const next = dice(seed);
      const nodeIds = [await fileOf(6, [3]), await fileOf(6), await fileOf(6, [1, 5])];
      await keep({ keepVersions: 2, mergeSaves: seed % 2 === 0 });
      const steps = Array.from({ length: 24 }, () => step(nodeIds[next(3)] as NodeId, next));
      await Promise.all([...steps, world.prunes.prune(world.signal), world.prunes.prune(world.signal)]);
      await world.prunes.sweep(world.signal);
      for (const nodeId of nodeIds) {
        const versions = await listed(nodeId);
        expect(versions.filter((version) => version.isHead)).toHaveLength(1);
        for (const version of versions) {
          const content = await world.drive.contents.getContent(owner.person, nodeId, version.id);
          const bytes = world.drive.contents.read(owner.person, content, { start: 0, end: content.size });
          expect((await collect(bytes)).length).toBe(version.size);
        }
      }
      await world.usedBytes(owner.spaceId);
    },
  );
});

const EXPECTED = ['VERSION_UNKNOWN', 'VERSION_IS_HEAD', 'VERSION_PROTECTED', 'LIMIT_PINNED'];

async function step(nodeId: NodeId, next: (below: number) => number): Promise<void> {
  const versions = await listed(nodeId);
  const which = { nodeId, versionId: versions[next(versions.length)]?.id as VersionId };
  const bytes = bytesOf('y'.repeat(10 + next(20)));
  const actions = [
    () => world.versions.update(owner.person, which, { pinned: true }),
    () => world.versions.update(owner.person, which, { pinned: false }),
    () => world.versions.restore(owner.person, which, undefined),
    () => world.versions.remove(owner.person, which, false),
    () =>
      world.drive.commit(owner.device, owner.spaceId satisfies SpaceId, [ops.put(nodeId, { bytes })], {
        inline: [bytes],
      }),
  ];
  await actions[next(actions.length)]?.().catch((error: { code?: string }) => {
    if (!EXPECTED.includes(error.code ?? '')) throw error;
  });
}
