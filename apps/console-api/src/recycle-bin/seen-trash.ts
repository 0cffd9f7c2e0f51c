import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { toSubject, type AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import {
  listTrash,
  positionOf,
  type BinSpace,
  type TrashEntry,
  type TrashFilter,
  type TrashPosition,
} from './bin.store.ts';

export type BinSight = {
  readonly manager: EntityManager;
  readonly access: AccessService;
  readonly principal: MemberPrincipal;
  readonly key: SpaceKey;
};
type Page = {
  readonly after: TrashPosition | undefined;
  readonly limit: number;
  readonly filter: TrashFilter;
};
type Found = { readonly entries: TrashEntry[]; readonly next: TrashPosition | null };

/** Entries that are in memory at one time. */
const ENTRIES_PER_LOOK = 500;
/** Looks of one page: where next to nothing is for the caller it is sent before it is full. */
const LOOKS_PER_PAGE = 10;

/** Whether the caller may list everything in the space, so that the bin need not be looked through. */
export async function seesWholeBin(sight: BinSight, { rootId, ownerUserId }: BinSpace): Promise<boolean> {
  const { manager, access, principal, key } = sight;
  const root = (await access.resolve(manager, principal, [rootId])).get(rootId);
  if (!root?.atoms.has('list')) return false;
  if (ownerUserId === principal.userId) return true; // no grant says anything there
  const parts = await access.findParts(manager, toSubject(principal), key.spaceId);
  return !parts || parts.ids.every((id) => parts.atomsAlong(parts.pathUp(id)).has('list'));
}

/** For who sees all of it. */
export async function listAllTrash({ manager, key }: BinSight, page: Page): Promise<Found> {
  const { entries, next } = await listTrash(manager, key, page);
  return { entries: entries.map(({ entry }) => entry), next };
}

/**
 * What the caller may list. Rights come first: were hidden entries searched, too, where a page ends would tell what they are
 * called. How far one page looks depends on nothing that the caller asks for.
 */
export async function listSeenTrash(
  { manager, access, principal, key }: BinSight,
  { after, limit, filter }: Page,
): Promise<Found> {
  const entries: TrashEntry[] = [];
  let from = after;
  for (let looks = 0; looks < LOOKS_PER_PAGE; looks++) {
    const look = await listTrash(manager, key, { after: from, limit: ENTRIES_PER_LOOK, mark: filter });
    const ids = look.entries.map(({ entry }) => entry.id);
    const rights = await access.resolve(manager, principal, ids);
    for (const { entry, fits } of look.entries) {
      if (!fits || !rights.get(entry.id)?.atoms.has('list')) continue;
      const last = entries.length === limit ? entries.at(-1) : undefined;
      if (last) return { entries, next: positionOf(last) };
      entries.push(entry);
    }
    if (!look.next) return { entries, next: null };
    from = look.next;
  }
  return { entries, next: from ?? null };
}
