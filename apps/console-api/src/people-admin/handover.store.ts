import type {
  ChunkRef,
  EnterpriseId,
  ErrorCode,
  Handover,
  NodeId,
  SpaceId,
  UserId,
  VersionId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

type Key = { readonly enterpriseId: EnterpriseId };
export type HandoverKey = Key & { readonly id: string };

/** A hand-over that is not done. */
export type OpenHandover = HandoverKey & {
  readonly spaceId: SpaceId;
  readonly fromName: string;
  readonly toUserId: UserId;
  readonly toSpaceId: SpaceId;
  readonly toRootId: NodeId;
  readonly receiverGone: boolean;
  readonly folderId: NodeId | null;
  readonly planned: boolean;
  readonly position: number;
  readonly createdAt: Date;
};

export async function keepPersonalSpace(
  manager: EntityManager,
  key: Key & { readonly userId: UserId },
  until: Date,
): Promise<SpaceId | undefined> {
  const [row] = await queryRows<{ id: SpaceId }>(
    manager,
    `UPDATE space SET kept_until = $3 WHERE enterprise_id = $1 AND kind = 'personal' AND owner_user_id = $2 RETURNING id`,
    [key.enterpriseId, key.userId, until],
  );
  return row?.id;
}

export type KeptSpace = { readonly name: string; readonly ownerId: UserId; readonly liveBytes: number };

/** The personal space of a deleted user, with the bytes of all versions of what is not in its bin. */
export async function findKeptSpace(
  manager: EntityManager,
  key: Key & { readonly spaceId: string; readonly now: Date },
): Promise<KeptSpace | undefined> {
  const [row] = await queryRows<KeptSpace & { liveBytes: string }>(
    manager,
    `WITH RECURSIVE ${LIVE}
     SELECT u.name, u.id AS "ownerId",
            (SELECT coalesce(sum(v.size), 0) FROM live JOIN version v ON v.enterprise_id = $1 AND v.node_id = live.id)
              AS "liveBytes"
     FROM space s JOIN app_user u ON u.enterprise_id = $1 AND u.id = s.owner_user_id AND u.deleted_at IS NOT NULL
     WHERE s.enterprise_id = $1 AND s.id = $2 AND s.kept_until > $3 FOR UPDATE OF s`,
    [key.enterpriseId, key.spaceId, key.now],
  );
  return row && { ...row, liveBytes: Number(row.liveBytes) };
}

/** Nodes of the space `$2` that are not in its bin, without the root. */
const LIVE = `live AS (
  SELECT n.id, 1 AS depth FROM space r
  JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = r.root_node_id AND n.trashed_at IS NULL
  WHERE r.enterprise_id = $1 AND r.id = $2
  UNION ALL
  SELECT n.id, live.depth + 1 FROM live
  JOIN node n ON n.enterprise_id = $1 AND n.space_id = $2 AND n.parent_id = live.id AND n.trashed_at IS NULL
)`;

export type Receiver = { readonly spaceId: SpaceId; readonly name: string; readonly roomBytes: number | null };

/** Somebody of the enterprise with a personal space, neither disabled nor deleted. */
export async function findReceiver(
  manager: EntityManager,
  key: Key & { readonly userId: UserId },
): Promise<Receiver | undefined> {
  const [row] = await queryRows<Receiver & { roomBytes: string | null }>(
    manager,
    `SELECT s.id AS "spaceId", u.name, s.quota_bytes - s.used_bytes AS "roomBytes"
     FROM app_user u JOIN space s ON s.enterprise_id = $1 AND s.kind = 'personal' AND s.owner_user_id = u.id
     WHERE u.enterprise_id = $1 AND u.id = $2 AND u.disabled_at IS NULL FOR SHARE OF u`,
    [key.enterpriseId, key.userId],
  );
  return row && { ...row, roomBytes: row.roomBytes === null ? null : Number(row.roomBytes) };
}

export async function insertHandover(
  manager: EntityManager,
  handover: HandoverKey & {
    readonly spaceId: string;
    readonly fromName: string;
    readonly toUserId: UserId;
    readonly toSpaceId: SpaceId;
    readonly createdBy: UserId;
    readonly createdAt: Date;
  },
): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO handover (enterprise_id, id, space_id, from_name, to_user_id, to_space_id, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      handover.enterpriseId,
      handover.id,
      handover.spaceId,
      handover.fromName,
      handover.toUserId,
      handover.toSpaceId,
      handover.createdBy,
      handover.createdAt,
    ],
  );
}

