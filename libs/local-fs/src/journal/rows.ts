import type { SQLInputValue } from 'node:sqlite';
import type { ChunkRef, NodeKind } from '@tideline/contracts';
import type { BaseNode, CloudNode, LocalNode, Observed, StatSig, UnknownReason } from '@tideline/sync-core';

/** One row as an array, integers as bigint: times in nanoseconds and file ids do not fit a number. */
export type SqlRow = readonly unknown[];

const KINDS = ['file', 'folder'] as const satisfies readonly NodeKind[];
const STATES = ['managed', 'detached'] as const satisfies readonly BaseNode['state'][];
const SEEN = ['present', 'absent', 'unknown'] as const;

export const BASE_COLUMNS =
  'id, parent, local_name, cloud_name, kind, cloud_id, rev, content_id, size, meta_ms, exec, state, volume, file_id, birth_ns, sig_size, mtime_ns, ctime_ns, links';
export const LOCAL_COLUMNS =
  'key, t, why, since_ms, parent, name, kind, content_id, size, chunks, meta_ms, exec, volume, file_id, birth_ns, sig_size, mtime_ns, ctime_ns, links';
export const CLOUD_COLUMNS = 'id, t, why, since_ms, parent_id, name, kind, rev, seq, content_id, size, meta_ms, exec';

export const marks = (columns: string): string =>
  columns
    .split(',')
    .map(() => '?')
    .join(', ');

export function fromBaseNode(node: BaseNode): SQLInputValue[] {
  return [
    node.id,
    node.parent,
    node.localName,
    node.cloudName,
    KINDS.indexOf(node.kind),
    node.cloudId,
    node.rev,
    node.contentId,
    node.size,
    node.meta.mtimeMs,
    Number(node.meta.exec),
    STATES.indexOf(node.state),
    ...fromSig(node.sig),
  ];
}

export function toBaseNode(row: SqlRow): BaseNode {
  return {
    id: Number(row[0]),
    parent: Number(row[1]),
    localName: row[2] as string,
    cloudName: row[3] as string,
    kind: KINDS[Number(row[4])] ?? 'file',
    cloudId: row[5] as string,
    rev: Number(row[6]),
    contentId: row[7] as string | null,
    size: toNumberOrNull(row[8]),
    meta: { mtimeMs: Number(row[9]), exec: Number(row[10]) === 1 },
    state: STATES[Number(row[11])] ?? 'managed',
    sig: toSig(row, 12),
  };
}

export function fromLocalSeen(key: number, seen: Observed<LocalNode>): SQLInputValue[] {
  const head = [key, SEEN.indexOf(seen.t), seen.t === 'unknown' ? seen.why : null, seen.sinceMs];
  if (seen.t !== 'present') return [...head, ...NO_LOCAL_NODE];
  const { parent, name, kind, content, meta, sig } = seen.node;
  return [
    ...head,
    parent,
    name,
    KINDS.indexOf(kind),
    content?.contentId ?? null,
    content?.size ?? null,
    content?.chunks ? JSON.stringify(content.chunks) : null,
    meta.mtimeMs,
    Number(meta.exec),
    ...fromSig(sig),
  ];
}

const NO_LOCAL_NODE: SQLInputValue[] = new Array<null>(15).fill(null);
const NO_CLOUD_NODE: SQLInputValue[] = new Array<null>(9).fill(null);

export function toLocalSeen(row: SqlRow): [key: number, seen: Observed<LocalNode>] {
  const key = Number(row[0]);
  const other = toNotPresent(row);
  return [key, other ?? { t: 'present', sinceMs: Number(row[3]), node: toLocalNode(row) }];
}

function toLocalNode(row: SqlRow): LocalNode {
  const contentId = row[7] as string | null;
  const chunks = typeof row[9] === 'string' ? { chunks: JSON.parse(row[9]) as ChunkRef[] } : {};
  const sig = toSig(row, 12);
  if (sig === null) throw new Error('a present local entry has a signature');
  return {
    parent: Number(row[4]),
    name: row[5] as string,
    kind: KINDS[Number(row[6])] ?? 'file',
    content: contentId === null ? null : { contentId, size: Number(row[8]), ...chunks },
    meta: { mtimeMs: Number(row[10]), exec: Number(row[11]) === 1 },
    sig,
  };
}

export function fromCloudSeen(id: string, seen: Observed<CloudNode>): SQLInputValue[] {
  const head = [id, SEEN.indexOf(seen.t), seen.t === 'unknown' ? seen.why : null, seen.sinceMs];
  if (seen.t !== 'present') return [...head, ...NO_CLOUD_NODE];
  const { parentId, name, kind, rev, seq, contentId, size, meta } = seen.node;
  return [...head, parentId, name, KINDS.indexOf(kind), rev, seq, contentId, size, meta.mtimeMs, Number(meta.exec)];
}

export function toCloudSeen(row: SqlRow): [id: string, seen: Observed<CloudNode>] {
  const id = row[0] as string;
  const other = toNotPresent(row);
  if (other) return [id, other];
  const node: CloudNode = {
    id,
    parentId: row[4] as string,
    name: row[5] as string,
    kind: KINDS[Number(row[6])] ?? 'file',
    rev: Number(row[7]),
    seq: Number(row[8]),
    contentId: row[9] as string | null,
    size: toNumberOrNull(row[10]),
    meta: { mtimeMs: Number(row[11]), exec: Number(row[12]) === 1 },
  };
  return [id, { t: 'present', sinceMs: Number(row[3]), node }];
}

function toNotPresent(row: SqlRow): Observed<never> | undefined {
  const t = SEEN[Number(row[1])];
  const sinceMs = Number(row[3]);
  if (t === 'absent') return { t, sinceMs };
  return t === 'unknown' ? { t, why: row[2] as UnknownReason, sinceMs } : undefined;
}

/** SQLite integers are signed, file ids are not: the same 64 bits both ways. */
function fromSig(sig: StatSig | null): SQLInputValue[] {
  if (sig === null) return [null, null, null, null, null, null, null];
  const { volume, fileId, birthNs, size, mtimeNs, ctimeNs, links } = sig;
  return [volume, BigInt.asIntN(64, fileId), birthNs, size, mtimeNs, ctimeNs, links];
}

export function toSig(row: SqlRow, from: number): StatSig | null {
  if (row[from] === null) return null;
  return {
    volume: row[from] as string,
    fileId: BigInt.asUintN(64, row[from + 1] as bigint),
    birthNs: row[from + 2] as bigint,
    size: Number(row[from + 3]),
    mtimeNs: row[from + 4] as bigint,
    ctimeNs: row[from + 5] as bigint,
    links: Number(row[from + 6]),
  };
}

const toNumberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
