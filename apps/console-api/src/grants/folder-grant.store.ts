import type {
  ActionListId,
  Atom,
  EnterpriseId,
  FolderGrant,
  FolderRole,
  GrantId,
  Identity,
  NodeId,
  SpaceId,
  SpaceKind,
  SyncRight,
  UserId,
} from '@tideline/contracts';
import { FOLDER_ROLE_ATOMS } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { queryRows } from '../platform/rows.ts';
import type { Ends, GivenAxes, GivenGrant, GrantBefore } from './given-grant.ts';
import { isLive, liveAxes } from './live-axes.ts';

type To = z.output<typeof Identity>;
/** What all of these say at once; a part that is left out says nothing. */
type GrantFilter = {
  readonly nodeIds?: readonly string[];
  readonly grantIds?: readonly string[];
  readonly spaceId?: SpaceId;
  /** Grants of a sync right in nobody's personal space: what admins see (PE-5). */
  readonly sharedSyncRights?: boolean;
};
/** Where a page begins: behind a folder, by its place in `nodeIds` (0: without them), and an id. */
export const GrantPosition = z.tuple([z.int().min(0).max(1_000_000), z.uuid()]);
export type GrantPage = {
  readonly after: z.output<typeof GrantPosition> | undefined;
  readonly limit: number;
};

type FolderGrantRow = {
  readonly id: string;
  readonly space_id: string;
  readonly space_kind: SpaceKind;
  readonly space_name: string;
  readonly node_id: string;
  readonly path: string;
  readonly identity_type: 'user' | 'team';
  readonly identity_id: string;
  readonly identity_name: string | null;
  readonly role: FolderRole | null;
  readonly list_id: string | null;
  readonly list_name: string | null;
  readonly atoms: Atom[] | null;
  readonly sync_right: SyncRight | null;
  readonly sub_teams: boolean;
  readonly expires_at: Date | null;
  readonly sync_expires_at: Date | null;
  readonly expired: boolean;
  readonly created_at: Date;
  readonly created_by: string | null;
};

/** Grants with the names of everything they name, nearest folders first; a page in its own order. `inherited` is the caller's to say. */
export async function listFolderGrants(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  filter: GrantFilter,
  page?: GrantPage,
): Promise<Omit<FolderGrant, 'inherited'>[]> {
  const { nodeIds, grantIds, spaceId, sharedSyncRights = false } = filter;
  const rows = await queryRows<FolderGrantRow>(
    manager,
    `WITH RECURSIVE chosen AS (
       SELECT f.*, coalesce(array_position($2::uuid[], f.node_id), 0) AS folder FROM folder_grant f
       JOIN space s ON s.enterprise_id = $1 AND s.id = f.space_id
       WHERE f.enterprise_id = $1 AND ($2::uuid[] IS NULL OR f.node_id = ANY($2))
         AND ($3::uuid[] IS NULL OR f.id = ANY($3)) AND ($4::uuid IS NULL OR f.space_id = $4)
         AND (NOT $5 OR f.sync_right IS NOT NULL AND s.kind <> 'personal')
         AND ($6::int IS NULL OR (coalesce(array_position($2::uuid[], f.node_id), 0), f.id) > ($6, $7::uuid))
       ORDER BY folder, f.id LIMIT $8::int
     ), up AS (
       SELECT n.id AS folder_id, n.parent_id, '/' || n.name AS path, 0 AS depth
       FROM node n WHERE n.enterprise_id = $1 AND n.id IN (SELECT node_id FROM chosen)
       UNION ALL
       SELECT up.folder_id, p.parent_id, CASE WHEN p.parent_id IS NULL THEN up.path ELSE '/' || p.name || up.path END,
              up.depth + 1
       FROM up JOIN node p ON p.enterprise_id = $1 AND p.id = up.parent_id
     )
     SELECT g.id, g.space_id, s.kind AS space_kind, s.name AS space_name, g.node_id, up.path, g.identity_type, g.identity_id,
            coalesce(u.name, t.name) AS identity_name, g.role, l.id AS list_id, l.name AS list_name, g.atoms, g.sync_right,
            g.sub_teams, g.expires_at, g.sync_expires_at, NOT ${isLive('g')} AS expired, g.created_at, c.name AS created_by
     FROM chosen g
     JOIN space s ON s.enterprise_id = $1 AND s.id = g.space_id
     JOIN up ON up.folder_id = g.node_id AND up.parent_id IS NULL
     LEFT JOIN action_list l ON l.enterprise_id = $1 AND l.id = g.action_list_id
     LEFT JOIN app_user u ON g.identity_type = 'user' AND u.enterprise_id = $1 AND u.id = g.identity_id
     LEFT JOIN team t ON g.identity_type = 'team' AND t.enterprise_id = $1 AND t.id = g.identity_id
     LEFT JOIN app_user c ON c.enterprise_id = $1 AND c.id = g.created_by
     ORDER BY CASE WHEN $8::int IS NOT NULL THEN g.folder END, CASE WHEN $8::int IS NOT NULL THEN g.id END,
              up.depth DESC, up.path, identity_name, g.id`,
    [enterpriseId, nodeIds ?? null, grantIds ?? null, spaceId ?? null, sharedSyncRights, ...toLimits(page)],
  );
  return rows.map(toFolderGrant);
}