type HandoverRow = Omit<Handover, 'createdAt' | 'doneAt' | 'to' | 'state'> & {
  readonly toId: UserId;
  readonly toName: string;
  readonly createdAt: Date;
  readonly doneAt: Date | null;
};

/** Behind a moment and an id; the newest come first. */
type HandoverPage = { readonly after: readonly [at: string, id: string] | undefined; readonly limit: number };

export async function listHandovers(
  manager: EntityManager,
  key: Key,
  asked: { readonly id: string } | HandoverPage,
): Promise<Handover[]> {
  const page = 'limit' in asked ? asked : { after: undefined, limit: 1 };
  const rows = await queryRows<HandoverRow>(
    manager,
    `SELECT h.id, h.space_id AS "spaceId", h.from_name AS "from", h.to_user_id AS "toId", coalesce(u.name, '') AS "toName",
            h.waits_for AS "waitsFor", h.position AS done, h.total, date_trunc('milliseconds', h.created_at) AS "createdAt", h.done_at AS "doneAt"
     FROM handover h LEFT JOIN app_user u ON u.enterprise_id = $1 AND u.id = h.to_user_id
     WHERE h.enterprise_id = $1 AND ($2::uuid IS NULL OR h.id = $2)
       AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', h.created_at), h.id) < ($3, $4::uuid))
     ORDER BY date_trunc('milliseconds', h.created_at) DESC, h.id DESC LIMIT $5`,
    [key.enterpriseId, 'id' in asked ? asked.id : null, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit],
  );
  return rows.map(({ toId, toName, ...row }) => ({
    ...row,
    to: { id: toId, name: toName },
    state: row.doneAt ? 'done' : row.waitsFor ? 'waiting' : 'running',
    createdAt: row.createdAt.toISOString(),
    doneAt: row.doneAt?.toISOString() ?? null,
  }));
}

/** Those whose time has come, in the order in which they began, those behind `after` first. */
export function listOpenHandovers(manager: EntityManager, after: string, now: Date): Promise<OpenHandover[]> {
  return queryRows<OpenHandover>(
    manager,
    `SELECT h.enterprise_id AS "enterpriseId", h.id, h.space_id AS "spaceId", h.from_name AS "fromName",
            h.to_user_id AS "toUserId", h.to_space_id AS "toSpaceId", s.root_node_id AS "toRootId",
            u.disabled_at IS NOT NULL AS "receiverGone", h.folder_id AS "folderId", h.planned, h.position,
            h.created_at AS "createdAt"
     FROM handover h
     JOIN space s ON s.enterprise_id = h.enterprise_id AND s.id = h.to_space_id
     JOIN app_user u ON u.enterprise_id = h.enterprise_id AND u.id = h.to_user_id
     WHERE h.done_at IS NULL AND (h.retry_at IS NULL OR h.retry_at <= $2) ORDER BY h.id <= $1, h.id LIMIT 100`,
    [after, now],
  );
}

/** Tries before do not count any more, and it waits for nothing. */
const GOT_ON = 'waits_for = NULL, attempts = 0, retry_at = NULL';

/** Writes down what is to be carried over, parents first: nobody writes in the space any more, so the list stays true. */
export async function planItems(
  manager: EntityManager,
  key: HandoverKey & { readonly spaceId: SpaceId },
): Promise<void> {
  await queryRows(
    manager,
    `WITH RECURSIVE ${LIVE}, items AS (
       INSERT INTO handover_item (enterprise_id, handover_id, ordinal, node_id)
       SELECT $1, $3, row_number() OVER (ORDER BY depth, id), id FROM live RETURNING 1
     )
     UPDATE handover SET planned = true, total = (SELECT count(*) FROM items), ${GOT_ON} WHERE enterprise_id = $1 AND id = $3`,
    [key.enterpriseId, key.spaceId, key.id],
  );
}

export async function saveFolder(manager: EntityManager, key: HandoverKey, folderId: NodeId): Promise<void> {
  await queryRows(manager, `UPDATE handover SET folder_id = $3, ${GOT_ON} WHERE enterprise_id = $1 AND id = $2`, [
    key.enterpriseId,
    key.id,
    folderId,
  ]);
}

/** It is looked at again as soon as a job can, or not before `retryAt`. What it waits for is no failed try. */
export async function saveWait(
  manager: EntityManager,
  key: HandoverKey,
  wait: { readonly for: ErrorCode; readonly retryAt: Date | null },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE handover SET waits_for = $3, attempts = 0, retry_at = $4 WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.id, wait.for, wait.retryAt],
  );
}

