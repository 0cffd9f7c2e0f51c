import type {
  EnterpriseId,
  FolderGrant,
  Grant,
  GrantId,
  Identity,
  NodeId,
  SpaceId,
  SpaceKind,
  SyncRight,
  TeamId,
  UserId,
} from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import { queryRows } from '../platform/rows.ts';
import { listFolderGrants, type GrantPage } from './folder-grant.store.ts';

/** Sync rights with the names of everything they name; of one grant, or a page of those of the enterprise. */
export async function listGrants(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  asked: { readonly id: GrantId } | GrantPage,
): Promise<Grant[]> {
  const filter = { sharedSyncRights: true, ...('id' in asked ? { grantIds: [asked.id] } : {}) };
  return (await listFolderGrants(manager, enterpriseId, filter, 'id' in asked ? undefined : asked)).flatMap(toGrant);
}

function toGrant(found: Omit<FolderGrant, 'inherited'>): Grant[] {
  const { id, spaceId, spaceKind, spaceName, nodeId, path, to, syncRight, createdAt, createdBy } = found;
  const expiresAt = found.syncExpiresAt;
  if (syncRight === null) return [];
  return [{ id, spaceId, spaceKind, spaceName, nodeId, path, to, syncRight, expiresAt, createdAt, createdBy }];
}

export type GrantFolder = {
  readonly spaceId: SpaceId;
  readonly kind: 'file' | 'folder';
  readonly spaceKind: SpaceKind;
};

export async function findGrantFolder(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  nodeId: NodeId,
): Promise<GrantFolder | undefined> {
  const [row] = await queryRows<GrantFolder>(
    manager,
    `SELECT n.space_id AS "spaceId", n.kind, s.kind AS "spaceKind"
     FROM node n JOIN space s ON s.enterprise_id = $1 AND s.id = n.space_id WHERE n.enterprise_id = $1 AND n.id = $2`,
    [enterpriseId, nodeId],
  );
  return row;
}

export async function hasIdentity(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  identity: z.output<typeof Identity>,
): Promise<boolean> {
  // A deleted user's row stays, because authors outlive accounts; a right it cannot get any more.
  const table = identity.type === 'user' ? '(SELECT * FROM app_user WHERE deleted_at IS NULL) u' : 'team';
  const rows = await queryRows(manager, `SELECT 1 FROM ${table} WHERE enterprise_id = $1 AND id = $2`, [
    enterpriseId,
    identity.id,
  ]);
  return rows.length > 0;
}

export type NewGrant = {
  readonly id: GrantId;
  readonly spaceId: SpaceId;
  readonly nodeId: NodeId;
  readonly to: z.output<typeof Identity>;
  readonly syncRight: SyncRight;
  readonly expiresAt: string | null;
  readonly createdBy: UserId;
};

/** One right per folder and identity: a second one replaces the first and keeps its id. A role beside it stays as it is (PE-1). */
export async function upsertGrant(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  grant: NewGrant,
): Promise<GrantId> {
  const [row] = await queryRows<{ id: GrantId }>(
    manager,
    `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, sync_right, sync_expires_at,
                               created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (enterprise_id, node_id, identity_type, identity_id)
     DO UPDATE SET sync_right = excluded.sync_right, sync_expires_at = excluded.sync_expires_at,
                   sync_expiry_told = false, created_by = excluded.created_by, created_at = now()
     RETURNING id`,
    [
      enterpriseId,
      grant.id,
      grant.spaceId,
      grant.nodeId,
      grant.to.type,
      grant.to.id,
      grant.syncRight,
      grant.expiresAt,
      grant.createdBy,
    ],
  );
  return row?.id ?? grant.id;
}

/** The space of a sync right, unless it is somebody's personal one. */
export async function findSharedSpaceOf(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  grantId: GrantId,
): Promise<SpaceId | undefined> {
  const [row] = await queryRows<{ space_id: SpaceId }>(
    manager,
    `SELECT g.space_id FROM folder_grant g JOIN space s ON s.enterprise_id = $1 AND s.id = g.space_id
     WHERE g.enterprise_id = $1 AND g.id = $2 AND g.sync_right IS NOT NULL AND s.kind <> 'personal'`,
    [enterpriseId, grantId],
  );
  return row?.space_id;
}

