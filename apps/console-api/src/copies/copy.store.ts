import type { CopyAnswer, DriveNode, EnterpriseId, ErrorCode, NodeId, SpaceId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { nodeById } from '../drive/node-probe.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from '../drive/node-row.ts';
import { queryRows } from '../platform/rows.ts';

export type CopyKey = { readonly enterpriseId: EnterpriseId; readonly id: string };
export type StoredCopy = CopyKey & {
  readonly spaceId: SpaceId;
  readonly targetId: NodeId;
  /** What is copied: nodes that were in this space when it had come to this seq. */
  readonly sourceSpaceId: SpaceId;
  readonly sourceSeq: number;
  readonly userId: UserId;
  readonly deviceId: string | null;
  readonly readsPersonalSpace: boolean;
  readonly copiedNodes: number;
  readonly leftOut: number;
  readonly state: CopyAnswer['state'];
  readonly refusal: ErrorCode | null;
  /** Since when it waits for room. */
  readonly waitingSince: Date | null;
};
export type CopyFolder = {
  readonly ordinal: string;
  readonly sourceId: NodeId;
  readonly targetId: NodeId;
  readonly afterName: string;
};
type NewCopy = Omit<StoredCopy, 'leftOut' | 'refusal' | 'waitingSince'> & { readonly opId: string };

export const COPY_COLUMNS = `c.enterprise_id AS "enterpriseId", c.id, c.space_id AS "spaceId", c.target_id AS "targetId",
  c.source_space_id AS "sourceSpaceId", c.source_seq::float8 AS "sourceSeq", c.user_id AS "userId",
  c.device_id AS "deviceId", c.reads_personal_space AS "readsPersonalSpace", c.copied_nodes AS "copiedNodes",
  c.left_out AS "leftOut", c.state, c.refusal, c.waiting_since AS "waitingSince"`;

export async function insertCopy(manager: EntityManager, copy: NewCopy): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO tree_copy (enterprise_id, id, space_id, target_id, user_id, device_id, reads_personal_space, copied_nodes, state, op_id,
                            source_space_id, source_seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      copy.enterpriseId,
      copy.id,
      copy.spaceId,
      copy.targetId,
      copy.userId,
      copy.deviceId,
      copy.readsPersonalSpace,
      copy.copiedNodes,
      copy.state,
      copy.opId,
      copy.sourceSpaceId,
      copy.sourceSeq,
    ],
  );
}

export async function findCopy(manager: EntityManager, key: CopyKey): Promise<StoredCopy | undefined> {
  const [row] = await queryRows<StoredCopy>(
    manager,
    `SELECT ${COPY_COLUMNS} FROM tree_copy c WHERE c.enterprise_id = $1 AND c.id = $2`,
    [key.enterpriseId, key.id],
  );
  return row;
}

/** What an operation of this actor began before. */
export async function findCopyByOp(
  manager: EntityManager,
  op: { readonly enterpriseId: EnterpriseId; readonly actorId: string; readonly opId: string },
): Promise<CopyKey | undefined> {
  const [row] = await queryRows<CopyKey>(
    manager,
    `SELECT enterprise_id AS "enterpriseId", id FROM tree_copy
     WHERE enterprise_id = $1 AND coalesce(device_id, user_id) = $2 AND op_id = $3`,
    [op.enterpriseId, op.actorId, op.opId],
  );
  return row;
}

/** Holds a copy under way until the transaction ends, so that two slices of it never meet. */
export async function findAndLockRunning(manager: EntityManager, key: CopyKey): Promise<StoredCopy | undefined> {
  const [row] = await queryRows<StoredCopy>(
    manager,
    `SELECT ${COPY_COLUMNS} FROM tree_copy c WHERE c.enterprise_id = $1 AND c.id = $2 AND c.state = 'running' FOR UPDATE`,
    [key.enterpriseId, key.id],
  );
  return row;
}

/** Those whose time has come, in the order in which they began, those behind `after` first. */
export async function listRunning(manager: EntityManager, after: string, now: Date): Promise<CopyKey[]> {
  return queryRows<CopyKey>(
    manager,
    `SELECT enterprise_id AS "enterpriseId", id FROM tree_copy
     WHERE state = 'running' AND (retry_at IS NULL OR retry_at <= $2) ORDER BY id <= $1, id LIMIT 1000`,
    [after, now],
  );
}

/** Whether it was under way. */
export async function endCopy(
  manager: EntityManager,
  key: CopyKey,
  end: Pick<StoredCopy, 'state' | 'refusal'> & { readonly at: Date },
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `UPDATE tree_copy SET state = $3, refusal = $4, waiting_since = NULL, ended_at = $5
     WHERE enterprise_id = $1 AND id = $2 AND state = 'running' RETURNING id`,
    [key.enterpriseId, key.id, end.state, end.refusal, end.at],
  );
  return rows.length > 0;
}

