import type { EnterpriseId, NodeId, Space, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';
import type { NewSpace } from '../platform/space-maker.ts';

type RootedSpace = NewSpace & { readonly spaceId: SpaceId; readonly rootId: NodeId };

/** A space without a quota of its own gets what the enterprise gives to spaces of its kind. */
export async function insertSpaces(manager: EntityManager, spaces: readonly RootedSpace[]): Promise<void> {
  await queryRows(
    manager,
    `WITH new AS (
       SELECT * FROM json_to_recordset($1::json) AS t(enterprise_id uuid, id uuid, kind text, name text, owner_user_id uuid,
                                                      team_id uuid, root_node_id uuid, quota_bytes bigint)
     ), space_row AS (
       INSERT INTO space (enterprise_id, id, kind, name, owner_user_id, team_id, root_node_id, seq, quota_bytes, own_quota)
       SELECT n.enterprise_id, n.id, n.kind, n.name, n.owner_user_id, n.team_id, n.root_node_id, 1,
              coalesce(n.quota_bytes, d.quota_bytes), n.quota_bytes IS NOT NULL
       FROM new n LEFT JOIN quota_default d ON d.enterprise_id = n.enterprise_id AND d.kind = n.kind
     ), root AS (
       INSERT INTO node (enterprise_id, id, space_id, name, live_name, kind, rev, seq)
       SELECT enterprise_id, root_node_id, id, '', '', 'folder', 1, 1 FROM new
     ), history AS (
       INSERT INTO node_history (enterprise_id, space_id, node_id, from_seq, name, kind, rev, exec, trashed)
       SELECT enterprise_id, id, root_node_id, 1, '', 'folder', 1, false, false FROM new
     )
     INSERT INTO commit_token (enterprise_id, space_id, seq) SELECT enterprise_id, id, 1 FROM new`,
    [JSON.stringify(spaces.map(toRow))],
  );
}

function toRow(space: RootedSpace): Record<string, unknown> {
  return {
    enterprise_id: space.enterpriseId,
    id: space.spaceId,
    kind: space.kind,
    name: space.name,
    owner_user_id: space.ownerUserId ?? null,
    team_id: space.teamId ?? null,
    root_node_id: space.rootId,
    quota_bytes: space.quotaBytes ?? null,
  };
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
