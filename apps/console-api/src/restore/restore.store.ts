import type {
  DeviceId,
  EnterpriseId,
  ErrorCode,
  NodeId,
  RestoreId,
  RestoreJob,
  RestoreState,
  RestoreStep,
  SpaceId,
  UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { nodeById } from '../drive/node-probe.ts';
import { queryRows } from '../platform/rows.ts';

export type RestoreKey = { readonly enterpriseId: EnterpriseId; readonly id: RestoreId };
export type StoredRestore = Omit<RestoreJob, 'at' | 'createdAt'> &
  RestoreKey & {
    readonly at: Date;
    readonly createdAt: Date;
    readonly asOfSeq: number;
    /** The space's seq that the plan was made on. */
    readonly plannedSeq: number | null;
    readonly userId: UserId;
    readonly deviceId: DeviceId | null;
    readonly readsPersonalSpace: boolean;
  };

const COLUMNS = `j.enterprise_id AS "enterpriseId", j.id, j.space_id AS "spaceId", j.folder_id AS "folderId", j.at, j.state, j.failure,
  j.counts, j.steps, j.done_steps AS done, j.refused_steps AS refused, j.gone_nodes AS gone, j.created_at AS "createdAt",
  j.as_of_seq::float8 AS "asOfSeq", j.user_id AS "userId", j.device_id AS "deviceId",
  j.planned_seq::float8 AS "plannedSeq", j.reads_personal_space AS "readsPersonalSpace"`;

type NewRestore = Pick<
  StoredRestore,
  'enterpriseId' | 'id' | 'spaceId' | 'folderId' | 'at' | 'asOfSeq' | 'userId' | 'deviceId' | 'readsPersonalSpace'
>;

export async function insertRestore(manager: EntityManager, restore: NewRestore): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO restore_job (enterprise_id, id, space_id, folder_id, user_id, device_id, reads_personal_space, at, as_of_seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      restore.enterpriseId,
      restore.id,
      restore.spaceId,
      restore.folderId,
      restore.userId,
      restore.deviceId,
      restore.readsPersonalSpace,
      restore.at,
      restore.asOfSeq,
    ],
  );
}

export async function findRestore(manager: EntityManager, key: RestoreKey): Promise<StoredRestore | undefined> {
  const [row] = await queryRows<StoredRestore>(
    manager,
    `SELECT ${COLUMNS} FROM restore_job j WHERE j.enterprise_id = $1 AND j.id = $2`,
    [key.enterpriseId, key.id],
  );
  return row;
}

export type ListedRestore = StoredRestore & { readonly userName: string; readonly folderName: string | null };
type RestorePage = {
  readonly after: string | null;
  readonly limit: number;
  /** Nobody else's. */
  readonly userId: UserId | null;
  readonly withPersonal: boolean;
};

/** Of folders of a space, the newest first. */
export async function listSpaceRestores(
  manager: EntityManager,
  key: Pick<StoredRestore, 'enterpriseId' | 'spaceId'>,
  page: RestorePage,
): Promise<ListedRestore[]> {
  return queryRows<ListedRestore>(
    manager,
    `SELECT ${COLUMNS}, coalesce(u.name, '') AS "userName", CASE WHEN n.parent_id IS NOT NULL THEN n.name END AS "folderName"
     FROM restore_job j LEFT JOIN app_user u ON u.enterprise_id = $1 AND u.id = j.user_id
     LEFT JOIN node n ON n.enterprise_id = $1 AND n.id = j.folder_id
     WHERE j.enterprise_id = $1 AND j.space_id = $2 AND ($3::uuid IS NULL OR j.id < $3)
       AND ($4::uuid IS NULL OR j.user_id = $4) AND ($5 OR NOT j.reads_personal_space)
     ORDER BY j.id DESC LIMIT $6`,
    [key.enterpriseId, key.spaceId, page.after, page.userId, page.withPersonal, page.limit],
  );
}