/** Ended ones are remembered for a while, for whoever asks how they went. */
export async function removeEnded(manager: EntityManager, before: Date): Promise<void> {
  await queryRows(manager, `DELETE FROM tree_copy WHERE state <> 'running' AND coalesce(ended_at, created_at) < $1`, [
    before,
  ]);
}

export async function addFolders(
  manager: EntityManager,
  key: CopyKey,
  folders: readonly { readonly sourceId: string; readonly targetId: string }[],
): Promise<void> {
  if (folders.length === 0) return;
  await queryRows(
    manager,
    `INSERT INTO tree_copy_folder (enterprise_id, copy_id, source_id, target_id)
     SELECT $1, $2, source_id, target_id FROM unnest($3::uuid[], $4::uuid[]) AS t(source_id, target_id)`,
    [key.enterpriseId, key.id, folders.map((folder) => folder.sourceId), folders.map((folder) => folder.targetId)],
  );
}

/** In the order in which they were found; at most so many. */
export async function listNextFolders(manager: EntityManager, key: CopyKey, limit: number): Promise<CopyFolder[]> {
  return queryRows<CopyFolder>(
    manager,
    `SELECT ordinal, source_id AS "sourceId", target_id AS "targetId", after_name AS "afterName"
     FROM tree_copy_folder WHERE enterprise_id = $1 AND copy_id = $2 ORDER BY ordinal LIMIT $3`,
    [key.enterpriseId, key.id, limit],
  );
}

/** Where the next slice of each folder begins; `null`: it is copied whole. */
export async function advanceFolders(
  manager: EntityManager,
  key: CopyKey,
  done: readonly { readonly ordinal: string; readonly afterName: string | null }[],
): Promise<void> {
  await queryRows(
    manager,
    // By place: joined by key, a planner without statistics reads all folders of the copy for each slice.
    `WITH done AS (
       SELECT place.ctid, t.after_name FROM unnest($3::bigint[], $4::text[]) AS t(ordinal, after_name)
       CROSS JOIN LATERAL (
         SELECT ctid FROM tree_copy_folder WHERE enterprise_id = $1 AND copy_id = $2 AND ordinal = t.ordinal LIMIT 1) place
     ), whole AS (
       DELETE FROM tree_copy_folder f USING done WHERE f.ctid = done.ctid AND done.after_name IS NULL
     )
     UPDATE tree_copy_folder f SET after_name = done.after_name FROM done
     WHERE f.ctid = done.ctid AND done.after_name IS NOT NULL`,
    [key.enterpriseId, key.id, done.map((folder) => folder.ordinal), done.map((folder) => folder.afterName)],
  );
}

/** It got on: tries before do not count any more, and it waits for nothing. */
export async function recordProgress(
  manager: EntityManager,
  key: CopyKey,
  progress: { readonly copied: number; readonly leftOut: number },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE tree_copy SET copied_nodes = copied_nodes + $3, left_out = left_out + $4, refusal = NULL, attempts = 0,
       retry_at = NULL, waiting_since = NULL
     WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.id, progress.copied, progress.leftOut],
  );
}

export async function recordWait(
  manager: EntityManager,
  key: CopyKey,
  wait: { readonly refusal: ErrorCode; readonly since: Date; readonly retryAt: Date },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE tree_copy SET refusal = $3, waiting_since = $4, retry_at = $5, attempts = 0 WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.id, wait.refusal, wait.since, wait.retryAt],
  );
}

/** A node with the folder of the copy's list that it was found in: moved meanwhile, one folder may be listed twice. */
export type ChildToCopy = {
  readonly node: DriveNode;
  readonly folder: CopyFolder;
  /** When the copy began. What came since is no part of it, whoever made it: two copies might otherwise read each other and never end. */
  readonly wasThere: boolean;
};

