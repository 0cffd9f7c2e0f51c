import type { NodeId, TrashedNode, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { NODE_COLUMNS, toNode, type NodeRow } from '../drive/node-row.ts';
import { cutPage, ONE_MORE } from '../platform/page.ts';
import { queryRows } from '../platform/rows.ts';

export type TrashPosition = readonly [trashedAt: string, id: string];
export type TrashFilter = {
  readonly name?: string | undefined;
  readonly by?: UserId | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
};
export type TrashEntry = Omit<TrashedNode, 'place'>;

/** What the bin holds: what waits to be cleared away is no longer in it. */
const ENTRIES = `node n WHERE n.enterprise_id = $1 AND n.space_id = $2 AND n.trashed_at IS NOT NULL AND n.purged_at IS NULL`;
const FITS = `($3::text IS NULL OR position(lower($3) IN lower(n.name)) > 0) AND ($4::uuid IS NULL OR n.trashed_by = $4)
  AND ($5::timestamptz IS NULL OR n.trashed_at >= $5) AND ($6::timestamptz IS NULL OR n.trashed_at < $6)`;

/** What is asked for: entries that do not fit are left out, or are only marked as such. */
type TrashPage = {
  readonly after: TrashPosition | undefined;
  readonly limit: number;
} & ({ readonly filter: TrashFilter } | { readonly mark: TrashFilter });

/** The bin of a space, newest first: what was trashed itself, not what is below it. */
export async function listTrash(
  manager: EntityManager,
  key: SpaceKey,
  page: TrashPage,
): Promise<{ entries: { entry: TrashEntry; fits: boolean }[]; next: TrashPosition | null }> {
  const { after, limit } = page;
  const [filter, fitting] = 'mark' in page ? [page.mark, 'true'] : [page.filter, FITS];
  const found = await queryRows<NodeRow & { trashed_by: TrashedNode['trashedBy']; fits: boolean }>(
    manager,
    `SELECT e.*, CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('userId', u.id, 'name', u.name) END AS trashed_by
     FROM (
       SELECT ${NODE_COLUMNS}, n.trashed_by AS by_id, ${FITS} AS fits FROM ${ENTRIES} AND ${fitting}
         AND ($7::timestamptz IS NULL OR (n.trashed_at, n.id) < ($7, $8::uuid))
       ORDER BY n.trashed_at DESC, n.id DESC LIMIT $9
     ) e LEFT JOIN app_user u ON u.enterprise_id = $1 AND u.id = e.by_id
     ORDER BY e.trashed_at DESC, e.id DESC`,
    [...filterValues(key, filter), after?.[0] ?? null, after?.[1] ?? null, limit + ONE_MORE],
  );
  const { rows, last } = cutPage(found, limit);
  const entries = rows.map((row) => ({ entry: { ...toNode(row), trashedBy: row.trashed_by }, fits: row.fits }));
  return { entries, next: last ? positionOf(toNode(last)) : null };
}

export function positionOf({ trashedAt, id }: Pick<TrashEntry, 'trashedAt' | 'id'>): TrashPosition {
  if (trashedAt === null) throw new Error('an entry of the bin that is not trashed');
  return [trashedAt, id];
}

export async function countTrash(manager: EntityManager, key: SpaceKey, filter: TrashFilter): Promise<number> {
  const [row] = await queryRows<{ total: string }>(
    manager,
    `SELECT count(*) AS total FROM ${ENTRIES} AND ${FITS}`,
    filterValues(key, filter),
  );
  return Number(row?.total ?? 0);
}

/** `pageKey`: the secret of the space that its pages are sealed with. */
export type BinSpace = { readonly rootId: NodeId; readonly ownerUserId: UserId | null; readonly pageKey: string };

export async function findBinSpace(manager: EntityManager, key: SpaceKey): Promise<BinSpace | undefined> {
  const [row] = await queryRows<BinSpace>(
    manager,
    `SELECT root_node_id AS "rootId", owner_user_id AS "ownerUserId", cursor_key AS "pageKey"
     FROM space WHERE enterprise_id = $1 AND id = $2`,
    [key.enterpriseId, key.spaceId],
  );
  return row;
}

function filterValues(key: SpaceKey, filter: TrashFilter): unknown[] {
  const name = filter.name?.normalize('NFC');
  return [key.enterpriseId, key.spaceId, name ?? null, filter.by ?? null, filter.from ?? null, filter.until ?? null];
}

/** A node or one of its ancestors, with what has become of its place. */
export type Link = {
  readonly id: NodeId;
  readonly parentId: NodeId | null;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly trashed: boolean;
  readonly purged: boolean;
  /** Names of purged folders between the parent and the node. */
  readonly lostPath: readonly string[];
};

/** The nodes and all their ancestors in the space, each once. */
export async function listLinksUpwards(
  manager: EntityManager,
  key: SpaceKey,
  nodeIds: readonly string[],
): Promise<Map<string, Link>> {
  const rows = await queryRows<Link>(
    manager,
    `WITH RECURSIVE up AS (
       SELECT n.* FROM unnest($3::uuid[]) AS asked(id) CROSS JOIN LATERAL (
         SELECT id, parent_id, name, kind, trashed_at, purged_at, lost_path FROM node
         WHERE enterprise_id = $1 AND id = asked.id AND space_id IS NOT DISTINCT FROM $2 LIMIT 1) n
       UNION
       SELECT p.* FROM up CROSS JOIN LATERAL (
         SELECT id, parent_id, name, kind, trashed_at, purged_at, lost_path FROM node
         WHERE enterprise_id = $1 AND id = up.parent_id LIMIT 1) p
     )
     SELECT id, parent_id AS "parentId", name, kind, trashed_at IS NOT NULL AS trashed, purged_at IS NOT NULL AS purged,
            coalesce(lost_path, '{}') AS "lostPath" FROM up`,
    [key.enterpriseId, key.spaceId, nodeIds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export type Occupant = { readonly id: NodeId; readonly kind: 'file' | 'folder' };
export type Place = { readonly parentId: string; readonly name: string };

/** Live nodes that have these names in these folders. */
export async function listOccupants(
  manager: EntityManager,
  key: SpaceKey,
  places: readonly Place[],
): Promise<(Place & Occupant)[]> {
  if (places.length === 0) return [];
  return queryRows<Place & Occupant>(
    manager,
    `SELECT want.parent_id AS "parentId", want.name, o.id, o.kind FROM unnest($3::uuid[], $4::text[]) AS want(parent_id, name)
     CROSS JOIN LATERAL (
       SELECT id, kind FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = want.parent_id
         AND live_name = want.name LIMIT 1) o`,
    [key.enterpriseId, key.spaceId, places.map((place) => place.parentId), places.map((place) => place.name)],
  );
}

/** Live names in these folders that begin like this, byte by byte. */
export async function listNamesLike(
  manager: EntityManager,
  key: SpaceKey,
  places: readonly { readonly parentId: string; readonly prefix: string }[],
): Promise<Place[]> {
  if (places.length === 0) return [];
  return queryRows<Place>(
    manager,
    `SELECT want.parent_id AS "parentId", o.live_name AS name FROM unnest($3::uuid[], $4::text[]) AS want(parent_id, prefix)
     CROSS JOIN LATERAL (
       SELECT live_name FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = want.parent_id
         AND live_name >= want.prefix AND live_name < want.prefix || chr(1114111)) o`,
    [key.enterpriseId, key.spaceId, places.map((place) => place.parentId), places.map((place) => place.prefix)],
  );
}