/** The oldest that has something to do now; `skip`: had their slice in this round. */
export async function findRunningRestore(
  manager: EntityManager,
  of: { readonly state: 'planning' | 'applying'; readonly skip: readonly string[]; readonly now: Date },
): Promise<StoredRestore | undefined> {
  const [row] = await queryRows<StoredRestore>(
    manager,
    `SELECT ${COLUMNS} FROM restore_job j WHERE j.state IN ('planning', 'applying') AND j.state = $1
       AND (j.retry_at IS NULL OR j.retry_at <= $2) AND j.id <> ALL($3::uuid[])
     ORDER BY j.created_at, j.id LIMIT 1`,
    [of.state, of.now, of.skip],
  );
  return row;
}

/** Whether it went from one of these states to the other. */
export async function changeState(
  manager: EntityManager,
  key: RestoreKey,
  change: { readonly from: readonly RestoreState[]; readonly to: RestoreState; readonly failure?: ErrorCode },
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `UPDATE restore_job SET state = $4, failure = $5 WHERE enterprise_id = $1 AND id = $2 AND state = ANY($3) RETURNING id`,
    [key.enterpriseId, key.id, change.from, change.to, change.failure ?? null],
  );
  return rows.length > 0;
}

/** Holds the job until the end of the transaction, so that a cancel comes before a slice or after it. */
export async function findAndLockState(manager: EntityManager, key: RestoreKey): Promise<RestoreState | undefined> {
  const [row] = await queryRows<{ state: RestoreState }>(
    manager,
    `SELECT state FROM restore_job WHERE enterprise_id = $1 AND id = $2 FOR UPDATE`,
    [key.enterpriseId, key.id],
  );
  return row?.state;
}

/** Holds the planning of a restore, not its row: whoever cancels it need not wait for the plan. */
export async function tryHoldPlanning(manager: EntityManager, key: RestoreKey): Promise<boolean> {
  const [row] = await queryRows<{ isHeld: boolean; state: RestoreState | null }>(
    manager,
    `SELECT pg_try_advisory_xact_lock(hashtextextended($2::uuid::text, 0)) AS "isHeld",
            (SELECT state FROM restore_job WHERE enterprise_id = $1 AND id = $2) AS state`,
    [key.enterpriseId, key.id],
  );
  return row?.isHeld === true && row.state === 'planning';
}

/** The plan is whole: its counts, with what it leaves gone, and `planned`. Does not find a restore that was cancelled since the transaction began. */
export async function finishPlan(manager: EntityManager, key: RestoreKey, gone: number): Promise<void> {
  await queryRows(
    manager,
    `UPDATE restore_job j SET state = 'planned', attempts = 0, retry_at = NULL, planned_seq = (
       SELECT seq FROM space WHERE enterprise_id = $1 AND id = j.space_id), steps = s.steps, refused_steps = s.refused, counts = s.counts,
       gone_nodes = $3
     FROM (SELECT coalesce(sum(n), 0) AS steps, coalesce(sum(refused), 0) AS refused,
                  coalesce(jsonb_object_agg(kind, n), '{}') AS counts
           FROM (SELECT kind, count(*) AS n, count(*) FILTER (WHERE state = 'refused') AS refused
                 FROM restore_step WHERE enterprise_id = $1 AND job_id = $2 GROUP BY kind) by_kind) s
     WHERE j.enterprise_id = $1 AND j.id = $2`,
    [key.enterpriseId, key.id, gone],
  );
}

/** Of these nodes, those that somebody changed, moved or trashed after the plan was made, or after it moved them aside itself. */
export async function listChangedSince(
  manager: EntityManager,
  { enterpriseId, id, plannedSeq }: StoredRestore,
  nodeIds: readonly string[],
): Promise<Set<string>> {
  if (plannedSeq === null || nodeIds.length === 0) return new Set();
  const rows = await queryRows<{ id: string }>(
    manager,
    `SELECT n.id FROM unnest($2::uuid[]) AS asked(id)
     CROSS JOIN LATERAL ${nodeById('asked.id', 'seq')} n
     WHERE n.seq > $3 AND n.seq > coalesce((
       SELECT done_seq FROM restore_step s
       WHERE s.enterprise_id = $1 AND s.job_id = $4 AND s.node_id = n.id AND s.kind = 'aside' LIMIT 1), 0)`,
    [enterpriseId, nodeIds, plannedSeq, id],
  );
  return new Set(rows.map((row) => row.id));
}