/** Of each folder the live children after a name, in the order of their names byte by byte. */
export async function listChildrenToCopy(
  manager: EntityManager,
  copy: Pick<StoredCopy, 'enterpriseId' | 'sourceSpaceId' | 'sourceSeq'>,
  page: { readonly folders: readonly CopyFolder[]; readonly limitOfEach: number },
): Promise<ChildToCopy[]> {
  const { folders } = page;
  const rows = await queryRows<NodeRow & { readonly folder_at: number; readonly was_there: boolean }>(
    manager,
    // Each folder's space and then its names in their order: without LATERAL a planner may read and sort all of them for each page.
    // Who was there is told and not asked for, which would make it sort them too; in the order of the history's key, as when
    // batches are written.
    `SELECT ${NODE_COLUMNS}, page.at::int AS folder_at, (n.space_id = $5 AND n.seq <= $6) OR coalesce($5 = (
       SELECT h.space_id FROM node_history h
       WHERE h.enterprise_id = $1 AND (h.node_id, h.space_id, h.from_seq) <= (n.id, $5::uuid, $6::bigint) AND h.node_id >= n.id
       ORDER BY h.node_id DESC, h.space_id DESC, h.from_seq DESC LIMIT 1), false) AS was_there
     FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS page(id, after_name, at)
     CROSS JOIN LATERAL ${nodeById('page.id', 'space_id')} f
     CROSS JOIN LATERAL (
       SELECT * FROM node WHERE enterprise_id = $1 AND space_id = f.space_id AND parent_id = f.id
         AND live_name > page.after_name
       ORDER BY live_name LIMIT $4) n
     ORDER BY page.at, n.live_name`,
    [
      copy.enterpriseId,
      folders.map((folder) => folder.sourceId),
      folders.map((folder) => folder.afterName),
      page.limitOfEach,
      copy.sourceSpaceId,
      copy.sourceSeq,
    ],
  );
  return rows.flatMap((row) => {
    const folder = folders[row.folder_at - 1];
    return folder ? [{ node: toNode(row), folder, wasThere: row.was_there }] : [];
  });
}

/** The space of a node, and how far it has come. */
export async function findSource(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId },
  nodeId: NodeId,
): Promise<Pick<StoredCopy, 'sourceSpaceId' | 'sourceSeq'> | undefined> {
  const [row] = await queryRows<Pick<StoredCopy, 'sourceSpaceId' | 'sourceSeq'>>(
    manager,
    `SELECT s.id AS "sourceSpaceId", s.seq::float8 AS "sourceSeq"
     FROM node n JOIN space s ON s.enterprise_id = $1 AND s.id = n.space_id WHERE n.enterprise_id = $1 AND n.id = $2`,
    [key.enterpriseId, nodeId],
  );
  return row;
}

/** Holds versions against removal until the transaction ends; answers those that are there. */
export async function holdVersions(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId },
  versionIds: readonly string[],
): Promise<Set<string>> {
  if (versionIds.length === 0) return new Set();
  const rows = await queryRows<{ id: string }>(
    manager,
    `SELECT id FROM version WHERE enterprise_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR KEY SHARE`,
    [key.enterpriseId, versionIds],
  );
  return new Set(rows.map((row) => row.id));
}

/** Bytes of the newest versions of everything live from the node down, but for what is in `closedIds`. */
export async function sumHeads(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId },
  nodeId: NodeId,
  closedIds: readonly NodeId[] = [],
): Promise<number> {
  const [row] = await queryRows<{ bytes: string }>(
    manager,
    // Folder by folder in the order of names, as above: joined, all folders of the enterprise were read for a small one.
    `WITH RECURSIVE tree AS (
       SELECT id, space_id, kind, size FROM node WHERE enterprise_id = $1 AND id = $2
       UNION ALL
       SELECT c.* FROM tree t CROSS JOIN LATERAL (
         SELECT id, space_id, kind, size FROM node
         WHERE enterprise_id = $1 AND space_id = t.space_id AND parent_id = t.id AND live_name >= ''
         ORDER BY live_name OFFSET 0) c
       WHERE t.kind = 'folder' AND c.id <> ALL ($3::uuid[])
     )
     SELECT coalesce(sum(size), 0) AS bytes FROM tree`,
    [key.enterpriseId, nodeId, closedIds],
  );
  return Number(row?.bytes ?? 0);
}

/** Who asked for the copy, as they are now; absent when they may not act any more. */
export async function findRequester(
  manager: EntityManager,
  copy: Pick<StoredCopy, 'enterpriseId' | 'userId' | 'deviceId'>,
): Promise<{ role: string; agentVersion: string | null } | undefined> {
  const [row] = await queryRows<{ role: string; agentVersion: string | null }>(
    manager,
    `SELECT u.role, d.agent_version AS "agentVersion" FROM app_user u
     LEFT JOIN device d ON d.enterprise_id = $1 AND d.id = $3
     WHERE u.enterprise_id = $1 AND u.id = $2 AND u.disabled_at IS NULL AND ($3::uuid IS NULL OR d.lifecycle = 'active')`,
    [copy.enterpriseId, copy.userId, copy.deviceId],
  );
  return row;
}

export async function nodeOf(manager: EntityManager, key: SpaceKey, nodeId: NodeId): Promise<DriveNode | undefined> {
  const [row] = await queryRows<NodeRow>(
    manager,
    `SELECT ${NODE_COLUMNS} FROM node n WHERE n.enterprise_id = $1 AND n.id = $2 AND n.space_id = $3`,
    [key.enterpriseId, nodeId, key.spaceId],
  );
  return row && toNode(row);
}
