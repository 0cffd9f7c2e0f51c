import type { EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

/** `known`: that of which it is known who may see it. */
export type Recreates = 'all' | 'known' | 'nothing';

export type PlanInput = {
  readonly enterpriseId: EnterpriseId;
  readonly spaceId: SpaceId;
  readonly folderId: NodeId;
  readonly jobId: string;
  readonly asOfSeq: number;
  /** Folders that the caller may not list: neither read nor changed. */
  readonly hidden: ReadonlySet<string>;
  /** What of that which is gone is made again. */
  readonly recreates: Recreates;
  /** Of these nodes, which are somewhere else by now, those that the caller does not see: they are left out. */
  readonly findUnseen: (nodeIds: readonly string[]) => Promise<readonly string[]>;
};

/**
 * Compares a folder as it was with what it is and writes the steps between them, set by set, in the caller's transaction (one
 * snapshot). The order makes every step possible when its turn comes:
 * - first what was made since goes to the bin, which frees its names;
 * - then places from the top down, so that a node comes into a folder that is in place already and never into itself; who has a
 *   name that is wanted before its own turn steps aside;
 * - last the folders made since that held something older go to the bin, empty by now.
 * Answers how much of what is gone no step makes again.
 */
export async function writePlan(manager: EntityManager, input: PlanInput): Promise<{ readonly gone: number }> {
  const { enterpriseId, spaceId, folderId, jobId, asOfSeq } = input;
  const hidden = [...input.hidden];
  const tree = [enterpriseId, spaceId, folderId, hidden];
  await queryRows(manager, 'CREATE TEMP TABLE was ON COMMIT DROP AS ' + TREE_THEN, [...tree, asOfSeq]);
  await queryRows(manager, 'CREATE TEMP TABLE is_now ON COMMIT DROP AS ' + TREE_NOW, tree);
  for (const statement of PREPARED) await queryRows(manager, statement);
  await queryRows(manager, 'CREATE TEMP TABLE goal ON COMMIT DROP AS ' + GOALS, [...tree.slice(0, 3), input.recreates]);
  for (const statement of INDEXED) await queryRows(manager, statement);
  await removeUnseen(manager, input);
  await queryRows(manager, COMES_ALONG, tree);
  await queryRows(manager, 'ANALYZE is_now');
  await queryRows(manager, 'CREATE TEMP TABLE newcomer ON COMMIT DROP AS ' + NEWCOMERS, [folderId]);
  await queryRows(manager, WRITE_STEPS, [enterpriseId, jobId]);
  return { gone: input.recreates === 'all' ? 0 : await countGone(manager) };
}

async function countGone(manager: EntityManager): Promise<number> {
  const [row] = await queryRows<{ gone: string }>(
    manager,
    "SELECT count(*) AS gone FROM goal WHERE fate = 'gone' AND NOT comes_again",
  );
  return Number(row?.gone);
}

const ASKED_AT_ONCE = 5000;

async function removeUnseen(manager: EntityManager, input: PlanInput): Promise<void> {
  for (let after = 0; ;) {
    const rows = await queryRows<{ id: string; turn: string }>(
      manager,
      `SELECT id, turn FROM goal WHERE fate IN ('elsewhere', 'bin') AND turn > $1 ORDER BY turn LIMIT $2`,
      [after, ASKED_AT_ONCE],
    );
    const unseen = await input.findUnseen(rows.map((row) => row.id));
    if (unseen.length > 0) await queryRows(manager, 'DELETE FROM goal WHERE id = ANY($1::uuid[])', [unseen]);
    if (rows.length < ASKED_AT_ONCE) return;
    after = Number(rows.at(-1)?.turn);
  }
}

/** Of the past, conditions that another index could serve are written so that none does: see the listing's store. */
const TREE_THEN = `
  WITH RECURSIVE tree AS (
    SELECT $3::uuid AS id, NULL::uuid AS parent_id, ''::text COLLATE "C" AS name, 'folder'::text AS kind,
           NULL::uuid AS version_id, NULL::double precision AS mtime_ms, false AS exec, 0 AS depth, ''::text COLLATE "C" AS path
    UNION ALL
    SELECT c.*, t.depth + 1, t.path || '/' || c.name FROM tree t CROSS JOIN LATERAL (
      SELECT n.id, n.parent_id, n.name, n.kind, n.version_id, n.mtime_ms, n.exec FROM node n
      WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = t.id AND n.trashed_at IS NULL AND n.seq <= $5
      UNION ALL
      SELECT h.node_id, h.parent_id, h.name, h.kind, h.version_id, h.mtime_ms, h.exec FROM node_history h
      WHERE h.enterprise_id = $1 AND h.parent_id = t.id AND h.to_seq > $5 AND h.space_id IS NOT DISTINCT FROM $2
        AND h.from_seq + 0 <= $5 AND NOT h.trashed
    ) c WHERE t.kind = 'folder' AND c.id <> ALL($4::uuid[])
  )
  SELECT * FROM tree`;

const TREE_NOW = `
  WITH RECURSIVE tree AS (
    SELECT $3::uuid AS id, NULL::uuid AS parent_id, ''::text COLLATE "C" AS name, 'folder'::text AS kind, 0 AS depth,
           ''::text COLLATE "C" AS path
    UNION ALL
    SELECT n.id, n.parent_id, n.name, n.kind, t.depth + 1, t.path || '/' || n.name
    FROM tree t JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = t.id
    WHERE t.kind = 'folder' AND n.trashed_at IS NULL AND n.id <> ALL($4::uuid[])
  )
  SELECT * FROM tree`;

const PREPARED = [
  'CREATE UNIQUE INDEX was_id ON was (id)',
  'CREATE UNIQUE INDEX is_now_id ON is_now (id)',
  'CREATE INDEX is_now_place ON is_now (parent_id, name)',
  'ANALYZE was',
  'ANALYZE is_now',
];

/**
 * Every node that was there, and where it is: here, elsewhere in the space (below something trashed included), in the bin itself,
 * or gone (purged, or in another space). The nearest trashed folder decides: what was trashed by itself outlives a purged one above it.
 * What is gone is made again with a new id: its old one has an end in the history. What was given on it is known when that end came after
 * the space began to keep it, or is still to come.
 */
const GOALS = `
  WITH RECURSIVE absent AS (
    SELECT was.id FROM was WHERE NOT EXISTS (SELECT FROM is_now WHERE is_now.id = was.id)
  ), up AS (
    SELECT a.id, n.parent_id, n.purged_at IS NOT NULL AS is_purged, n.trashed_at IS NOT NULL AS is_trashed
    FROM absent a CROSS JOIN LATERAL (
      SELECT parent_id, purged_at, trashed_at FROM node WHERE enterprise_id = $1 AND id = a.id LIMIT 1) n
    UNION
    SELECT up.id, n.parent_id, n.purged_at IS NOT NULL, n.trashed_at IS NOT NULL FROM up CROSS JOIN LATERAL (
      SELECT parent_id, purged_at, trashed_at FROM node WHERE enterprise_id = $1 AND id = up.parent_id LIMIT 1) n
    WHERE NOT up.is_trashed
  ), purged AS (
    SELECT DISTINCT id FROM up WHERE is_purged
  ), found AS (
    SELECT was.*, n.parent_id AS parent_now, n.name AS name_now, n.content_id AS content_now, n.mtime_ms AS mtime_now, n.exec AS exec_now,
           CASE WHEN EXISTS (SELECT FROM is_now WHERE is_now.id = was.id) THEN 'here'
                WHEN n.id IS NULL OR n.space_id <> $2 OR EXISTS (SELECT FROM purged WHERE purged.id = was.id) THEN 'gone'
                WHEN n.trashed_at IS NOT NULL THEN 'bin' ELSE 'elsewhere' END AS fate
    FROM was LEFT JOIN LATERAL (SELECT * FROM node WHERE enterprise_id = $1 AND id = was.id LIMIT 1) n ON true
  ), named AS (
    SELECT found.*, CASE fate WHEN 'gone' THEN gen_random_uuid() ELSE id END AS target_id,
           CASE WHEN fate <> 'gone' OR $4 = 'nothing' THEN false WHEN $4 = 'all' THEN true ELSE (
             SELECT max(coalesce(h.to_seq, 9223372036854775807)) FROM node_history h
             WHERE h.enterprise_id = $1 AND h.node_id = found.id AND h.space_id IS NOT DISTINCT FROM $2 AND h.gone IS NULL) > (
             SELECT grants_from_seq FROM space WHERE enterprise_id = $1 AND id = $2) END AS comes_again
    FROM found
  )
  SELECT g.*, coalesce(p.target_id, g.parent_id) AS target_parent_id, v.content_id, v.size,
         row_number() OVER (ORDER BY g.depth, g.path, g.id) AS turn
  FROM named g LEFT JOIN named p ON p.id = g.parent_id
  LEFT JOIN LATERAL (SELECT content_id, size FROM version WHERE enterprise_id = $1 AND id = g.version_id LIMIT 1) v ON true
  WHERE g.id <> $3`;

const INDEXED = ['CREATE UNIQUE INDEX goal_id ON goal (id)', 'ANALYZE goal'];

/**
 * What lies in folders that are brought back from elsewhere or out of the bin comes along with them. It counts as here from now
 * on, under the path that it will have: what was made in there since has to go, and who has a wanted name has to step aside.
 */
const COMES_ALONG = `
  INSERT INTO is_now (id, parent_id, name, kind, depth, path)
  WITH RECURSIVE along AS (
    SELECT c.id, c.parent_id, c.name, c.kind, g.depth + 1 AS depth, g.path || '/' || c.name AS path
    FROM goal g JOIN node c ON c.enterprise_id = $1 AND c.space_id = $2 AND c.parent_id = g.id AND c.trashed_at IS NULL
    WHERE g.kind = 'folder' AND g.fate IN ('elsewhere', 'bin') AND c.id <> $3 AND c.id <> ALL($4::uuid[])
    UNION ALL
    SELECT c.id, c.parent_id, c.name, c.kind, a.depth + 1, a.path || '/' || c.name
    FROM along a JOIN node c ON c.enterprise_id = $1 AND c.space_id = $2 AND c.parent_id = a.id AND c.trashed_at IS NULL
    WHERE a.kind = 'folder' AND c.id <> $3 AND c.id <> ALL($4::uuid[]) AND NOT EXISTS (SELECT FROM goal g WHERE g.id = a.id)
  )
  SELECT * FROM along ON CONFLICT DO NOTHING`;

/** What is here and was not; holds_kept: something below it was here before. Inside another newcomer it goes along with that. */
const NEWCOMERS = `
  WITH RECURSIVE holder AS (
    SELECT n.parent_id AS id FROM is_now n JOIN goal g ON g.id = n.id
    UNION
    SELECT n.parent_id FROM holder JOIN is_now n ON n.id = holder.id
  )
  SELECT n.*, EXISTS (SELECT FROM holder WHERE holder.id = n.id) AS holds_kept,
         NOT (n.parent_id = $1 OR EXISTS (SELECT FROM goal g WHERE g.id = n.parent_id)) AS is_inside_newcomer
  FROM is_now n WHERE n.id <> $1 AND NOT EXISTS (SELECT FROM goal g WHERE g.id = n.id)`;

/** Names of those that step aside keep their beginning and get the id, at most 250 bytes. */
const WRITE_STEPS = `
  WITH placed AS (
    SELECT g.*, n.path AS path_now FROM goal g LEFT JOIN is_now n ON n.id = g.id AND g.fate = 'here'
    WHERE g.fate = 'bin' OR g.comes_again
      OR (g.fate IN ('here', 'elsewhere') AND (g.parent_now <> g.target_parent_id OR g.name_now <> g.name))
  ), aside AS (
    SELECT n.*, min(x.turn) AS turn FROM placed x
    JOIN is_now n ON n.parent_id = x.target_parent_id AND n.name = x.name AND n.id <> x.id
    LEFT JOIN goal g ON g.id = n.id LEFT JOIN newcomer c ON c.id = n.id
    WHERE g.turn > x.turn OR c.holds_kept
    GROUP BY n.id, n.parent_id, n.name, n.kind, n.depth, n.path
  ), content AS (
    SELECT g.*, n.path AS path_now,
           CASE WHEN g.content_id IS NULL OR g.content_id <> g.content_now THEN 'version' ELSE 'meta' END AS step
    FROM goal g LEFT JOIN is_now n ON n.id = g.id AND g.fate = 'here'
    WHERE g.kind = 'file' AND g.fate IN ('here', 'elsewhere', 'bin')
      AND (g.content_id IS DISTINCT FROM g.content_now OR g.mtime_ms IS DISTINCT FROM g.mtime_now OR g.exec <> g.exec_now)
  ), step AS (
    SELECT 1 AS phase, 0::bigint AS turn, 0 AS part, 'trash' AS kind, id, kind AS node_kind, NULL::uuid AS parent_id,
           NULL::text AS name, NULL::uuid AS version_id, NULL::bigint AS size, NULL::double precision AS mtime_ms,
           false AS exec, path AS from_path, NULL::text AS to_path, false AS is_lost, NULL::uuid AS was_id
    FROM newcomer WHERE NOT holds_kept AND NOT is_inside_newcomer
    UNION ALL
    SELECT 2, turn, 1, 'aside', id, kind, parent_id, substr(name, 1, 50) || ' (' || id || ')', NULL, NULL, NULL, false, path,
           NULL, false, NULL FROM aside
    UNION ALL
    SELECT 2, turn, 2, CASE fate WHEN 'bin' THEN 'bring_back' WHEN 'here' THEN 'move' WHEN 'elsewhere' THEN 'move' ELSE 'recreate' END,
           target_id, kind, target_parent_id, name, version_id, size, mtime_ms, exec, path_now, path,
           fate = 'gone' AND kind = 'file' AND content_id IS NULL, CASE fate WHEN 'gone' THEN id END FROM placed
    UNION ALL
    SELECT 2, turn, 3, step, target_id, kind, NULL, NULL, version_id, size, mtime_ms, exec, path_now, path, content_id IS NULL, NULL FROM content
    UNION ALL
    SELECT 3, 0, 0, 'trash', id, kind, NULL, NULL, NULL, NULL, NULL, false, path, NULL, false, NULL
    FROM newcomer WHERE holds_kept AND NOT is_inside_newcomer
  )
  INSERT INTO restore_step (enterprise_id, job_id, ordinal, kind, node_id, node_kind, parent_id, name, version_id, size,
                            mtime_ms, exec, from_path, to_path, state, code, was_id)
  SELECT $1, $2, row_number() OVER (ORDER BY phase, turn, part, from_path, id), kind, id, node_kind, parent_id, name, version_id,
         size, mtime_ms, exec, substr(from_path, 2), substr(to_path, 2),
         CASE WHEN is_lost THEN 'refused' ELSE 'pending' END, CASE WHEN is_lost THEN 'NOT_FOUND' END, was_id
  FROM step`;
