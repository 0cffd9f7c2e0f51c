import type { DriveNode } from '@tideline/contracts';
import type { CloudNode, Observed } from '../model/tree.ts';

/** The engine's view of a node as the drive tells it. */
export function toCloudNode(node: DriveNode): CloudNode {
  return {
    id: node.id,
    parentId: node.parentId ?? node.id,
    name: node.name,
    kind: node.kind,
    rev: node.rev,
    seq: node.seq,
    contentId: node.contentId,
    size: node.size,
    meta: { mtimeMs: node.mtimeMs ?? 0, exec: node.exec },
  };
}

export function presentCloud(node: DriveNode | CloudNode, nowMs: number): Observed<CloudNode> {
  return { t: 'present', node: 'parentId' in node && 'meta' in node ? node : toCloudNode(node), sinceMs: nowMs };
}
