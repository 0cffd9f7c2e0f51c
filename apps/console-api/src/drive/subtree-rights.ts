import type { Atom, BatchOp, NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { toSubject, type AccessService, type NodeAccess } from '../grants/access.service.ts';
import { findPartsRevision, type PartsRevision } from '../grants/parts-revision.ts';
import type { Batch, Group } from './batch.ts';

export type BarriersByOp = ReadonlyMap<string, NodeId | null>;
export type SubtreeLook = {
  /** Per batch of the group. */
  readonly barriers: readonly BarriersByOp[];
  /** What they follow from; absent when the group takes no folder of somebody else's out of its place. */
  readonly revision: PartsRevision | undefined;
};
type AskedBatch = Batch & { readonly rights: ReadonlyMap<string, NodeAccess> };
type TakenFolder = { readonly opId: string; readonly nodeId: NodeId; readonly atom: Atom };

const NEEDED: Partial<Record<BatchOp['kind'], Atom>> = { trash: 'delete', move: 'move' };
const NONE: BarriersByOp = new Map();

/**
 * PE-4: what lies in folders that are trashed or moved, and may not be. The revision is read first, so that what was found still holds
 * as long as the revision is the same. One statement in a space that has no parts of their own rights.
 */
export async function lookBelow(
  manager: EntityManager,
  access: AccessService,
  group: Group,
  rightsOf: readonly AskedBatch['rights'][],
): Promise<SubtreeLook> {
  const [{ principal, spaceId }] = group;
  const taken = group.map((batch, index) => listTaken({ ...batch, rights: rightsOf[index] ?? new Map() }));
  if (taken.every((folders) => folders.length === 0)) return { barriers: [], revision: undefined };
  const revision = await findPartsRevision(manager, principal.enterpriseId, spaceId);
  if (!revision?.hasParts) return { barriers: [], revision };
  const barriers: BarriersByOp[] = [];
  for (const [index, batch] of group.entries()) barriers.push(await findBarriers(manager, access, batch, taken[index]));
  return { barriers, revision };
}

function listTaken({ principal, request, rights }: AskedBatch): TakenFolder[] {
  return request.ops.flatMap(({ kind, opId, nodeId }) => {
    const atom = NEEDED[kind];
    const node = rights.get(nodeId);
    const isOwn = node?.ownerUserId === principal.userId;
    return atom && node?.isFolder && !isOwn ? [{ opId, nodeId, atom }] : [];
  });
}

async function findBarriers(
  manager: EntityManager,
  access: AccessService,
  { principal, spaceId }: Batch,
  taken: readonly TakenFolder[] = [],
): Promise<BarriersByOp> {
  if (taken.length === 0) return NONE;
  const within = { spaceId, atoms: [...new Set(taken.map(({ atom }) => atom))], throughBin: false };
  const barriers = await access.findBarriers(manager, toSubject(principal), within);
  return new Map(
    taken.flatMap(({ opId, nodeId, atom }) => {
      const barrier = barriers.get(atom)?.get(nodeId);
      return barrier === undefined ? [] : [[opId, barrier]];
    }),
  );
}