function toLimits(page: GrantPage | undefined): [folder: number | null, id: string | null, limit: number | null] {
  const [folder, id] = page?.after ?? [null, null];
  return [folder, id, page?.limit ?? null];
}

function toFolderGrant(row: FolderGrantRow): Omit<FolderGrant, 'inherited'> {
  return {
    id: row.id,
    spaceId: row.space_id,
    spaceKind: row.space_kind,
    spaceName: row.space_name,
    nodeId: row.node_id,
    path: row.path,
    to: { type: row.identity_type, id: row.identity_id, name: row.identity_name ?? '' },
    role: row.role,
    actionList: row.list_id === null ? null : { id: row.list_id, name: row.list_name ?? '' },
    atoms: row.role === null ? row.atoms : [...FOLDER_ROLE_ATOMS[row.role]],
    syncRight: row.sync_right,
    subTeams: row.sub_teams,
    expiresAt: row.expires_at?.toISOString() ?? null,
    syncExpiresAt: row.sync_expires_at?.toISOString() ?? null,
    expired: row.expired,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  } as Omit<FolderGrant, 'inherited'>; // ids come from our own tables; brands exist in types only
}

/** What is given on these folders and not expired, to whomever. */
export async function listGiven(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  nodeIds: readonly string[],
): Promise<GivenGrant[]> {
  return queryRows<GivenGrant>(
    manager,
    `SELECT ${GIVEN_COLUMNS} FROM folder_grant g
     WHERE enterprise_id = $1 AND node_id = ANY($2::uuid[]) AND ${isLive('g')}`,
    [enterpriseId, nodeIds],
  );
}

/** Folders of a space on which a grant stands that has not ended. */
export async function listGrantedFolders(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceId: SpaceId,
): Promise<NodeId[]> {
  const rows = await queryRows<{ id: NodeId }>(
    manager,
    `SELECT DISTINCT node_id AS id FROM folder_grant g
     WHERE enterprise_id = $1 AND space_id = $2 AND ${isLive('g')}`,
    [enterpriseId, spaceId],
  );
  return rows.map((row) => row.id);
}

/** The one grant of an identity on a folder; what has ended of it counts as absent. */
export async function findGiven(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  on: { readonly nodeId: NodeId; readonly to: To },
): Promise<GrantBefore | undefined> {
  const [row] = await queryRows<GivenGrant & Record<keyof Ends, Date | null>>(
    manager,
    `SELECT ${GIVEN_COLUMNS}, g.expires_at AS "expiresAt", g.sync_expires_at AS "syncExpiresAt" FROM folder_grant g
     WHERE enterprise_id = $1 AND node_id = $2 AND identity_type = $3 AND identity_id = $4`,
    [enterpriseId, on.nodeId, on.to.type, on.to.id],
  );
  if (!row) return undefined;
  const [expiresAt, syncExpiresAt] = [row.expiresAt, row.syncExpiresAt].map((end) => end?.toISOString() ?? null);
  return { ...row, expiresAt: expiresAt ?? null, syncExpiresAt: syncExpiresAt ?? null };
}

