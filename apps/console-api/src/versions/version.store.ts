import type { ContentId, DriveNode, EnterpriseId, NodeId, NodeVersion, SpaceId, VersionId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

type Key = { readonly enterpriseId: EnterpriseId };
type VersionRow = {
  id: string;
  content_id: string;
  size: string;
  created_at: Date;
  origin: NodeVersion['origin'];
  author: { userId: string; name: string } | null;
  device: { deviceId: string; name: string } | null;
  pinned: boolean;
  protected: boolean;
  description: string | null;
};
const MAX_VERSIONS = 1100; // 999 kept and 50 pinned ones (VE-1), and what awaits its pruning

/** Newest first. Names of people and devices are identity's, read as they are now. */
export async function listVersions(manager: EntityManager, key: Key, node: DriveNode): Promise<NodeVersion[]> {
  return readVersions(manager, { ...key, node, versionId: null });
}

export async function findVersion(
  manager: EntityManager,
  key: Key,
  which: { readonly node: DriveNode; readonly versionId: VersionId },
): Promise<NodeVersion | undefined> {
  return (await readVersions(manager, { ...key, ...which }))[0];
}

/** UP-10: `protected` is the newest version that each device uploaded, among those that are still there. */
async function readVersions(
  manager: EntityManager,
  asked: Key & { readonly node: DriveNode; readonly versionId: VersionId | null },
): Promise<NodeVersion[]> {
  const rows = await queryRows<VersionRow>(
    manager,
    `SELECT v.*, CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('userId', u.id, 'name', u.name) END AS author,
            CASE WHEN d.id IS NOT NULL THEN jsonb_build_object('deviceId', d.id, 'name', d.name) END AS device
     FROM (
       SELECT id, encode(content_id, 'hex') AS content_id, size, created_at, origin, pinned, description, author_user_id,
              author_device_id, origin = 'upload' AND author_device_id IS NOT NULL AND row_number() OVER (
                PARTITION BY author_device_id, origin ORDER BY created_at DESC, id DESC) = 1 AS protected
       FROM version WHERE enterprise_id = $1 AND node_id = $2 AND released_at IS NULL
     ) v
     LEFT JOIN app_user u ON u.enterprise_id = $1 AND u.id = v.author_user_id
     LEFT JOIN device d ON d.enterprise_id = $1 AND d.id = v.author_device_id
     WHERE $3::uuid IS NULL OR v.id = $3 ORDER BY v.created_at DESC, v.id DESC LIMIT $4`,
    [asked.enterpriseId, asked.node.id, asked.versionId, MAX_VERSIONS],
  );
  return rows.map((row) => toVersion(row, asked.node));
}

/** One probe by the node of each asked content: a file has some hundred versions at the most, a content may be in any number of files. */
export async function findKeptVersions(
  manager: EntityManager,
  key: Key,
  asked: readonly { readonly nodeId: NodeId; readonly contentId: ContentId }[],
): Promise<{ nodeId: NodeId; contentId: ContentId }[]> {
  return queryRows(
    manager,
    `SELECT asked.node_id AS "nodeId", asked.content_id AS "contentId"
     FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS asked(node_id, content_id, place)
     CROSS JOIN LATERAL (
       SELECT 1 FROM version v WHERE v.enterprise_id = $1 AND v.node_id = asked.node_id
         AND v.content_id IS NOT DISTINCT FROM decode(asked.content_id, 'hex') AND v.released_at IS NULL LIMIT 1) kept
     ORDER BY asked.place`,
    [key.enterpriseId, asked.map(({ nodeId }) => nodeId), asked.map(({ contentId }) => contentId)],
  );
}

function toVersion(row: VersionRow, node: DriveNode): NodeVersion {
  return {
    id: row.id,
    contentId: row.content_id,
    size: Number(row.size),
    createdAt: row.created_at.toISOString(),
    origin: row.origin,
    author: row.author,
    device: row.device,
    isHead: row.id === node.versionId,
    pinned: row.pinned,
    protected: row.protected,
    description: row.description,
  } as NodeVersion; // ids and hashes come from our own tables; brands exist in types only
}

/** A version's content, held against removal until the transaction ends, and the time of modification its file had with it. */
export async function holdVersion(
  manager: EntityManager,
  key: Key & { readonly nodeId: NodeId; readonly versionId: VersionId },
): Promise<{ contentId: string; size: number; mtimeMs: number | null } | undefined> {
  const [row] = await queryRows<{ contentId: string; size: string; mtimeMs: number | null }>(
    manager,
    `SELECT encode(v.content_id, 'hex') AS "contentId", v.size, (
       SELECT h.mtime_ms FROM node_history h
       WHERE h.enterprise_id = $1 AND h.node_id = $2 AND h.version_id IS NOT DISTINCT FROM v.id
       ORDER BY h.from_seq DESC LIMIT 1) AS "mtimeMs"
     FROM version v WHERE v.enterprise_id = $1 AND v.node_id = $2 AND v.id = $3 AND v.released_at IS NULL FOR KEY SHARE`,
    [key.enterpriseId, key.nodeId, key.versionId],
  );
  return row && { ...row, size: Number(row.size) };
}

export async function countPinned(manager: EntityManager, key: Key & { readonly nodeId: NodeId }): Promise<number> {
  const [row] = await queryRows<{ count: string }>(
    manager,
    `SELECT count(*) AS count FROM version WHERE enterprise_id = $1 AND node_id = $2 AND pinned AND released_at IS NULL`,
    [key.enterpriseId, key.nodeId],
  );
  return Number(row?.count ?? 0);
}

export async function updateVersion(
  manager: EntityManager,
  key: Key & { readonly versionId: VersionId },
  change: { readonly pinned: boolean; readonly description: string | null },
): Promise<void> {
  await queryRows(
    manager,
    `UPDATE version SET pinned = $3, description = $4 WHERE enterprise_id = $1 AND id = $2 AND released_at IS NULL`,
    [key.enterpriseId, key.versionId, change.pinned, change.description],
  );
}

/** Files with several versions, by id from a position on. */
export async function listFilesWithHistory(
  manager: EntityManager,
  key: Key,
  page: { readonly after: string; readonly limit: number },
): Promise<{ nodeId: string; spaceId: SpaceId }[]> {
  return queryRows<{ nodeId: string; spaceId: SpaceId }>(
    manager,
    `SELECT v.node_id AS "nodeId", n.space_id AS "spaceId"
     FROM (SELECT node_id FROM version WHERE enterprise_id = $1 AND node_id > $2 AND released_at IS NULL
           GROUP BY node_id HAVING count(*) > 1 ORDER BY node_id LIMIT $3) v
     JOIN node n ON n.enterprise_id = $1 AND n.id = v.node_id ORDER BY v.node_id`,
    [key.enterpriseId, page.after, page.limit],
  );
}

export type StoredVersion = {
  readonly id: string;
  readonly nodeId: string;
  readonly createdAt: Date;
  readonly origin: NodeVersion['origin'];
  readonly userId: string;
  readonly deviceId: string | null;
  readonly pinned: boolean;
  readonly isHead: boolean;
};

/** All versions of these files, oldest first. */
export async function listStoredVersions(
  manager: EntityManager,
  key: Key,
  nodeIds: readonly string[],
): Promise<StoredVersion[]> {
  return queryRows<StoredVersion>(
    manager,
    `SELECT v.id, v.node_id AS "nodeId", v.created_at AS "createdAt", v.origin, v.author_user_id AS "userId",
            v.author_device_id AS "deviceId", v.pinned, n.version_id IS NOT DISTINCT FROM v.id AS "isHead"
     FROM version v JOIN node n ON n.enterprise_id = $1 AND n.id = v.node_id
     WHERE v.enterprise_id = $1 AND v.node_id = ANY($2::uuid[]) AND v.released_at IS NULL
     ORDER BY v.node_id, v.created_at, v.id`,
    [key.enterpriseId, nodeIds],
  );
}
