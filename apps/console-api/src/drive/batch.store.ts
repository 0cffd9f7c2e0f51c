import type { BatchOp, BatchOutcome, DriveNode, EnterpriseId, SpaceId, VersionOrigin } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { Change } from './decide-batch.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from './node-row.ts';

export type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
export type LockedSpace = {
  readonly seq: number;
  readonly epoch: string;
  readonly quotaBytes: number | null;
  readonly usedBytes: number;
  /** Promised to uploads that go on. */
  readonly reservedBytes: number;
};
export type Author = {
  /** The device, or the person on the web: operations are answered per actor. */
  readonly actorId: string;
  readonly userId: string;
  readonly deviceId: string | null;
  readonly origin: VersionOrigin;
};

/** From here to the end of the transaction the space belongs to us: its row lock makes the order of seqs the order of commits. */
export async function findAndLockSpace(manager: EntityManager, key: SpaceKey): Promise<LockedSpace | undefined> {
  const [row] = await queryRows<Record<'seq' | 'epoch' | 'used' | 'reserved', string> & { quota: string | null }>(
    manager,
    `SELECT seq, epoch, quota_bytes AS quota, used_bytes AS used, reserved_bytes AS reserved
     FROM space WHERE enterprise_id = $1 AND id = $2 FOR NO KEY UPDATE`,
    [key.enterpriseId, key.spaceId],
  );
  if (!row) return undefined;
  const quotaBytes = row.quota === null ? null : Number(row.quota);
  const [usedBytes, reservedBytes] = [Number(row.used), Number(row.reserved)];
  return { seq: Number(row.seq), epoch: row.epoch, quotaBytes, usedBytes, reservedBytes };
}

type Asked = { readonly actorId: string; readonly opIds: readonly string[] };

/** By actor, then by operation: what was answered before. */
export async function listAnswers(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  asked: readonly Asked[],
): Promise<Map<string, Map<string, BatchOutcome>>> {
  const rows = await queryRows<{ actor_id: string; op_id: string; outcome: BatchOutcome }>(
    manager,
    `SELECT asked.actor_id, asked.op_id, a.outcome FROM unnest($2::uuid[], $3::uuid[]) AS asked(actor_id, op_id)
     CROSS JOIN LATERAL (
       SELECT outcome FROM op_answer WHERE enterprise_id = $1 AND actor_id = asked.actor_id AND op_id = asked.op_id LIMIT 1) a`,
    [enterpriseId, asked.flatMap((each) => each.opIds.map(() => each.actorId)), asked.flatMap((each) => each.opIds)],
  );
  const answers = new Map<string, Map<string, BatchOutcome>>();
  for (const { actor_id: actorId, op_id: opId, outcome } of rows) {
    const ofActor = answers.get(actorId) ?? new Map<string, BatchOutcome>();
    answers.set(actorId, ofActor.set(opId, outcome));
  }
  return answers;
}

export type BatchNodes = {
  readonly nodes: DriveNode[];
  readonly takenIds: Set<string>;
  /** Given up for good: they and all below them are out of reach. */
  readonly purged: Set<string>;
  /** Trashed from folders that were purged since. */
  readonly lost: Set<string>;
};

/** All that a batch can depend on: the nodes it names or is refused for, who has the names it wants, and all their ancestors. */
export async function loadBatchNodes(
  manager: EntityManager,
  key: SpaceKey,
  { ops, barrierIds }: { readonly ops: readonly BatchOp[]; readonly barrierIds: readonly string[] },
): Promise<BatchNodes> {
  const placed = ops.flatMap((op) => ('parentId' in op ? [op] : op.kind === 'restore' && op.to ? [op.to] : []));
  const ids = new Set<string>([...ops.map((op) => op.nodeId), ...placed.map((op) => op.parentId), ...barrierIds]);
  type Row = NodeRow & { space_id: string; purged: boolean; lost: boolean };
  const rows = await queryRows<Row>(manager, BATCH_NODES, [
    key.enterpriseId,
    key.spaceId,
    [...ids],
    placed.map((op) => op.parentId),
    placed.map((op) => op.name),
    ops.filter((op) => op.kind === 'restore').map((op) => op.nodeId),
  ]);
  const own = rows.filter((row) => row.space_id === key.spaceId);
  const idsOf = (chosen: readonly Row[]) => new Set(chosen.map((row) => row.id));
  return {
    nodes: own.map(toNode),
    takenIds: idsOf(rows.filter((row) => row.space_id !== key.spaceId)),
    purged: idsOf(own.filter((row) => row.purged)),
    lost: idsOf(own.filter((row) => row.lost)),
  };
}

