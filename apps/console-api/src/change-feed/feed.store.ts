import type { DriveNode, EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { NODE_COLUMNS, toNode, type NodeRow } from '../drive/node-row.ts';
import { queryRows } from '../platform/rows.ts';
import type { PastState } from './feed-page.ts';

export type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
export type FeedSpace = {
  readonly seq: number;
  readonly epoch: string;
  readonly cursorKey: string;
  readonly capsRev: number;
  /** Cursors before it have expired. */
  readonly feedFromSeq: number;
  /** Nothing can be listed as of an earlier seq. */
  readonly historyFromSeq: number;
};

/** capsRev counts each end that has come once, and a change more than the ends it may take away: it never comes back to a value that meant other rights. */
export async function findFeedSpace(manager: EntityManager, key: SpaceKey): Promise<FeedSpace | undefined> {
  const [row] = await queryRows<
    Record<'seq' | 'epoch' | 'cursorKey' | 'capsRev' | 'feedFromSeq' | 'historyFromSeq', string>
  >(
    manager,
    `SELECT s.seq, s.epoch, s.cursor_key AS "cursorKey", s.feed_from_seq AS "feedFromSeq",
            s.history_from_seq AS "historyFromSeq",
            s.caps_rev + (SELECT count(*) FILTER (WHERE g.expires_at <= now()) + count(*) FILTER (WHERE g.sync_expires_at <= now())
                          FROM folder_grant g WHERE g.enterprise_id = $1 AND g.space_id = $2) AS "capsRev"
     FROM space s WHERE s.enterprise_id = $1 AND s.id = $2`,
    [key.enterpriseId, key.spaceId],
  );
  if (!row) return undefined;
  const [seq, capsRev] = [Number(row.seq), Number(row.capsRev)];
  return {
    ...row,
    seq,
    capsRev,
    feedFromSeq: Number(row.feedFromSeq),
    historyFromSeq: Number(row.historyFromSeq),
  };
}

/** Token of the commit that took this seq; absent when the database knows no such commit. */
export async function findToken(manager: EntityManager, key: SpaceKey, seq: number): Promise<string | undefined> {
  const [row] = await queryRows<{ token: string }>(
    manager,
    `SELECT token FROM commit_token WHERE enterprise_id = $1 AND space_id = $2 AND seq >= $3 ORDER BY seq LIMIT 1`,
    [key.enterpriseId, key.spaceId, seq],
  );
  return row?.token;
}

/** Starts a new epoch unless another call did so already; answers the epoch in force. */
export async function renewEpoch(manager: EntityManager, key: SpaceKey, outlived: string): Promise<string> {
  await queryRows(
    manager,
    `UPDATE space SET epoch = gen_random_uuid() WHERE enterprise_id = $1 AND id = $2 AND epoch = $3`,
    [key.enterpriseId, key.spaceId, outlived],
  );
  return (await findFeedSpace(manager, key))?.epoch ?? outlived;
}

/** What a state says of a node's place; bigint comes as text. */
const STATE_COLUMNS = 'node_id, parent_id, kind, rev, trashed, gone, from_seq, to_seq';
type StateRow = {
  readonly node_id: string;
  readonly parent_id: string | null;
  readonly kind: 'file' | 'folder';
  readonly rev: number;
  readonly trashed: boolean;
  readonly gone: 'left' | 'purged' | null;
  readonly from_seq: string;
  readonly to_seq: string | null;
};

function toState(row: StateRow): PastState {
  const { kind, rev, trashed, gone } = row;
  const toSeq = row.to_seq === null ? null : Number(row.to_seq);
  return {
    nodeId: row.node_id,
    parentId: row.parent_id,
    kind,
    rev,
    trashed,
    gone,
    fromSeq: Number(row.from_seq),
    toSeq,
  };
}

/** States that began after a seq, in the order of commits. */
export async function listChanged(
  manager: EntityManager,
  key: SpaceKey,
  page: { readonly afterSeq: number; readonly limit: number },
): Promise<PastState[]> {
  const rows = await queryRows<StateRow>(
    manager,
    `SELECT ${STATE_COLUMNS} FROM node_history
     WHERE enterprise_id = $1 AND space_id = $2 AND from_seq > $3 ORDER BY from_seq LIMIT $4`,
    [key.enterpriseId, key.spaceId, page.afterSeq, page.limit],
  );
  return rows.map(toState);
}

/** States in force after `afterSeq` of the nodes, and of whatever was their ancestor since, up to the root. */
export async function listStatesUpwards(
  manager: EntityManager,
  key: SpaceKey,
  from: { readonly nodeIds: readonly string[]; readonly afterSeq: number; readonly rootId: NodeId },
): Promise<PastState[]> {
  const rows = await queryRows<StateRow>(
    manager,
    // OFFSET 0 and IS NOT DISTINCT FROM (which no index serves) leave a planner without statistics only the index by node:
    // a young table else gets a plan that reads the whole space for every node
    `WITH RECURSIVE up AS (
       SELECT h.* FROM unnest($3::uuid[]) AS asked(id) CROSS JOIN LATERAL (
         SELECT ${STATE_COLUMNS} FROM node_history
         WHERE enterprise_id = $1 AND node_id = asked.id AND space_id IS NOT DISTINCT FROM $2
           AND (to_seq IS NULL OR to_seq > $4) OFFSET 0) h
       UNION
       SELECT h.* FROM (SELECT DISTINCT parent_id FROM up WHERE node_id <> $5) parent CROSS JOIN LATERAL (
         SELECT ${STATE_COLUMNS} FROM node_history
         WHERE enterprise_id = $1 AND node_id = parent.parent_id AND space_id IS NOT DISTINCT FROM $2
           AND (to_seq IS NULL OR to_seq > $4) OFFSET 0) h
     )
     SELECT * FROM up`,
    [key.enterpriseId, key.spaceId, from.nodeIds, from.afterSeq, from.rootId],
  );
  return rows.map(toState);
}

export async function listNodes(
  manager: EntityManager,
  key: SpaceKey,
  ids: readonly string[],
): Promise<Map<string, DriveNode>> {
  const rows = await queryRows<NodeRow>(
    manager,
    `SELECT ${NODE_COLUMNS} FROM unnest($3::uuid[]) AS asked(id) CROSS JOIN LATERAL (
       SELECT * FROM node WHERE enterprise_id = $1 AND id = asked.id LIMIT 1) n WHERE n.space_id = $2`,
    [key.enterpriseId, key.spaceId, ids],
  );
  return new Map(rows.map((row) => [row.id, toNode(row)]));
}

export async function listSeqs(
  manager: EntityManager,
  spaces: readonly SpaceKey[],
): Promise<{ spaceId: SpaceId; seq: number }[]> {
  const rows = await queryRows<{ spaceId: SpaceId; seq: string }>(
    manager,
    `SELECT s.id AS "spaceId", s.seq FROM unnest($1::uuid[], $2::uuid[]) AS asked(enterprise_id, id)
     JOIN space s ON s.enterprise_id = asked.enterprise_id AND s.id = asked.id`,
    [spaces.map((space) => space.enterpriseId), spaces.map((space) => space.spaceId)],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}
