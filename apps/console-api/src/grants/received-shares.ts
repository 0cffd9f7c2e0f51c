import { formatCloudPath, type NodeId, type ReceivedShare } from '@tideline/contracts';
import type { AccessTree } from './access-tree.ts';
import type { Statement } from './rights.ts';

export type ShareRoot = Pick<ReceivedShare, 'nodeId' | 'spaceId' | 'spaceKind' | 'atoms' | 'syncRight'>;
export type NamedShare = Omit<ReceivedShare, 'cloudPath'>;

/**
 * Folders that grants open to the caller in spaces that are not the caller's anyway: only the highest ones, since what is
 * shared below an open folder is seen there. A whole team space is a space to the caller, not a share.
 */
export function findShareRoots(tree: AccessTree, statements: readonly Statement[]): ShareRoot[] {
  const folders = new Set(statements.map((statement) => statement.nodeId));
  return [...folders].flatMap((nodeId) => {
    const space = tree.spaceOf(nodeId);
    const rights = tree.rightsOf(nodeId);
    if (!space || space.kind === 'enterprise' || space.ownerUserId === tree.caller.userId) return [];
    if (!rights?.atoms.has('visible') || !tree.isLive(nodeId) || isCovered(tree, nodeId)) return [];
    const { syncRight } = rights;
    return [{ nodeId, spaceId: space.id, spaceKind: space.kind, atoms: [...rights.atoms], syncRight }];
  });
}

function isCovered(tree: AccessTree, nodeId: NodeId): boolean {
  const parentId = tree.parentOf(nodeId);
  if (parentId === null) return tree.spaceOf(nodeId)?.kind !== 'personal';
  return tree.rightsOf(parentId)?.atoms.has('visible') ?? false;
}

/** By name where that is unambiguous, else by id. */
export function withCloudPaths(shares: readonly NamedShare[]): ReceivedShare[] {
  const byName = Map.groupBy(shares, (share) => share.name);
  return shares.map((share) => {
    const isPlain = byName.get(share.name)?.length === 1 && !share.name.includes(':');
    const name = isPlain ? share.name : share.nodeId;
    return { ...share, cloudPath: formatCloudPath({ space: { kind: 'share', name }, segments: [] }) };
  });
}
