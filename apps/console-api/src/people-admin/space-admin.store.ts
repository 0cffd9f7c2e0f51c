import type { AdminSpace, EnterpriseId, QuotaDefaults, SpaceKind, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

type Key = { readonly enterpriseId: EnterpriseId };
export type SpaceFilter = {
  readonly kind?: SpaceKind | undefined;
  readonly search?: string | undefined;
  readonly kept?: boolean | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
};

type Row = Omit<AdminSpace, 'usedBytes' | 'quotaBytes' | 'keptUntil'> & {
  readonly usedBytes: string;
  readonly quotaBytes: string | null;
  readonly keptUntil: Date | null;
};

const COLUMNS = `id, kind, name, used_bytes AS "usedBytes", quota_bytes AS "quotaBytes", own_quota AS "ownQuota",
  kept_until AS "keptUntil"`;

/** In the order of their ids, which is that of their making. */
export async function listAdminSpaces(manager: EntityManager, key: Key, filter: SpaceFilter): Promise<AdminSpace[]> {
  const rows = await queryRows<Row>(
    manager,
    `SELECT ${COLUMNS} FROM space
     WHERE enterprise_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)
       AND ($4::boolean IS NULL OR (kept_until IS NOT NULL) = $4) AND ($5::uuid IS NULL OR id > $5)
     ORDER BY id LIMIT $6`,
    [
      key.enterpriseId,
      filter.kind ?? null,
      filter.search ?? null,
      filter.kept ?? null,
      filter.after ?? null,
      filter.limit,
    ],
  );
  return rows.map(toAdminSpace);
}

export async function setOwnQuota(
  manager: EntityManager,
  key: Key & { readonly spaceId: SpaceId },
  quotaBytes: number | null,
): Promise<AdminSpace | undefined> {
  const [row] = await queryRows<Row>(
    manager,
    `UPDATE space SET quota_bytes = $3, own_quota = true WHERE enterprise_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
    [key.enterpriseId, key.spaceId, quotaBytes],
  );
  return row && toAdminSpace(row);
}

export async function findQuotaDefaults(manager: EntityManager, key: Key): Promise<QuotaDefaults> {
  const rows = await queryRows<{ kind: SpaceKind; quotaBytes: string | null }>(
    manager,
    `SELECT kind, quota_bytes AS "quotaBytes" FROM quota_default WHERE enterprise_id = $1`,
    [key.enterpriseId],
  );
  const byKind = new Map(rows.map((row) => [row.kind, row.quotaBytes === null ? null : Number(row.quotaBytes)]));
  const of = (kind: SpaceKind) => byKind.get(kind) ?? null;
  return { enterprise: of('enterprise'), team: of('team'), personal: of('personal') };
}

export async function putQuotaDefault(
  manager: EntityManager,
  key: Key,
  wanted: { readonly kind: SpaceKind; readonly quotaBytes: number | null; readonly applyToExisting: boolean },
): Promise<void> {
  await queryRows(
    manager,
    `WITH applied AS (
       UPDATE space SET quota_bytes = $3 WHERE $4 AND enterprise_id = $1 AND kind = $2 AND NOT own_quota
     )
     INSERT INTO quota_default (enterprise_id, kind, quota_bytes) VALUES ($1, $2, $3)
     ON CONFLICT (enterprise_id, kind) DO UPDATE SET quota_bytes = excluded.quota_bytes`,
    [key.enterpriseId, wanted.kind, wanted.quotaBytes, wanted.applyToExisting],
  );
}

/** A space whose time is up and that nobody waits to get. */
export async function findOverdueSpace(
  manager: EntityManager,
  now: Date,
): Promise<{ enterpriseId: EnterpriseId; spaceId: SpaceId } | undefined> {
  const [row] = await queryRows<{ enterpriseId: EnterpriseId; spaceId: SpaceId }>(
    manager,
    `SELECT s.enterprise_id AS "enterpriseId", s.id AS "spaceId" FROM space s
     WHERE s.kept_until <= $1 AND NOT EXISTS (
       SELECT FROM handover h WHERE h.enterprise_id = s.enterprise_id AND h.space_id = s.id AND h.done_at IS NULL)
     ORDER BY s.kept_until LIMIT 1`,
    [now],
  );
  return row;
}

/** Tables of what is in a space, those that name others first. */
const CONTENT_TABLES = [
  'folder_grant',
  'past_grant',
  'node_history',
  'version',
  'node',
  'commit_token',
  'reservation',
] as const;

/** One slice of one table; answers how many rows went. Their bytes are the sweeper's, once nothing else names them. */
export async function deleteContentSlice(
  manager: EntityManager,
  key: Key & { readonly spaceId: SpaceId },
  limit: number,
): Promise<number> {
  for (const table of CONTENT_TABLES) {
    const [row] = await queryRows<{ gone: number }>(
      manager,
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ${table} WHERE enterprise_id = $1 AND space_id = $2 LIMIT $3)) RETURNING 1
       ) SELECT count(*)::int AS gone FROM gone`,
      [key.enterpriseId, key.spaceId, limit],
    );
    if (row && row.gone > 0) return row.gone;
  }
  return 0;
}

export async function deleteSpace(manager: EntityManager, key: Key & { readonly spaceId: SpaceId }): Promise<void> {
  await queryRows(manager, `DELETE FROM space WHERE enterprise_id = $1 AND id = $2`, [key.enterpriseId, key.spaceId]);
}

function toAdminSpace(row: Row): AdminSpace {
  return {
    ...row,
    usedBytes: Number(row.usedBytes),
    quotaBytes: row.quotaBytes === null ? null : Number(row.quotaBytes),
    keptUntil: row.keptUntil?.toISOString() ?? null,
  };
}