export async function savePosition(manager: EntityManager, key: HandoverKey, position: number): Promise<void> {
  await queryRows(manager, `UPDATE handover SET position = $3, ${GOT_ON} WHERE enterprise_id = $1 AND id = $2`, [
    key.enterpriseId,
    key.id,
    position,
  ]);
}

export async function saveDone(manager: EntityManager, key: HandoverKey, doneAt: Date): Promise<void> {
  await queryRows(
    manager,
    `WITH gone AS (DELETE FROM handover_item WHERE enterprise_id = $1 AND handover_id = $2)
     UPDATE handover SET done_at = $3, ${GOT_ON} WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.id, doneAt],
  );
}

export type HandoverItem = {
  readonly ordinal: number;
  readonly id: NodeId;
  readonly parentId: NodeId;
  readonly isTop: boolean;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly mtimeMs: number | null;
  readonly exec: boolean;
  /** Oldest first, the present content last. */
  readonly versions: readonly { readonly id: VersionId; readonly contentId: string; readonly size: number }[];
};

export function listItems(manager: EntityManager, handover: OpenHandover, limit: number): Promise<HandoverItem[]> {
  return queryRows<HandoverItem>(
    manager,
    `SELECT i.ordinal, n.id, n.parent_id AS "parentId", p.parent_id IS NULL AS "isTop", n.name, n.kind,
            n.mtime_ms AS "mtimeMs", n.exec,
            coalesce((SELECT jsonb_agg(jsonb_build_object('id', v.id, 'contentId', encode(v.content_id, 'hex'), 'size', v.size)
                                       ORDER BY v.id = n.version_id, v.created_at, v.id)
               FROM version v WHERE v.enterprise_id = $1 AND v.node_id = n.id), '[]') AS versions
     FROM handover_item i
     JOIN node n ON n.enterprise_id = $1 AND n.id = i.node_id
     JOIN node p ON p.enterprise_id = $1 AND p.id = n.parent_id
     WHERE i.enterprise_id = $1 AND i.handover_id = $2 AND i.ordinal > $3 ORDER BY i.ordinal LIMIT $4`,
    [handover.enterpriseId, handover.id, handover.position, limit],
  );
}

/** Chunks of contents of several chunks, in order. */
export async function listContentChunks(
  manager: EntityManager,
  key: Key,
  contentIds: readonly string[],
): Promise<Map<string, ChunkRef[]>> {
  const rows = await queryRows<{ contentId: string; chunks: ChunkRef[] }>(
    manager,
    `SELECT encode(content_id, 'hex') AS "contentId",
            jsonb_agg(jsonb_build_object('hash', encode(hash, 'hex'), 'size', size) ORDER BY ordinal) AS chunks
     FROM content_chunk WHERE enterprise_id = $1 AND content_id IN (SELECT decode(c, 'hex') FROM unnest($2::text[]) c)
     GROUP BY content_id`,
    [key.enterpriseId, contentIds],
  );
  return new Map(rows.map((row) => [row.contentId, row.chunks]));
}

/** The receiver gets the bytes, so the receiver may use their hashes: what an upload of them would have proven. */
export async function allowChunks(
  manager: EntityManager,
  key: Key & { readonly userId: UserId },
  hashes: readonly string[],
): Promise<void> {
  await queryRows(
    manager,
    `INSERT INTO chunk_upload (enterprise_id, actor_id, hash)
     SELECT DISTINCT $1::uuid, $2::uuid, decode(h, 'hex') FROM unnest($3::text[]) h ORDER BY 3
     ON CONFLICT (enterprise_id, actor_id, hash) DO UPDATE SET at = now()`,
    [key.enterpriseId, key.userId, hashes],
  );
}

/** Who made a version, and when, stays true: only the file it belongs to is another one now. */
export async function keepAuthors(
  manager: EntityManager,
  key: Key,
  pairs: readonly { readonly from: VersionId; readonly to: VersionId }[],
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE version v SET author_user_id = s.author_user_id, author_device_id = s.author_device_id, origin = s.origin,
                          pinned = s.pinned, created_at = s.created_at
     FROM unnest($2::uuid[], $3::uuid[]) AS pair(source, target)
     JOIN version s ON s.enterprise_id = $1 AND s.id = pair.source
     WHERE v.enterprise_id = $1 AND v.id = pair.target`,
    [key.enterpriseId, pairs.map((pair) => pair.from), pairs.map((pair) => pair.to)],
  );
}
