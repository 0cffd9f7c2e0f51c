import { AppError, type DriveNode, type ErrorCode, type NodeId, type SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { LockedSpace, SpaceKey } from '../drive/batch.store.ts';
import { findNode } from '../drive/browse.store.ts';
import type { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';

/** The space of a folder that somebody may put something into; throws why not. */
export async function getTarget(
  manager: EntityManager,
  access: AccessService,
  asked: { readonly principal: MemberPrincipal; readonly parentId: NodeId },
): Promise<SpaceKey> {
  const { principal, parentId } = asked;
  const rights = (await access.resolve(manager, principal, [parentId])).get(parentId);
  const parent = rights && (await findNode(manager, principal, parentId));
  if (!rights || !parent) throw new AppError('PARENT_UNKNOWN');
  if (parent.kind !== 'folder') throw new AppError('PARENT_NOT_FOLDER');
  if (!rights.atoms.has('create')) throw new AppError('FORBIDDEN');
  if (await access.isTrashed(manager, principal, parentId)) throw new AppError('PARENT_TRASHED');
  return { enterpriseId: principal.enterpriseId, spaceId: rights.spaceId };
}

/** Of folders those into which nothing more may be put, with why: they are not in that space, in the bin or closed to the caller. */
export async function findRefusals(
  manager: EntityManager,
  access: AccessService,
  asked: { readonly principal: MemberPrincipal; readonly spaceId: SpaceId; readonly folderIds: readonly NodeId[] },
): Promise<Map<NodeId, ErrorCode>> {
  const { principal, spaceId, folderIds } = asked;
  const rights = await access.resolve(manager, principal, folderIds);
  const trashed = await access.findTrashed(manager, principal, folderIds);
  const refusalOf = (id: NodeId): ErrorCode | undefined => {
    const of = rights.get(id);
    if (of?.spaceId !== spaceId) return 'NODE_UNKNOWN';
    if (!of.atoms.has('create')) return 'FORBIDDEN';
    return trashed.has(id) ? 'NODE_TRASHED' : undefined;
  };
  return new Map(
    folderIds.flatMap((id): [NodeId, ErrorCode][] => {
      const refusal = refusalOf(id);
      return refusal ? [[id, refusal]] : [];
    }),
  );
}

/** A node that lives and is not the root of a space. */
export async function getSource(
  manager: EntityManager,
  access: AccessService,
  asked: { readonly principal: MemberPrincipal; readonly nodeId: NodeId },
): Promise<DriveNode> {
  const node = await findNode(manager, asked.principal, asked.nodeId);
  if (!node) throw new AppError('NODE_UNKNOWN');
  if (node.parentId === null) throw new AppError('ROOT_IMMUTABLE');
  if (await access.isTrashed(manager, asked.principal, node.id)) throw new AppError('NODE_TRASHED');
  return node;
}

/** Whether so many bytes more fit into the space; what is promised to uploads is not there for others. */
export function hasRoom(space: LockedSpace, bytes: number): boolean {
  return space.quotaBytes === null || space.usedBytes + space.reservedBytes + bytes <= space.quotaBytes;
}
