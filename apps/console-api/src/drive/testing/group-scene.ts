import { setImmediate } from 'node:timers/promises';
import type { BatchAnswer, BatchOp, BatchOutcome, NodeId, SpaceId } from '@tideline/contracts';
import { FrameReader } from '../../blobs/frame-reader.ts';
import type { ReceivedPack } from '../../blobs/pack.service.ts';
import type { MemberPrincipal } from '../../platform/principal.ts';
import { bodyOf, chunkOf, ops, type DriveWorld } from './drive-world.ts';

const NO_PACK: ReceivedPack = { packId: undefined, sizeBytes: 0, packed: [], proven: [] };

export type Member = {
  readonly principal: MemberPrincipal;
  readonly ops: readonly BatchOp[];
  readonly atomic?: boolean;
  readonly pack?: ReceivedPack;
};
export type Place = { readonly spaceId: SpaceId; readonly rootId: NodeId };

/** Bytes that are durable already, as a batch brings them. */
export async function receivePack(world: DriveWorld, parts: readonly Uint8Array[]): Promise<ReceivedPack> {
  const frame = new FrameReader(bodyOf({}, parts));
  await frame.header();
  const refs = parts.map(chunkOf);
  const stored = await world.packs.findStored(world.manager, world.enterpriseId, refs);
  return world.packs.receive(world.enterpriseId, { refs, stored, frame });
}

/**
 * Has the batches committed as one group, in this order: the space is held by somebody else while two batches go ahead of them
 * and fill what may be under way; `meanwhile` is called once the group is the next one.
 */
export async function commitTogether(
  world: DriveWorld,
  place: Place,
  members: readonly Member[],
  { by, meanwhile }: { readonly by: MemberPrincipal; readonly meanwhile?: () => Promise<void> },
): Promise<PromiseSettledResult<BatchAnswer>[]> {
  const holder = world.database.dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT FROM space WHERE id = $1 FOR UPDATE', [place.spaceId]);
  const ahead = ['first', 'second'].map((name) => {
    const folder = ops.folder(place.rootId, `${name} ahead ${crypto.randomUUID()}`);
    return commit(world, place, { principal: by, ops: [folder] });
  });
  const answers = Promise.allSettled(members.map((member) => commit(world, place, member)));
  await untilWaiting(world, { count: ahead.length, statement: '%FROM space%FOR NO KEY UPDATE%' });
  await holder.commitTransaction();
  await holder.release();
  await meanwhile?.();
  await Promise.all(ahead);
  return answers;
}

/** Has the second wait for the space behind the first: what it looks up before its lock it has looked up before the first is committed. */
export async function queueFor<First, Second>(
  world: DriveWorld,
  spaceId: SpaceId,
  [first, second]: readonly [() => Promise<First>, () => Promise<Second>],
): Promise<[First, Second]> {
  const holder = world.database.dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT FROM space WHERE id = $1 FOR UPDATE', [spaceId]);
  const statement = '%FROM space%FOR NO KEY UPDATE%';
  const one = first();
  await untilWaiting(world, { count: 1, statement });
  const other = second();
  await untilWaiting(world, { count: 2, statement });
  await holder.commitTransaction();
  await holder.release();
  return Promise.all([one, other]);
}

function commit(world: DriveWorld, { spaceId }: Place, { principal, ops, atomic = false, pack = NO_PACK }: Member) {
  return world.commits.commit({ principal, spaceId, request: { atomic, ops: [...ops], inline: [] }, pack });
}

/** How many transactions wrote the commits after `seq`, and with which seqs they ended. */
export async function listCommits(world: DriveWorld, spaceId: SpaceId, afterSeq: number) {
  const rows = await world.sql<{ seq: number; transaction: string }>(
    `SELECT seq::int, xmin::text AS transaction FROM commit_token WHERE space_id = $1 AND seq > $2 ORDER BY seq`,
    [spaceId, afterSeq],
  );
  return { seqs: rows.map((row) => row.seq), transactions: new Set(rows.map((row) => row.transaction)).size };
}

/** Until a commit that makes nodes waits for another transaction, which makes one with the same id. */
export function untilCommitWaits(world: DriveWorld): Promise<void> {
  return untilWaiting(world, { count: 1, statement: '%WITH change AS%' });
}

/** Until so many transactions wait for a lock in such a statement. */
export async function untilWaiting(world: DriveWorld, wanted: { readonly count: number; readonly statement: string }) {
  for (;;) {
    const waiting = await world.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
      [wanted.statement],
    );
    if (waiting.length >= wanted.count) return;
    await setImmediate();
  }
}

export function told(outcome: BatchOutcome): string {
  return outcome.status === 'refused' ? outcome.code : outcome.status;
}

/** Per batch: its outcomes in short, or the code that it failed with. */
export function words(results: readonly PromiseSettledResult<BatchAnswer>[]): (string[] | string)[] {
  return results.map((result) => {
    if (result.status === 'fulfilled') return result.value.outcomes.map(told);
    return (result.reason as { code?: string }).code ?? String(result.reason);
  });
}