export type StoredStep = RestoreStep & {
  readonly opId: string;
  readonly parentId: NodeId | null;
  readonly name: string | null;
  readonly contentId: string | null;
  readonly mtimeMs: number | null;
  readonly exec: boolean;
  /** What it is that is made again. */
  readonly wasId: NodeId | null;
};
type StepPage = {
  readonly after: number;
  readonly limit: number;
  readonly state?: RestoreStep['state'] | undefined;
};

export async function listSteps(manager: EntityManager, key: RestoreKey, page: StepPage): Promise<StoredStep[]> {
  const rows = await queryRows<StoredStep & { size: string | null }>(
    manager,
    `SELECT s.ordinal, s.kind, s.node_id AS "nodeId", s.node_kind AS "nodeKind", s.from_path AS "fromPath",
            s.to_path AS "toPath", s.size, s.state, s.code, s.op_id AS "opId", s.parent_id AS "parentId", s.name,
            encode(v.content_id, 'hex') AS "contentId", s.mtime_ms AS "mtimeMs", s.exec,
            s.was_id AS "wasId"
     FROM restore_step s LEFT JOIN LATERAL (
       SELECT content_id FROM version WHERE enterprise_id = $1 AND id >= s.version_id AND id <= s.version_id ORDER BY id LIMIT 1) v ON true
     WHERE s.enterprise_id = $1 AND s.job_id = $2 AND s.ordinal > $3 AND ($5::text IS NULL OR s.state = $5)
     ORDER BY s.ordinal LIMIT $4`,
    [key.enterpriseId, key.id, page.after, page.limit, page.state ?? null],
  );
  return rows.map((row) => ({ ...row, size: row.size === null ? null : Number(row.size) }));
}

export type StepOutcome = {
  readonly ordinal: number;
  readonly code: ErrorCode | null;
  /** To which it brought its node. */
  readonly seq: number | null;
};

export async function recordOutcomes(
  manager: EntityManager,
  key: RestoreKey,
  outcomes: readonly StepOutcome[],
): Promise<void> {
  await queryRows(
    manager,
    // By place: joined by key, a planner without statistics reads all steps of the restore for each slice.
    `WITH outcome AS (SELECT * FROM unnest($3::int[], $4::text[], $5::bigint[]) AS t(ordinal, code, seq)),
     place AS (
       SELECT found.ctid, o.code, o.seq FROM outcome o CROSS JOIN LATERAL (
         SELECT ctid FROM restore_step WHERE enterprise_id = $1 AND job_id = $2 AND ordinal = o.ordinal LIMIT 1) found
     ), recorded AS (
       UPDATE restore_step s SET state = CASE WHEN place.code IS NULL THEN 'done' ELSE 'refused' END, code = place.code,
                                done_seq = place.seq
       FROM place WHERE s.ctid = place.ctid
     )
     UPDATE restore_job SET attempts = 0, retry_at = NULL, done_steps = done_steps + (SELECT count(*) FROM outcome WHERE code IS NULL),
                            refused_steps = refused_steps + (SELECT count(*) FROM outcome WHERE code IS NOT NULL)
     WHERE enterprise_id = $1 AND id = $2`,
    [
      key.enterpriseId,
      key.id,
      outcomes.map((each) => each.ordinal),
      outcomes.map((each) => each.code),
      outcomes.map((each) => each.seq),
    ],
  );
}

