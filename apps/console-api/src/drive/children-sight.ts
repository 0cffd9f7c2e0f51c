import type { NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { toSubject, type AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';

/**
 * Which children of a folder somebody sees: known before any is read, so that neither where a page ends nor how many there are
 * tells of the others.
 */
export type ChildrenSight =
  { readonly shows: 'all' } | { readonly shows: 'all but' | 'only'; readonly ids: readonly NodeId[] };

type Within = { readonly spaceId: SpaceId; readonly folderId: NodeId };

/** Of a folder that the caller sees, be it as the way to another one. */
export async function findChildrenSight(
  manager: EntityManager,
  access: AccessService,
  { principal, spaceId, folderId }: Within & { readonly principal: MemberPrincipal },
): Promise<ChildrenSight> {
  const parts = await access.findParts(manager, toSubject(principal), spaceId);
  if (!parts) return { shows: 'all' };
  // A child differs from its folder only where a grant says something about it, or about what is below it.
  const paths = parts.ids.map((id) => parts.pathUp(id));
  const children = paths.flatMap((path) => path.find((id) => parts.parentOf(id) === folderId) ?? []);
  if (children.length === 0) return { shows: 'all' };
  const told = [...new Set(children)];
  const seen = await access.resolve(manager, principal, told);
  const isOpen = parts.atomsAlong(parts.pathUp(folderId)).has('visible');
  if (!isOpen) return { shows: 'only', ids: told.filter((id) => seen.has(id)) };
  return { shows: 'all but', ids: told.filter((id) => !seen.has(id)) };
}