/** A role or list of actions beside it stays as it is (PE-1). */
export async function removeSyncRight(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  grantId: GrantId,
): Promise<void> {
  await queryRows(
    manager,
    `WITH emptied AS (
       DELETE FROM folder_grant WHERE enterprise_id = $1 AND id = $2 AND role IS NULL AND atoms IS NULL
     )
     UPDATE folder_grant SET sync_right = NULL, sync_expires_at = NULL, sync_expiry_told = false
     WHERE enterprise_id = $1 AND id = $2 AND (role IS NOT NULL OR atoms IS NOT NULL)`,
    [enterpriseId, grantId],
  );
}

/**
 * Makes every reader of the spaces ask for its rights again: by 3, because each end that has come counts 1 (see the feed) and a
 * grant that is replaced has two. Spaces are locked in the order of their ids, as by everything that locks more than one.
 */
export async function bumpCapsRev(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceIds: readonly SpaceId[],
): Promise<void> {
  await queryRows(
    manager,
    `WITH locked AS MATERIALIZED (
       SELECT id FROM space WHERE enterprise_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE space s SET caps_rev = caps_rev + 3 FROM locked WHERE s.enterprise_id = $1 AND s.id = locked.id`,
    [enterpriseId, spaceIds],
  );
}

/** Spaces in which some team or account role can matter: the shared ones, and personal ones of which something is shared. */
export async function listSharedSpaces(manager: EntityManager, enterpriseId: EnterpriseId): Promise<SpaceId[]> {
  const rows = await queryRows<{ id: SpaceId }>(
    manager,
    `SELECT id FROM space s WHERE enterprise_id = $1 AND (kind <> 'personal' OR EXISTS (
       SELECT 1 FROM folder_grant g WHERE g.enterprise_id = $1 AND g.space_id = s.id AND g.identity_type = 'team'))
     ORDER BY id`,
    [enterpriseId],
  );
  return rows.map((row) => row.id);
}

/** Spaces in which belonging to one of these teams gives something, be it through a team above. */
export async function listSpacesOfTeams(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  teamIds: readonly TeamId[],
): Promise<SpaceId[]> {
  const rows = await queryRows<{ id: SpaceId }>(
    manager,
    `WITH RECURSIVE up AS (
       SELECT id, parent_id FROM team WHERE enterprise_id = $1 AND id = ANY($2::uuid[])
       UNION SELECT t.id, t.parent_id FROM up JOIN team t ON t.enterprise_id = $1 AND t.id = up.parent_id
     )
     SELECT s.id FROM space s JOIN up ON s.team_id = up.id WHERE s.enterprise_id = $1
     UNION
     SELECT g.space_id FROM folder_grant g JOIN up ON g.identity_id = up.id
     WHERE g.enterprise_id = $1 AND g.identity_type = 'team' ORDER BY id`,
    [enterpriseId, teamIds],
  );
  return rows.map((row) => row.id);
}

export type ExpiredGrant = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };

/** Takes grants an end of which has come that nobody was told of; each end is answered once. */
export async function takeExpired(manager: EntityManager, limit: number): Promise<ExpiredGrant[]> {
  return queryRows<ExpiredGrant>(
    manager,
    `UPDATE folder_grant g SET expiry_told = g.expiry_told OR coalesce(g.expires_at <= now(), false),
                              sync_expiry_told = g.sync_expiry_told OR coalesce(g.sync_expires_at <= now(), false)
     FROM (SELECT enterprise_id, id FROM folder_grant
           WHERE expires_at <= now() AND NOT expiry_told OR sync_expires_at <= now() AND NOT sync_expiry_told
           ORDER BY least(expires_at, sync_expires_at) LIMIT $1 FOR UPDATE SKIP LOCKED) due
     WHERE g.enterprise_id = due.enterprise_id AND g.id = due.id
     RETURNING g.enterprise_id AS "enterpriseId", g.space_id AS "spaceId"`,
    [limit],
  );
}