/** The last commit of the space at a moment. */
export async function findSeqAt(
  manager: EntityManager,
  space: { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId },
  at: Date,
): Promise<number | undefined> {
  const [row] = await queryRows<{ seq: string }>(
    manager,
    `SELECT seq FROM commit_token WHERE enterprise_id = $1 AND space_id = $2 AND at <= $3 ORDER BY seq DESC LIMIT 1`,
    [space.enterpriseId, space.spaceId, at],
  );
  return row && Number(row.seq);
}

export type FolderPast = {
  /** Since when the folder can be brought back. */
  readonly since: Date;
  /** When it last came from another space, if it did. */
  readonly arrivedAt: Date | null;
  /** Whether it was there, not in the bin itself, at the asked seq. */
  readonly wasThere: boolean;
};

export async function findFolderPast(
  manager: EntityManager,
  folder: { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId; readonly nodeId: NodeId },
  seq: number,
): Promise<FolderPast | undefined> {
  const [row] = await queryRows<FolderPast>(
    manager,
    `SELECT greatest(min(h.at), (SELECT t.at FROM commit_token t WHERE t.enterprise_id = $1 AND t.space_id = $2
                                 AND t.seq >= s.history_from_seq ORDER BY t.seq LIMIT 1)) AS since,
            CASE WHEN EXISTS (SELECT FROM node_history o WHERE o.enterprise_id = $1 AND o.node_id = $3 AND o.space_id <> $2)
              THEN min(h.at) FILTER (WHERE h.from_seq > coalesce((
                SELECT max(l.from_seq) FROM node_history l
                WHERE l.enterprise_id = $1 AND l.node_id = $3 AND l.space_id = $2 AND l.gone = 'left'), 0))
              END AS "arrivedAt",
            $4::bigint >= s.history_from_seq AND bool_or(h.from_seq <= $4 AND (h.to_seq IS NULL OR h.to_seq > $4) AND NOT h.trashed)
              AS "wasThere"
     FROM space s JOIN node_history h ON h.enterprise_id = $1 AND h.node_id = $3 AND h.space_id = s.id
     WHERE s.enterprise_id = $1 AND s.id = $2 GROUP BY s.history_from_seq`,
    [folder.enterpriseId, folder.spaceId, folder.nodeId, seq],
  );
  return row;
}

/** Finished and forgotten ones, with their steps; a slice. */
export async function removeOldRestores(manager: EntityManager, before: Date, limit: number): Promise<number> {
  const rows = await queryRows(
    manager,
    `DELETE FROM restore_job WHERE (enterprise_id, id) IN (
       SELECT enterprise_id, id FROM restore_job WHERE created_at < $1 AND state NOT IN ('planning', 'applying')
       ORDER BY created_at LIMIT $2) RETURNING id`,
    [before, limit],
  );
  return rows.length;
}

/** Who asked, as they are now. */
export async function findRequester(
  manager: EntityManager,
  restore: Pick<StoredRestore, 'enterpriseId' | 'userId' | 'deviceId'>,
): Promise<{ role: string; isOpen: boolean; agentVersion: string | null } | undefined> {
  const [row] = await queryRows<{ role: string; isOpen: boolean; agentVersion: string | null }>(
    manager,
    `SELECT u.role, u.disabled_at IS NULL AND ($3::uuid IS NULL OR d.lifecycle = 'active') AS "isOpen",
            d.agent_version AS "agentVersion"
     FROM app_user u LEFT JOIN device d ON d.enterprise_id = $1 AND d.id = $3
     WHERE u.enterprise_id = $1 AND u.id = $2`,
    [restore.enterpriseId, restore.userId, restore.deviceId],
  );
  return row;
}

export async function listGrantedFolders(
  manager: EntityManager,
  space: { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId },
): Promise<NodeId[]> {
  const rows = await queryRows<{ id: NodeId }>(
    manager,
    `SELECT DISTINCT node_id AS id FROM folder_grant WHERE enterprise_id = $1 AND space_id = $2`,
    [space.enterpriseId, space.spaceId],
  );
  return rows.map((row) => row.id);
}
