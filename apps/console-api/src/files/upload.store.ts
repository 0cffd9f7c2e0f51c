import type { ChunkRef, ClashRule, EnterpriseId, NodeId, OpId, SpaceId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

export type UploadKey = { readonly enterpriseId: EnterpriseId; readonly userId: UserId; readonly uploadId: string };

export type UploadRow = {
  readonly id: OpId;
  readonly spaceId: SpaceId;
  readonly parentId: NodeId;
  readonly nodeId: NodeId;
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number | null;
  readonly onClash: ClashRule;
  readonly offset: number;
  readonly expiresAt: Date;
};
export type NewUpload = Omit<UploadRow, 'offset'> & { readonly enterpriseId: EnterpriseId; readonly userId: UserId };

/** Answers false when the person has too many open already. */
export async function insertUpload(
  manager: EntityManager,
  upload: NewUpload,
  limit: { readonly maxOpen: number; readonly now: Date },
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `INSERT INTO web_upload (enterprise_id, id, user_id, space_id, parent_id, node_id, name, size, mtime_ms, on_clash, expires_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
     WHERE (SELECT count(*) FROM web_upload
            WHERE enterprise_id = $1 AND user_id = $3 AND NOT finished AND expires_at > $13) < $12 RETURNING id`,
    [
      upload.enterpriseId,
      upload.id,
      upload.userId,
      upload.spaceId,
      upload.parentId,
      upload.nodeId,
      upload.name,
      upload.size,
      upload.mtimeMs,
      upload.onClash,
      upload.expiresAt,
      limit.maxOpen,
      limit.now,
    ],
  );
  return rows.length > 0;
}

export async function findUpload(manager: EntityManager, key: UploadKey, now: Date): Promise<UploadRow | undefined> {
  const [row] = await queryRows<UploadRow & { size: string; offset: string }>(
    manager,
    `SELECT id, space_id AS "spaceId", parent_id AS "parentId", node_id AS "nodeId", name, size, mtime_ms AS "mtimeMs",
            on_clash AS "onClash", offset_bytes AS "offset", expires_at AS "expiresAt"
     FROM web_upload WHERE enterprise_id = $1 AND user_id = $2 AND id = $3 AND expires_at > $4`,
    [key.enterpriseId, key.userId, key.uploadId, now],
  );
  return row && { ...row, size: Number(row.size), offset: Number(row.offset) };
}

/** Answers false when the upload stands elsewhere by now: another request was faster. */
export async function advanceUpload(
  manager: EntityManager,
  key: UploadKey,
  step: { readonly from: number; readonly chunks: readonly ChunkRef[]; readonly expiresAt: Date },
): Promise<boolean> {
  const sizeBytes = step.chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  const rows = await queryRows(
    manager,
    `WITH advanced AS (
       UPDATE web_upload SET offset_bytes = offset_bytes + $5, chunks = chunks + $6, expires_at = $7
       WHERE enterprise_id = $1 AND user_id = $2 AND id = $3 AND offset_bytes = $4 RETURNING chunks - $6 AS before
     )
     INSERT INTO web_upload_chunk (enterprise_id, upload_id, ordinal, hash, size)
     SELECT $1, $3, advanced.before + t.ordinal, decode(t.hash, 'hex'), t.size
     FROM advanced, unnest($8::text[], $9::int[]) WITH ORDINALITY AS t(hash, size, ordinal) RETURNING 1`,
    [
      key.enterpriseId,
      key.userId,
      key.uploadId,
      step.from,
      sizeBytes,
      step.chunks.length,
      step.expiresAt,
      step.chunks.map((chunk) => chunk.hash),
      step.chunks.map((chunk) => chunk.size),
    ],
  );
  return rows.length > 0;
}

export function listUploadChunks(manager: EntityManager, key: UploadKey): Promise<ChunkRef[]> {
  return queryRows<ChunkRef>(
    manager,
    `SELECT encode(hash, 'hex') AS hash, size FROM web_upload_chunk
     WHERE enterprise_id = $1 AND upload_id = $2 ORDER BY ordinal`,
    [key.enterpriseId, key.uploadId],
  );
}

/** The sweeper took chunks of an upload that lay too long: it begins again. */
export async function restartUpload(manager: EntityManager, key: UploadKey): Promise<void> {
  await queryRows(
    manager,
    `WITH gone AS (DELETE FROM web_upload_chunk WHERE enterprise_id = $1 AND upload_id = $3)
     UPDATE web_upload SET offset_bytes = 0, chunks = 0 WHERE enterprise_id = $1 AND user_id = $2 AND id = $3`,
    [key.enterpriseId, key.userId, key.uploadId],
  );
}

/** It stays until it expires: whoever did not get the answer asks again. */
export async function markFinished(manager: EntityManager, key: UploadKey): Promise<void> {
  await queryRows(
    manager,
    `UPDATE web_upload SET finished = true WHERE enterprise_id = $1 AND user_id = $2 AND id = $3`,
    [key.enterpriseId, key.userId, key.uploadId],
  );
}

export async function deleteUpload(manager: EntityManager, key: UploadKey): Promise<void> {
  await queryRows(manager, `DELETE FROM web_upload WHERE enterprise_id = $1 AND user_id = $2 AND id = $3`, [
    key.enterpriseId,
    key.userId,
    key.uploadId,
  ]);
}

export async function deleteExpiredUploads(manager: EntityManager, now: Date, limit: number): Promise<number> {
  const rows = await queryRows(
    manager,
    `DELETE FROM web_upload WHERE (enterprise_id, id) IN (
       SELECT enterprise_id, id FROM web_upload WHERE expires_at <= $1 LIMIT $2) RETURNING 1`,
    [now, limit],
  );
  return rows.length;
}

/** What stands in the way before any byte travels; the commit decides for good. */
export async function findPlace(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId; readonly parentId: NodeId },
  name: string,
): Promise<{ readonly kind: 'file' | 'folder'; readonly isTaken: boolean } | undefined> {
  const [row] = await queryRows<{ kind: 'file' | 'folder'; isTaken: boolean }>(
    manager,
    `SELECT p.kind, EXISTS (SELECT FROM node n WHERE n.enterprise_id = $1 AND n.space_id = p.space_id AND n.parent_id = p.id
                              AND n.live_name = $3) AS "isTaken"
     FROM node p WHERE p.enterprise_id = $1 AND p.id = $2`,
    [key.enterpriseId, key.parentId, name],
  );
  return row;
}

export type Occupant = {
  readonly id: NodeId;
  readonly kind: 'file' | 'folder';
  readonly rev: number;
  readonly exec: boolean;
};

/** What has the name now; whether the caller may see or change it says the commit. */
export async function findOccupant(
  manager: EntityManager,
  key: { readonly enterpriseId: EnterpriseId },
  place: { readonly spaceId: SpaceId; readonly parentId: NodeId; readonly name: string },
): Promise<Occupant | undefined> {
  const [row] = await queryRows<Occupant>(
    manager,
    `SELECT id, kind, rev, exec FROM node
     WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = $3 AND live_name = $4`,
    [key.enterpriseId, place.spaceId, place.parentId, place.name],
  );
  return row;
}
