import { INLINE_FILE_BYTES, MAX_BATCH_OPS, MAX_SINGLE_CHUNK_BYTES } from '@tideline/contracts';
import type { CloudOp } from '../model/plan.ts';

/** Bytes of small files in one request: large enough to amortize it, small enough to hold two of them in memory. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Of files between small and large ones, each of which has as much at most. */
export const MEDIUM_BATCH_BYTES = 8 * 1024 * 1024;

export type Upload = Extract<CloudOp, { op: 'cloudUpload' }>;

/** Of several chunks, which travel ahead of the commit. */
export function isLarge(op: CloudOp): op is Upload {
  return op.op === 'cloudUpload' && op.content.size > MAX_SINGLE_CHUNK_BYTES;
}

/** Of one chunk that travels with the commit, but long enough to be worth a question first, and not to keep small ones waiting. */
export function isMedium(op: CloudOp): op is Upload {
  return op.op === 'cloudUpload' && op.content.size > INLINE_FILE_BYTES && !isLarge(op);
}

/** What exchanges places (moves, and folders made or deleted for them) goes through together or not at all. */
export function atomicGroupOf(op: CloudOp): number | null {
  return op.atomicGroup ?? null;
}

/**
 * Cuts a list into requests without changing its order. Two operations on one node never share a request, because the second
 * needs the rev that the first makes; atomic groups and large files have requests of their own.
 */
export function groupOps(ops: readonly CloudOp[], batchBytes = BATCH_BYTES): CloudOp[][] {
  const groups: Group[] = [];
  for (const op of ops) {
    const last = groups.at(-1);
    if (last && fits(last, op, batchBytes)) add(last, op);
    else groups.push(add({ ops: [], bytes: 0, nodes: new Set() }, op));
  }
  return groups.map((group) => group.ops);
}

/** Whether a request must wait for another: it comes after something in it, is about the same node, or is all or nothing. */
export function isBound(group: readonly CloudOp[], earlier: readonly CloudOp[]): boolean {
  const opIds = new Set(earlier.map((op) => op.opId));
  const nodes = new Set(earlier.map((op) => op.cloudId));
  const isAlone = (op: CloudOp | undefined) => op !== undefined && (isLarge(op) || atomicGroupOf(op) !== null);
  if (isAlone(group[0]) || isAlone(earlier[0])) return true;
  return group.some((op) => nodes.has(op.cloudId) || (op.after ?? []).some((opId) => opIds.has(opId)));
}

type Group = { readonly ops: CloudOp[]; bytes: number; readonly nodes: Set<string> };

function fits(group: Group, op: CloudOp, batchBytes: number): boolean {
  const [first] = group.ops;
  if (!first || isLarge(op) || isLarge(first) || atomicGroupOf(first) !== atomicGroupOf(op)) return false;
  const full = group.ops.length >= MAX_BATCH_OPS || group.bytes + bytesOf(op) > batchBytes;
  return !full && !group.nodes.has(op.cloudId);
}

function add(group: Group, op: CloudOp): Group {
  group.ops.push(op);
  group.nodes.add(op.cloudId);
  group.bytes += bytesOf(op);
  return group;
}

export function bytesOf(op: CloudOp): number {
  return op.op === 'cloudUpload' ? op.content.size : 0;
}
