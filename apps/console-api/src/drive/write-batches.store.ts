import type { BatchOutcome } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { toArrayLiteral } from '../platform/array-literal.ts';
import type { KeptStatement } from '../platform/hot-transaction.ts';
import { queryLast } from '../platform/rows.ts';
import type { Author, SpaceKey } from './batch.store.ts';
import type { Change } from './decide-batch.ts';
import { nodeById } from './node-probe.ts';

export type WrittenBatch = {
  readonly author: Author;
  readonly changes: readonly Change[];
  /** To be remembered as answers. */
  readonly outcomes: readonly BatchOutcome[];
};

/**
 * Writes decided batches, whose seqs follow each other: nodes, versions, history, answers, the space's seq, and a token for each of
 * them, so that a cursor may stand between any two. The last that its transaction does to nodes.
 */
export async function writeBatches(
  manager: EntityManager,
  key: SpaceKey,
  batches: readonly WrittenBatch[],
): Promise<void> {
  const written = batches.filter((batch) => batch.changes.length > 0);
  const seqs = written.map((batch) => batch.changes.at(-1)?.after.seq ?? 0);
  if (written.length === 0) return;
  const rows = toRows(written);
  await queryLast(manager, WRITE_BATCHES, [
    key.enterpriseId,
    key.spaceId,
    JSON.stringify(
      written.flatMap((batch, by) => batch.outcomes.map((outcome) => ({ by: by + 1, op_id: outcome.opId, outcome }))),
    ),
    written.map(({ author }) => author.actorId),
    written.map(({ author }) => author.userId),
    written.map(({ author }) => author.deviceId),
    written.map(({ author }) => author.origin),
    seqs,
    seqs.at(-1),
    ...COLUMNS.map(([, , valueOf]) => toArrayLiteral(rows.map(valueOf))),
  ]);
}

type Row = Pick<Change, 'after' | 'version'> & {
  /** Its state ends where the next change of the same node begins; the last one is the node's present state. */
  readonly toSeq: number | null;
  /** Place of the batch, from 1 on. */
  readonly by: number;
  readonly isNew: boolean;
  /** No change made the node live again, so that its old folders still miss. */
  readonly staysLost: boolean;
};

/** One row per change. */
function toRows(batches: readonly WrittenBatch[]): Row[] {
  const changes = batches.flatMap((batch, by) => batch.changes.map((change) => ({ ...change, by: by + 1 })));
  const made = idsOf(changes.filter((change) => change.before === null));
  const live = idsOf(changes.filter((change) => change.after.trashedAt === null));
  const nextSeq = new Map<string, number>();
  const rows = changes.toReversed().map(({ after, version, by }): Row => {
    const toSeq = nextSeq.get(after.id) ?? null;
    nextSeq.set(after.id, after.seq);
    return { after, version, toSeq, by, isNew: made.has(after.id), staysLost: !live.has(after.id) };
  });
  return rows.reverse();
}

function idsOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.map((change) => change.after.id));
}

type Column = readonly [name: string, type: string, valueOf: (row: Row) => string | number | boolean | null];

/** Sent column by column: as one JSON document the same rows took a tenth more of PostgreSQL's time. */
const COLUMNS: readonly Column[] = [
  ['id', 'uuid', ({ after }) => after.id],
  ['parent_id', 'uuid', ({ after }) => after.parentId],
  ['name', 'text', ({ after }) => after.name],
  ['kind', 'text', ({ after }) => after.kind],
  ['rev', 'integer', ({ after }) => after.rev],
  ['seq', 'bigint', ({ after }) => after.seq],
  ['version_id', 'uuid', ({ after }) => after.versionId],
  ['content_id', 'text', ({ after }) => after.contentId],
  ['size', 'bigint', ({ after }) => after.size],
  ['mtime_ms', 'double precision', ({ after }) => after.mtimeMs],
  ['exec', 'boolean', ({ after }) => after.exec],
  ['trashed_at', 'timestamptz', ({ after }) => after.trashedAt],
  ['to_seq', 'bigint', ({ toSeq }) => toSeq],
  ['by', 'integer', ({ by }) => by],
  ['is_new', 'boolean', ({ isNew }) => isNew],
  ['is_new_version', 'boolean', ({ version }) => version !== null],
  ['stays_lost', 'boolean', ({ staysLost }) => staysLost],
];
const FIRST_COLUMN = 10;
const ARRAYS = COLUMNS.map(([, type], at) => `$${FIRST_COLUMN + at}::${type}[]`).join(', ');
const NAMES = COLUMNS.map(([name]) => name).join(', ');

