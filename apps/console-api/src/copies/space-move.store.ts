import type { NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { keepingGrants } from '../grants/past-grants.ts';
import { raisingCapsRev } from '../grants/removed-grants.ts';
import { queryRows } from '../platform/rows.ts';

export type MovedTree = {
  /** Parents before children; what waits in the bin below the folder goes along. */
  readonly ids: readonly NodeId[];
  /** Of all versions that count. */
  readonly bytes: number;
  /** Something below is being cleared away at this moment. */
  readonly hasPurged: boolean;
};

/** The node and all below it, at most `limit` of them. */
export async function loadTree(
  manager: EntityManager,
  key: SpaceKey,
  tree: { readonly rootId: NodeId; readonly limit: number },
): Promise<MovedTree> {
  const rows = await queryRows<{ id: NodeId; purged: boolean; bytes: string }>(
    manager,
    `WITH RECURSIVE tree AS (
       SELECT id, kind, purged_at, 0 AS depth FROM node WHERE enterprise_id = $1 AND space_id = $2 AND id = $3
       UNION ALL
       SELECT c.id, c.kind, c.purged_at, t.depth + 1 FROM tree t
       JOIN node c ON c.enterprise_id = $1 AND c.space_id = $2 AND c.parent_id = t.id WHERE t.kind = 'folder'
     ), first AS (SELECT * FROM tree LIMIT $4)
     SELECT s.id, s.purged_at IS NOT NULL AS purged, coalesce((
       SELECT sum(v.size) FROM version v
       WHERE v.enterprise_id = $1 AND v.node_id = s.id AND v.released_at IS NULL), 0) AS bytes
     FROM first s ORDER BY s.depth, s.id`,
    [key.enterpriseId, key.spaceId, tree.rootId, tree.limit],
  );
  return {
    ids: rows.map((row) => row.id),
    bytes: rows.reduce((sum, row) => sum + Number(row.bytes), 0),
    hasPurged: rows.some((row) => row.purged),
  };
}

export type SpaceMove = {
  readonly from: SpaceKey & { readonly seq: number };
  readonly to: SpaceKey & { readonly seq: number };
  readonly tree: MovedTree;
  readonly place: { readonly parentId: NodeId; readonly name: string };
};

/** Ends the nodes' states in the space they leave: the root's last one there says `left`, and what is below goes with it. */
export async function recordLeft(manager: EntityManager, move: SpaceMove): Promise<void> {
  const { from, tree } = move;
  const [rootId] = tree.ids;
  await queryRows(
    manager,
    `WITH closed AS (
       UPDATE node_history SET to_seq = $4
       WHERE enterprise_id = $1 AND space_id = $2 AND node_id = ANY($3::uuid[]) AND to_seq IS NULL
     ), recorded AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, parent_id, name, kind, rev, mtime_ms, exec, trashed, gone)
       SELECT $1, $2, id, $4, parent_id, name, kind, rev + 1, mtime_ms, exec, true, 'left'
       FROM node WHERE enterprise_id = $1 AND id = $5
     ), freed AS (
       UPDATE space SET seq = $4, used_bytes = used_bytes - $6 WHERE enterprise_id = $1 AND id = $2
     )
     INSERT INTO commit_token (enterprise_id, space_id, seq) VALUES ($1, $2, $4)`,
    [from.enterpriseId, from.spaceId, tree.ids, from.seq + 1, rootId, tree.bytes],
  );
}

/** The same nodes in the space they come to, each with a seq of it; versions go along. */
export async function recordEntered(manager: EntityManager, move: SpaceMove): Promise<void> {
  const { to, tree, place } = move;
  await queryRows(
    manager,
    `UPDATE node n SET space_id = $2, rev = n.rev + 1, seq = $4 + t.ordinal,
            parent_id = CASE WHEN t.ordinal = 1 THEN $5::uuid ELSE n.parent_id END,
            name = CASE WHEN t.ordinal = 1 THEN $6 ELSE n.name END,
            live_name = CASE WHEN t.ordinal = 1 THEN $6 ELSE n.live_name END
     FROM unnest($3::uuid[]) WITH ORDINALITY AS t(id, ordinal)
     CROSS JOIN LATERAL (SELECT ctid FROM node WHERE enterprise_id = $1 AND id = t.id LIMIT 1) place
     WHERE n.ctid = place.ctid AND n.enterprise_id IS NOT DISTINCT FROM $1`,
    [to.enterpriseId, to.spaceId, tree.ids, to.seq, place.parentId, place.name],
  );
  await queryRows(
    manager,
    `WITH recorded AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, parent_id, name, kind, rev, version_id, mtime_ms,
                                 exec, trashed)
       SELECT $1, $2, id, seq, parent_id, name, kind, rev, version_id, mtime_ms, exec, trashed_at IS NOT NULL
       FROM node WHERE enterprise_id = $1 AND id = ANY($3::uuid[])
     ), versions AS (
       UPDATE version SET space_id = $2 WHERE enterprise_id = $1 AND node_id = ANY($3::uuid[])
     ), used AS (
       UPDATE space SET seq = $4, used_bytes = used_bytes + $5 WHERE enterprise_id = $1 AND id = $2
     )
     INSERT INTO commit_token (enterprise_id, space_id, seq) VALUES ($1, $2, $4)`,
    [to.enterpriseId, to.spaceId, tree.ids, to.seq + tree.ids.length, tree.bytes],
  );
}

const KEEPING_GRANTS = keepingGrants('SELECT *, $3::bigint AS gone_seq FROM gone');

/** Rights given in the old space end there. Answers whether there were any. */
export async function removeGrants(manager: EntityManager, move: SpaceMove): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `WITH gone AS (
       DELETE FROM folder_grant WHERE enterprise_id = $1 AND node_id = ANY($2::uuid[]) RETURNING *
     ), kept AS (${KEEPING_GRANTS}), raised AS (${raisingCapsRev('gone')})
     SELECT id FROM gone`,
    [move.from.enterpriseId, move.tree.ids, move.from.seq + 1],
  );
  return rows.length > 0;
}
