import type { Atom, BatchOp, NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { toSubject, type AccessService, type NodeAccess } from '../grants/access.service.ts';
import type { Batch } from './batch.ts';

export type BarriersByOp = ReadonlyMap<string, NodeId | null>;

const NEEDED: Partial<Record<BatchOp['kind'], Atom>> = { trash: 'delete', move: 'move' };
const NONE: BarriersByOp = new Map();

/** PE-4: what lies in folders that are trashed or moved, and may not be. Two look-ups for a batch that does so, none otherwise. */
export async function findSubtreeBarriers(
  manager: EntityManager,
  access: AccessService,
  { principal, spaceId, request, rights }: Batch & { readonly rights: ReadonlyMap<string, NodeAccess> },
): Promise<BarriersByOp> {
  const moving = request.ops.flatMap(({ kind, opId, nodeId }) => {
    const atom = NEEDED[kind];
    const node = rights.get(nodeId);
    const isOwn = node?.ownerUserId === principal.userId;
    return atom && node?.isFolder && !isOwn ? [{ opId, nodeId, atom }] : [];
  });
  if (moving.length === 0) return NONE;
  const within = { spaceId, atoms: [...new Set(moving.map(({ atom }) => atom))], throughBin: false };
  const barriers = await access.findBarriers(manager, toSubject(principal), within);
  return new Map(
    moving.flatMap(({ opId, nodeId, atom }) => {
      const barrier = barriers.get(atom)?.get(nodeId);
      return barrier === undefined ? [] : [[opId, barrier]];
    }),
  );
}
