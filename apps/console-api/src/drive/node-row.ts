import type { DriveNode } from '@tideline/contracts';

/** A node as SQL answers it with NODE_COLUMNS; bigint comes as text. */
export type NodeRow = {
  readonly id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly rev: number;
  readonly seq: string;
  readonly version_id: string | null;
  readonly content_id: string | null;
  readonly size: string | null;
  readonly mtime_ms: number | null;
  readonly exec: boolean;
  readonly trashed_at: Date | null;
};

/** For `SELECT ${NODE_COLUMNS} FROM node n`. */
export const NODE_COLUMNS = `n.id, n.parent_id, n.name, n.kind, n.rev, n.seq, n.version_id,
  encode(n.content_id, 'hex') AS content_id, n.size, n.mtime_ms, n.exec, n.trashed_at`;

export function toNode(row: NodeRow): DriveNode {
  return {
    id: row.id,
    parentId: row.parent_id,
    name: row.name,
    kind: row.kind,
    rev: row.rev,
    seq: Number(row.seq),
    versionId: row.version_id,
    contentId: row.content_id,
    size: row.size === null ? null : Number(row.size),
    mtimeMs: row.mtime_ms,
    exec: row.exec,
    trashedAt: row.trashed_at?.toISOString() ?? null,
  } as DriveNode; // ids and hashes come from our own tables; brands exist in types only
}
