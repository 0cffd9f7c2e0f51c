import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { SpaceKey } from './feed.store.ts';

export type Horizon = { readonly feedFromSeq: number; readonly historyFromSeq: number };
export type PrunedSpace = SpaceKey & Horizon & { readonly keepDays: number | null; readonly binDays: number | null };

/** Spaces after one, with what their enterprise keeps; null where it follows the default. */
export async function listSpacesToPrune(
  manager: EntityManager,
  after: SpaceKey | undefined,
  limit: number,
): Promise<PrunedSpace[]> {
  const rows = await queryRows<PrunedSpace & { feedFromSeq: string; historyFromSeq: string }>(
    manager,
    `SELECT s.enterprise_id AS "enterpriseId", s.id AS "spaceId", s.feed_from_seq AS "feedFromSeq",
            s.history_from_seq AS "historyFromSeq", p.keep_days AS "keepDays", p.bin_days AS "binDays"
     FROM space s LEFT JOIN retention_policy p ON p.enterprise_id = s.enterprise_id
     WHERE (s.enterprise_id, s.id) > ($1::uuid, $2::uuid) ORDER BY s.enterprise_id, s.id LIMIT $3`,
    [after?.enterpriseId ?? FIRST_ID, after?.spaceId ?? FIRST_ID, limit],
  );
  return rows.map((row) => ({
    ...row,
    feedFromSeq: Number(row.feedFromSeq),
    historyFromSeq: Number(row.historyFromSeq),
  }));
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** The last commit before a moment, not before `fromSeq`. Looks only at commits that went out of time since the last look. */
export async function findSeqBefore(
  manager: EntityManager,
  key: SpaceKey,
  since: { readonly fromSeq: number; readonly before: Date },
): Promise<number> {
  const [row] = await queryRows<{ seq: string | null }>(
    manager,
    `SELECT max(seq) AS seq FROM commit_token WHERE enterprise_id = $1 AND space_id = $2 AND seq >= $3 AND seq < coalesce(
       (SELECT seq FROM commit_token WHERE enterprise_id = $1 AND space_id = $2 AND seq >= $3 AND at >= $4 ORDER BY seq LIMIT 1),
       9223372036854775807)`,
    [key.enterpriseId, key.spaceId, since.fromSeq, since.before],
  );
  return Math.max(since.fromSeq, Number(row?.seq ?? 0));
}

/** From here on, older cursors are expired: to be committed before anything that they would need is removed. */
export async function advanceHorizon(manager: EntityManager, key: SpaceKey, to: Horizon): Promise<void> {
  await queryRows(
    manager,
    `UPDATE space SET feed_from_seq = greatest(feed_from_seq, $3), history_from_seq = greatest(history_from_seq, $4)
     WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.spaceId, to.feedFromSeq, to.historyFromSeq],
  );
}

export type Slice = { readonly afterSeq: number; readonly limit: number };
export type SliceAnswer = { readonly removed: number; readonly lastSeq: number | null };

/** Of the next rows in the order of seqs: states that ended by `historyFromSeq`, and tombstones that no cursor needs any more. */
export async function removeHistory(
  manager: EntityManager,
  space: SpaceKey & Horizon,
  slice: Slice,
): Promise<SliceAnswer> {
  const [row] = await queryRows<{ removed: string; lastSeq: string | null }>(
    manager,
    `WITH looked AS MATERIALIZED (
       SELECT node_id, from_seq, to_seq, gone FROM node_history
       WHERE enterprise_id = $1 AND space_id = $2 AND from_seq > $5 AND from_seq <= greatest($3::bigint, $4::bigint)
       ORDER BY from_seq LIMIT $6
     ), removed AS (
       DELETE FROM node_history h USING looked l
       WHERE (l.to_seq <= $4 OR (l.gone IS NOT NULL AND l.to_seq IS NULL AND l.from_seq <= least($3::bigint, $4::bigint)))
         AND h.enterprise_id = $1 AND h.space_id = $2 AND h.from_seq = l.from_seq
       RETURNING 1
     )
     SELECT (SELECT count(*) FROM removed) AS removed, (SELECT max(from_seq) FROM looked) AS "lastSeq"`,
    [space.enterpriseId, space.spaceId, space.feedFromSeq, space.historyFromSeq, slice.afterSeq, slice.limit],
  );
  return { removed: Number(row?.removed ?? 0), lastSeq: row?.lastSeq ? Number(row.lastSeq) : null };
}

/** Tokens of commits before both horizons; the one at the horizon still proves the oldest cursor. */
export async function removeTokens(manager: EntityManager, space: SpaceKey & Horizon, limit: number): Promise<number> {
  const [row] = await queryRows<{ removed: string }>(
    manager,
    `WITH removed AS (
       DELETE FROM commit_token t USING (
         SELECT seq FROM commit_token WHERE enterprise_id = $1 AND space_id = $2 AND seq < least($3::bigint, $4::bigint)
         ORDER BY seq LIMIT $5) old
       WHERE t.enterprise_id = $1 AND t.space_id = $2 AND t.seq = old.seq RETURNING 1
     )
     SELECT count(*) AS removed FROM removed`,
    [space.enterpriseId, space.spaceId, space.feedFromSeq, space.historyFromSeq, limit],
  );
  return Number(row?.removed ?? 0);
}

/** Answers to operations that nobody sends again any more; a slice, oldest blocks first. */
export async function removeAnswers(manager: EntityManager, before: Date, limit: number): Promise<number> {
  const [row] = await queryRows<{ removed: string }>(
    manager,
    `WITH removed AS (
       DELETE FROM op_answer WHERE ctid = ANY (ARRAY(SELECT ctid FROM op_answer WHERE created_at < $1 LIMIT $2)) RETURNING 1
     )
     SELECT count(*) AS removed FROM removed`,
    [before, limit],
  );
  return Number(row?.removed ?? 0);
}
