import { AppError, type NodeId, type Space } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { AccessService, NodeAccess } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { listSpacesById } from './space.store.ts';

export type Sight = {
  readonly manager: EntityManager;
  readonly access: AccessService;
  readonly principal: MemberPrincipal;
};

/** PE-5: of somebody else's personal space a path begins where it was opened to the caller. */
export async function findOpenPart<Folder extends { readonly id: NodeId }>(
  { manager, access, principal }: Sight,
  rights: NodeAccess,
  path: readonly Folder[],
): Promise<readonly Folder[]> {
  if (rights.spaceKind !== 'personal' || rights.ownerUserId === principal.userId) return path;
  const ids = path.map((folder) => folder.id);
  const open = await access.resolve(manager, principal, ids);
  return path.filter((folder) => open.has(folder.id));
}

/** What is shared stands for the space: its root is where the caller's sight begins. By id, or by a name that only one has. */
export async function findShare({ manager, access, principal }: Sight, name: string): Promise<Space | undefined> {
  const shares = await access.listReceivedShares(manager, principal);
  const byId = shares.find((share) => share.nodeId === name);
  const named = byId ? [byId] : shares.filter((share) => share.name === name);
  if (named.length > 1) {
    throw new AppError('SHARE_AMBIGUOUS', { name, paths: named.map((share) => share.cloudPath).join(', ') });
  }
  const [share] = named;
  const [space] = share ? await listSpacesById(manager, principal.enterpriseId, [share.spaceId]) : [];
  return share && space && { ...space, rootId: share.nodeId };
}