/** Of a grant `g`. */
export const GIVEN_COLUMNS = `g.id AS "grantId", g.node_id AS "nodeId", g.identity_type AS "toType", g.identity_id AS "toId",
  g.sub_teams AS "subTeams", ${liveAxes('g')}`;

export type FolderGrantRowToWrite = GivenAxes &
  Ends & {
    readonly id: GrantId;
    readonly spaceId: SpaceId;
    readonly nodeId: NodeId;
    readonly to: To;
    readonly subTeams: boolean;
    readonly createdBy: UserId;
  };

/** Replaces what the identity has on the folder; a grant that was there keeps its id. */
export async function writeFolderGrant(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  grant: FolderGrantRowToWrite,
): Promise<GrantId> {
  const [row] = await queryRows<{ id: GrantId }>(
    manager,
    `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, role, action_list_id, atoms,
                               sync_right, sub_teams, expires_at, sync_expires_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (enterprise_id, node_id, identity_type, identity_id)
     DO UPDATE SET role = excluded.role, action_list_id = excluded.action_list_id, atoms = excluded.atoms,
                   sync_right = excluded.sync_right, sub_teams = excluded.sub_teams, expires_at = excluded.expires_at,
                   sync_expires_at = excluded.sync_expires_at, expiry_told = false, sync_expiry_told = false, created_by = excluded.created_by, created_at = now()
     RETURNING id`,
    [
      enterpriseId,
      grant.id,
      grant.spaceId,
      grant.nodeId,
      grant.to.type,
      grant.to.id,
      grant.role,
      grant.actionListId,
      grant.atoms,
      grant.syncRight,
      grant.subTeams,
      grant.expiresAt,
      grant.syncExpiresAt,
      grant.createdBy,
    ],
  );
  return row?.id ?? grant.id;
}

export async function deleteFolderGrant(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  of: { readonly nodeId: NodeId; readonly grantId: GrantId },
): Promise<boolean> {
  const rows = await queryRows(
    manager,
    `DELETE FROM folder_grant WHERE enterprise_id = $1 AND node_id = $2 AND id = $3 RETURNING id`,
    [enterpriseId, of.nodeId, of.grantId],
  );
  return rows.length > 0;
}

/** The folder that a grant is on. */
export async function findGrantNode(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  grantId: GrantId,
): Promise<NodeId | undefined> {
  const [row] = await queryRows<{ node_id: NodeId }>(
    manager,
    `SELECT node_id FROM folder_grant WHERE enterprise_id = $1 AND id = $2`,
    [enterpriseId, grantId],
  );
  return row?.node_id;
}

export async function findPersonalSpace(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  userId: UserId,
): Promise<SpaceId | undefined> {
  const [row] = await queryRows<{ id: SpaceId }>(
    manager,
    `SELECT id FROM space WHERE enterprise_id = $1 AND owner_user_id = $2 AND kind = 'personal'`,
    [enterpriseId, userId],
  );
  return row?.id;
}

export type FoundList = { readonly id: ActionListId; readonly atoms: readonly Atom[] };

export async function findList(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  listId: ActionListId,
): Promise<FoundList | undefined> {
  const [row] = await queryRows<FoundList>(manager, LIST_BY_ID, [enterpriseId, listId]);
  return row;
}

/** Against its removal or change until the grant that names it is written. */
export async function lockList(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  listId: ActionListId,
): Promise<FoundList | undefined> {
  const [row] = await queryRows<FoundList>(manager, `${LIST_BY_ID} FOR SHARE`, [enterpriseId, listId]);
  return row;
}

const LIST_BY_ID = 'SELECT id, atoms FROM action_list WHERE enterprise_id = $1 AND id = $2';