/** LIMIT keeps each look-up an index probe: a planner without statistics would rather read the whole table. */
const BATCH_NODES = `
  WITH RECURSIVE wanted AS (
    SELECT unnest($3::uuid[]) AS id
    UNION
    SELECT o.id FROM unnest($4::uuid[], $5::text[]) AS want(parent_id, name) CROSS JOIN LATERAL (
      SELECT id FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = want.parent_id AND live_name = want.name
      LIMIT 1) o
    UNION
    SELECT o.id FROM unnest($6::uuid[]) AS restored(id)
    CROSS JOIN LATERAL (SELECT parent_id, name FROM node WHERE enterprise_id = $1 AND id = restored.id LIMIT 1) r
    CROSS JOIN LATERAL (
      SELECT id FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = r.parent_id AND live_name = r.name
      LIMIT 1) o
  ), up AS (
    SELECT n.id, n.parent_id FROM wanted
    CROSS JOIN LATERAL (SELECT id, parent_id FROM node WHERE enterprise_id = $1 AND id = wanted.id LIMIT 1) n
    UNION
    SELECT p.id, p.parent_id FROM up
    CROSS JOIN LATERAL (SELECT id, parent_id FROM node WHERE enterprise_id = $1 AND id = up.parent_id LIMIT 1) p
  )
  SELECT ${NODE_COLUMNS}, n.space_id, n.purged_at IS NOT NULL AS purged, n.lost_path IS NOT NULL AS lost FROM up
  CROSS JOIN LATERAL (SELECT * FROM node WHERE enterprise_id = $1 AND id = up.id LIMIT 1) n`;

/** Operations whose folder has something below it that changed after `ifSubtreeSeq`; walks up from what changed since. */
export async function listChangedSubtrees(
  manager: EntityManager,
  key: SpaceKey,
  ops: readonly BatchOp[],
): Promise<Set<string>> {
  const guarded = ops.filter((op) => op.kind === 'trash' && op.ifSubtreeSeq !== undefined);
  if (guarded.length === 0) return new Set();
  const rows = await queryRows<{ op_id: string }>(
    manager,
    `WITH RECURSIVE want AS (SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::bigint[]) AS t(op_id, folder_id, seq)),
     up AS (
       SELECT want.op_id, want.folder_id, n.parent_id FROM want
       JOIN node_history h ON h.enterprise_id = $1 AND h.space_id = $2 AND h.from_seq > want.seq AND h.to_seq IS NULL
       JOIN node n ON n.enterprise_id = $1 AND n.id = h.node_id
       UNION
       SELECT up.op_id, up.folder_id, p.parent_id FROM up
       CROSS JOIN LATERAL (SELECT parent_id FROM node WHERE enterprise_id = $1 AND id = up.parent_id LIMIT 1) p
       WHERE up.parent_id <> up.folder_id
     )
     SELECT DISTINCT op_id FROM up WHERE parent_id = folder_id`,
    [
      key.enterpriseId,
      key.spaceId,
      guarded.map((op) => op.opId),
      guarded.map((op) => op.nodeId),
      guarded.map((op) => (op.kind === 'trash' ? op.ifSubtreeSeq : 0)),
    ],
  );
  return new Set(rows.map((row) => row.op_id));
}

export type WrittenBatch = {
  readonly author: Author;
  readonly changes: readonly Change[];
  /** To be remembered as answers. */
  readonly outcomes: readonly BatchOutcome[];
};

/**
 * Writes decided batches, whose seqs follow each other: nodes, versions, history, answers, the space's seq, and a token for each of
 * them, so that a cursor may stand between any two.
 */
export async function writeBatches(
  manager: EntityManager,
  key: SpaceKey,
  batches: readonly WrittenBatch[],
): Promise<void> {
  const written = batches.filter((batch) => batch.changes.length > 0);
  const seqs = written.map((batch) => batch.changes.at(-1)?.after.seq ?? 0);
  if (written.length === 0) return;
  await queryRows(manager, WRITE_BATCHES, [
    key.enterpriseId,
    key.spaceId,
    JSON.stringify(toRows(written)),
    JSON.stringify(
      written.flatMap((batch, by) => batch.outcomes.map((outcome) => ({ by: by + 1, op_id: outcome.opId, outcome }))),
    ),
    written.map(({ author }) => author.actorId),
    written.map(({ author }) => author.userId),
    written.map(({ author }) => author.deviceId),
    written.map(({ author }) => author.origin),
    seqs,
    seqs.at(-1),
  ]);
}

/**
 * One row per change. Its state ends where the next change of the same node begins; the last one is the node's present state.
 * `by`: place of the batch, from 1 on. `stays_lost`: no change made the node live again, so that its old folders still miss.
 */
function toRows(batches: readonly WrittenBatch[]): unknown[] {
  const changes = batches.flatMap((batch, by) => batch.changes.map((change) => ({ ...change, by: by + 1 })));
  const made = idsOf(changes.filter((change) => change.before === null));
  const live = idsOf(changes.filter((change) => change.after.trashedAt === null));
  const nextSeq = new Map<string, number>();
  const rows = changes.toReversed().map(({ after, version, by }) => {
    const toSeq = nextSeq.get(after.id) ?? null;
    nextSeq.set(after.id, after.seq);
    const marks = { is_new: made.has(after.id), is_new_version: version !== null, stays_lost: !live.has(after.id) };
    return { ...toRow(after), to_seq: toSeq, by, ...marks };
  });
  return rows.reverse();
}

function idsOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.map((change) => change.after.id));
}

function toRow(node: DriveNode): Record<string, unknown> {
  return {
    id: node.id,
    parent_id: node.parentId,
    name: node.name,
    kind: node.kind,
    rev: node.rev,
    seq: node.seq,
    version_id: node.versionId,
    content_id: node.contentId,
    size: node.size,
    mtime_ms: node.mtimeMs,
    exec: node.exec,
    trashed_at: node.trashedAt,
  };
}

/**
 * One statement, one round trip: every part works on other rows, so their order does not matter. Rows that are there already
 * are reached by their place (ctid), found by one index probe each: joined by key, a planner without statistics reads all rows
 * of the enterprise for every batch, while everybody else waits for the space. The keys are compared all the same (places repeat
 * from partition to partition), in words that no index serves. Of a node's states the newest is the open one:
 * looked for from that end, those before it are not read. Asked for as a row of three, in an order that only the primary key has;
 * asked for by equal columns, a planner without statistics walks the feed of the whole space instead.
 */
const WRITE_BATCHES = `
  WITH change AS MATERIALIZED (
    SELECT *, decode(content_id, 'hex') AS content, CASE WHEN trashed_at IS NULL THEN name END AS live_name,
           to_seq IS NULL AS is_present
    FROM json_to_recordset($3::json) AS t(id uuid, parent_id uuid, name text, kind text, rev integer, seq bigint,
      version_id uuid, content_id text, size bigint, mtime_ms double precision, exec boolean, trashed_at timestamptz,
      to_seq bigint, by integer, is_new boolean, is_new_version boolean, stays_lost boolean)
  ),
  closed AS (
    UPDATE node_history h SET to_seq = first.seq
    FROM (SELECT id, min(seq) AS seq FROM change WHERE NOT is_new GROUP BY id) first
    CROSS JOIN LATERAL (SELECT ctid FROM node_history
                        WHERE enterprise_id = $1 AND (node_id, space_id, from_seq) <= (first.id, $2::uuid, $10::bigint)
                        ORDER BY node_id DESC, space_id DESC, from_seq DESC LIMIT 1) place
    WHERE h.ctid = place.ctid AND h.enterprise_id IS NOT DISTINCT FROM $1 AND h.node_id IS NOT DISTINCT FROM first.id
      AND h.to_seq IS NULL AND h.space_id IS NOT DISTINCT FROM $2
  ),
  recorded AS (
    INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, to_seq, parent_id, name, kind, rev, version_id,
                              mtime_ms, exec, trashed)
    SELECT $1, $2, id, seq, to_seq, parent_id, name, kind, rev, version_id, mtime_ms, exec, trashed_at IS NOT NULL
    FROM change
  ),
  versioned AS (
    INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, author_device_id, origin)
    SELECT $1, version_id, $2, id, content, size, ($6::uuid[])[by], ($7::uuid[])[by], ($8::text[])[by]
    FROM change WHERE is_new_version
  ),
  inserted AS (
    INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq, version_id, content_id,
                      size, mtime_ms, exec, trashed_at, trashed_by)
    SELECT $1, id, $2, parent_id, name, live_name, kind, rev, seq, version_id, content, size, mtime_ms, exec, trashed_at,
           CASE WHEN trashed_at IS NOT NULL THEN ($6::uuid[])[by] END
    FROM change WHERE is_new AND is_present
  ),
  updated AS (
    UPDATE node n SET parent_id = c.parent_id, name = c.name, live_name = c.live_name, rev = c.rev, seq = c.seq,
                      version_id = c.version_id, content_id = c.content, size = c.size, mtime_ms = c.mtime_ms,
                      exec = c.exec, trashed_at = c.trashed_at,
                      trashed_by = CASE WHEN c.trashed_at IS NOT NULL THEN ($6::uuid[])[c.by] END,
                      lost_path = CASE WHEN c.stays_lost THEN n.lost_path END
    FROM change c CROSS JOIN LATERAL (SELECT ctid FROM node WHERE enterprise_id = $1 AND id = c.id LIMIT 1) place
    WHERE NOT c.is_new AND c.is_present AND n.ctid = place.ctid
      AND n.enterprise_id IS NOT DISTINCT FROM $1 AND n.id IS NOT DISTINCT FROM c.id
  ),
  answered AS (
    INSERT INTO op_answer (enterprise_id, actor_id, op_id, outcome)
    SELECT $1, ($5::uuid[])[by], op_id, outcome
    FROM json_to_recordset($4::json) AS t(by integer, op_id uuid, outcome json)
  ),
  advanced AS (
    UPDATE space SET seq = $10, used_bytes = used_bytes + (SELECT coalesce(sum(size), 0) FROM change WHERE is_new_version)
    WHERE enterprise_id = $1 AND id = $2
  )
  INSERT INTO commit_token (enterprise_id, space_id, seq) SELECT $1, $2, unnest($9::bigint[])`;
