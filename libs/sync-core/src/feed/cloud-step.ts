import { toCloudNode } from '../cycle/cloud-node.ts';
import {
  ROOT_ID,
  type BaseNode,
  type CloudId,
  type CloudNode,
  type Observed,
  type UnknownReason,
} from '../model/tree.ts';
import type { DriveNode } from '@tideline/contracts';

/** One piece of new knowledge about the cloud side: an element of `Advance['cloud']`. */
export type CloudStep = { readonly id: CloudId; readonly seen: Observed<CloudNode> | 'equal' };

/** What is known of a node so far, and the moment of now. */
export type Known = {
  readonly row: BaseNode | undefined;
  readonly parentCloudId: CloudId | undefined;
  readonly before: Observed<CloudNode> | undefined;
  readonly nowMs: number;
};

/**
 * A node as the drive tells it: `equal` when base says the same. A node that differs in its revision alone is `present`, so
 * that base can take the revision over.
 */
export function presentStep(told: DriveNode, { row, parentCloudId, before, nowMs }: Known): CloudStep {
  const node = toCloudNode(told);
  if (row && row.rev === node.rev && isEqual(node, row, parentCloudId)) return { id: node.id, seen: 'equal' };
  const isOld = before?.t === 'present' && before.node.rev === node.rev;
  return { id: node.id, seen: { t: 'present', node, sinceMs: isOld ? before.sinceMs : nowMs } };
}

/** Proven to be gone. What base does not know needs no entry to be gone. */
export function absentStep(id: CloudId, { row, before, nowMs }: Omit<Known, 'parentCloudId'>): CloudStep {
  if (!row) return { id, seen: 'equal' };
  return { id, seen: before?.t === 'absent' ? before : { t: 'absent', sinceMs: nowMs } };
}

/** Out of sight, which is never a reason to delete. */
export function unknownStep(
  id: CloudId,
  why: UnknownReason,
  { row, before, nowMs }: Omit<Known, 'parentCloudId'>,
): CloudStep {
  if (!row) return { id, seen: 'equal' };
  return { id, seen: before?.t === 'unknown' && before.why === why ? before : { t: 'unknown', why, sinceMs: nowMs } };
}

function isEqual(node: CloudNode, row: BaseNode, parentCloudId: CloudId | undefined): boolean {
  if (node.kind !== row.kind || node.contentId !== row.contentId) return false;
  if (row.id === ROOT_ID) return true;
  if (node.parentId !== parentCloudId || node.name !== row.cloudName) return false;
  return row.kind === 'folder' || (node.meta.mtimeMs === row.meta.mtimeMs && node.meta.exec === row.meta.exec);
}