/**
 * One statement, one round trip: every part works on other rows, so their order does not matter. Rows that are there already
 * are reached by their place (ctid), found by one index probe each: joined by key, a planner without statistics reads all rows
 * of the enterprise for every batch, while everybody else waits for the space. The keys are compared all the same (places repeat
 * from partition to partition), in words that no index serves. Of a node's states the newest is the open one:
 * looked for from that end, those before it are not read. Asked for as a row of three, in an order that only the primary key has;
 * asked for by equal columns, a planner without statistics walks the feed of the whole space instead. Bounded on both sides, as in
 * `nodeById`.
 */
const WRITE_BATCHES: KeptStatement = {
  name: 'write-batches',
  text: `
  WITH change AS MATERIALIZED (
    SELECT *, decode(content_id, 'hex') AS content, CASE WHEN trashed_at IS NULL THEN name END AS live_name,
           to_seq IS NULL AS is_present
    FROM unnest(${ARRAYS}) AS t(${NAMES})
  ),
  closed AS (
    UPDATE node_history h SET to_seq = first.seq
    FROM (SELECT id, min(seq) AS seq FROM change WHERE NOT is_new GROUP BY id) first
    CROSS JOIN LATERAL (SELECT ctid FROM node_history
                        WHERE enterprise_id = $1 AND (node_id, space_id, from_seq) <= (first.id, $2::uuid, $9::bigint)
                          AND node_id >= first.id
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
    SELECT $1, version_id, $2, id, content, size, ($5::uuid[])[by], ($6::uuid[])[by], ($7::text[])[by]
    FROM change WHERE is_new_version
  ),
  inserted AS (
    INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq, version_id, content_id,
                      size, mtime_ms, exec, trashed_at, trashed_by)
    SELECT $1, id, $2, parent_id, name, live_name, kind, rev, seq, version_id, content, size, mtime_ms, exec, trashed_at,
           CASE WHEN trashed_at IS NOT NULL THEN ($5::uuid[])[by] END
    FROM change WHERE is_new AND is_present
  ),
  updated AS (
    UPDATE node n SET parent_id = c.parent_id, name = c.name, live_name = c.live_name, rev = c.rev, seq = c.seq,
                      version_id = c.version_id, content_id = c.content, size = c.size, mtime_ms = c.mtime_ms,
                      exec = c.exec, trashed_at = c.trashed_at,
                      trashed_by = CASE WHEN c.trashed_at IS NOT NULL THEN ($5::uuid[])[c.by] END,
                      lost_path = CASE WHEN c.stays_lost THEN n.lost_path END
    FROM change c CROSS JOIN LATERAL ${nodeById('c.id', 'ctid AS row')} place
    WHERE NOT c.is_new AND c.is_present AND n.ctid = place.row
      AND n.enterprise_id IS NOT DISTINCT FROM $1 AND n.id IS NOT DISTINCT FROM c.id
  ),
  answered AS (
    INSERT INTO op_answer (enterprise_id, actor_id, op_id, outcome)
    SELECT $1, ($4::uuid[])[by], op_id, outcome
    FROM json_to_recordset($3::json) AS t(by integer, op_id uuid, outcome json)
  ),
  advanced AS (
    UPDATE space SET seq = $9, used_bytes = used_bytes + (SELECT coalesce(sum(size), 0) FROM change WHERE is_new_version)
    WHERE enterprise_id = $1 AND id = $2
  )
  INSERT INTO commit_token (enterprise_id, space_id, seq) SELECT $1, $2, unnest($8::bigint[])`,
};
