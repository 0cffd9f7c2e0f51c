import type { EnterpriseId, NodeId, Space, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { NewSpace } from '../platform/space-maker.ts';

export async function insertSpace(
  manager: EntityManager,
  space: NewSpace & { readonly spaceId: SpaceId; readonly rootId: NodeId },
): Promise<void> {
  await queryRows(
    manager,
    `WITH space_row AS (
       INSERT INTO space (enterprise_id, id, kind, name, owner_user_id, team_id, root_node_id, seq, quota_bytes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
     ), root AS (
       INSERT INTO node (enterprise_id, id, space_id, name, live_name, kind, rev, seq) VALUES ($1, $7, $2, '', '', 'folder', 1, 1)
     ), history AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, name, kind, rev, exec, trashed)
       VALUES ($1, $2, $7, 1, '', 'folder', 1, false, false)
     )
     INSERT INTO commit_token (enterprise_id, space_id, seq) VALUES ($1, $2, 1)`,
    [
      space.enterpriseId,
      space.spaceId,
      space.kind,
      space.name,
      space.ownerUserId ?? null,
      space.teamId ?? null,
      space.rootId,
      space.quotaBytes ?? null,
    ],
  );
}

type SpaceRow = Omit<Space, 'quotaBytes' | 'usedBytes'> & { quotaBytes: string | null; usedBytes: string };

export async function listSpacesById(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  spaceIds: readonly string[],
): Promise<Space[]> {
  const rows = await queryRows<SpaceRow>(
    manager,
    `SELECT id, kind, name, root_node_id AS "rootId", quota_bytes AS "quotaBytes", used_bytes AS "usedBytes"
     FROM space WHERE enterprise_id = $1 AND id = ANY($2::uuid[])
     ORDER BY array_position(ARRAY['personal', 'enterprise', 'team'], kind), name, id`,
    [enterpriseId, spaceIds],
  );
  return rows.map((row) => ({
    ...row,
    quotaBytes: row.quotaBytes === null ? null : Number(row.quotaBytes),
    usedBytes: Number(row.usedBytes),
  }));
}
