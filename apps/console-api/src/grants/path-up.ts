import type { NodeId } from '@tideline/contracts';

type Parents = ReadonlyMap<NodeId, NodeId | null>;

export function parentsOf(nodes: readonly { readonly id: NodeId; readonly parentId: NodeId | null }[]): Parents {
  return new Map(nodes.map((node) => [node.id, node.parentId]));
}

/** From the node up to the root. */
export function pathUp(parents: Parents, nodeId: NodeId): NodeId[] {
  const path: NodeId[] = [];
  for (let id: NodeId | null = nodeId; id !== null && parents.has(id); id = parents.get(id) ?? null) path.push(id);
  return path;
}
