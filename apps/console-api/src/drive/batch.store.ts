import type { BatchOp, BatchOutcome, DriveNode, EnterpriseId, SpaceId, VersionOrigin } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { KeptStatement } from '../platform/hot-transaction.ts';
import { queryRows } from '../platform/rows.ts';
import { nodeById, nodeByName } from './node-probe.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from './node-row.ts';

export type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
export type LockedSpace = {
  readonly seq: number;
  readonly epoch: string;
  /** Of its rights; while the space is locked nobody changes them. */
  readonly capsRev: number;
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
  type Row = Record<'seq' | 'epoch' | 'used' | 'reserved', string> & { caps_rev: number; quota: string | null };
  const [row] = await queryRows<Row>(manager, LOCK_SPACE, [key.enterpriseId, key.spaceId]);
  if (!row) return undefined;
  const quotaBytes = row.quota === null ? null : Number(row.quota);
  const [usedBytes, reservedBytes] = [Number(row.used), Number(row.reserved)];
  return { seq: Number(row.seq), epoch: row.epoch, capsRev: row.caps_rev, quotaBytes, usedBytes, reservedBytes };
}

const LOCK_SPACE: KeptStatement = {
  name: 'lock-space',
  text: `
  SELECT seq, epoch, caps_rev, quota_bytes AS quota, used_bytes AS used, reserved_bytes AS reserved
  FROM space WHERE enterprise_id = $1 AND id = $2 FOR NO KEY UPDATE`,
};

type Asked = { readonly actorId: string; readonly opIds: readonly string[] };

/** By actor, then by operation: what was answered before. */
export async function listAnswers(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  asked: readonly Asked[],
): Promise<Map<string, Map<string, BatchOutcome>>> {
  const rows = await queryRows<{ actor_id: string; op_id: string; outcome: BatchOutcome }>(manager, ANSWERS, [
    enterpriseId,
    asked.flatMap((each) => each.opIds.map(() => each.actorId)),
    asked.flatMap((each) => each.opIds),
  ]);
  const answers = new Map<string, Map<string, BatchOutcome>>();
  for (const { actor_id: actorId, op_id: opId, outcome } of rows) {
    const ofActor = answers.get(actorId) ?? new Map<string, BatchOutcome>();
    answers.set(actorId, ofActor.set(opId, outcome));
  }
  return answers;
}

const ANSWERS: KeptStatement = {
  name: 'op-answers',
  text: `
  SELECT asked.actor_id, asked.op_id, a.outcome FROM unnest($2::uuid[], $3::uuid[]) AS asked(actor_id, op_id)
  CROSS JOIN LATERAL (
    SELECT outcome FROM op_answer WHERE enterprise_id = $1 AND actor_id = asked.actor_id AND op_id = asked.op_id LIMIT 1) a`,
};

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
  { ops, toldIds }: { readonly ops: readonly BatchOp[]; readonly toldIds: readonly string[] },
): Promise<BatchNodes> {
  const placed = ops.flatMap((op) => ('parentId' in op ? [op] : op.kind === 'restore' && op.to ? [op.to] : []));
  const ids = new Set<string>([...ops.map((op) => op.nodeId), ...placed.map((op) => op.parentId), ...toldIds]);
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

const BATCH_COLUMNS = `parent_id, name, kind, rev, seq, version_id, content_id, size, mtime_ms, exec, trashed_at, space_id, purged_at,
    lost_path`;

const BATCH_NODES: KeptStatement = {
  name: 'batch-nodes',
  text: `
  WITH RECURSIVE wanted AS (
    SELECT unnest($3::uuid[]) AS id
    UNION
    SELECT o.id FROM unnest($4::uuid[], $5::text[]) AS want(parent_id, name)
    CROSS JOIN LATERAL ${nodeByName('want.parent_id', 'want.name')} o
    UNION
    SELECT o.id FROM unnest($6::uuid[]) AS restored(id)
    CROSS JOIN LATERAL ${nodeById('restored.id', 'parent_id, name')} r
    CROSS JOIN LATERAL ${nodeByName('r.parent_id', 'r.name')} o
  ), up AS (
    SELECT n.id, n.parent_id FROM wanted CROSS JOIN LATERAL ${nodeById('wanted.id', 'parent_id')} n
    UNION
    SELECT p.id, p.parent_id FROM up CROSS JOIN LATERAL ${nodeById('up.parent_id', 'parent_id')} p
  )
  SELECT ${NODE_COLUMNS}, n.space_id, n.purged_at IS NOT NULL AS purged, n.lost_path IS NOT NULL AS lost FROM up
  CROSS JOIN LATERAL ${nodeById('up.id', BATCH_COLUMNS)} n`,
};
