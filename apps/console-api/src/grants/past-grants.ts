import type { NodeId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import type { SpaceKey } from '../drive/batch.store.ts';
import { queryRows } from '../platform/rows.ts';
import { bumpCapsRev } from './grant.store.ts';

/** What a grant says, to whom; the same in folder_grant and in past_grant. */
const SAID = ['identity_type', 'identity_id', 'sub_teams', 'role', 'atoms', 'action_list_id', 'sync_right'];
const ENDS_AND_MAKING = ['expires_at', 'sync_expires_at', 'created_by', 'created_at'];
const COPIED = [...SAID, ...ENDS_AND_MAKING].join(', ');

/**
 * A statement that keeps rows of folder_grant, which `grants` selects as `ended`, as they end with their folders; $1 is the enterprise.
 * In it a folder's last seq in the space is `gone_seq`.
 */
export function keepingGrants(grants: string): string {
  return `INSERT INTO past_grant (enterprise_id, space_id, node_id, gone_seq, ${COPIED})
    SELECT $1, space_id, node_id, gone_seq, ${COPIED} FROM (${grants}) ended`;
}

export type MadeAgain = { readonly wasId: NodeId; readonly nodeId: NodeId };

/**
 * Gives on folders that are made again what was given on them when they went, also while their removal is under way. A list of actions
 * means what it means now. What was given to somebody who is gone is left out, as on any other folder. Needs the lock of the space;
 * answers whether there was anything, which is a new revision of the space's rights.
 */
export async function giveAgain(manager: EntityManager, key: SpaceKey, made: readonly MadeAgain[]): Promise<boolean> {
  if (made.length === 0) return false;
  const rows = await queryRows(
    manager,
    `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, ${COPIED})
     SELECT $1, gen_random_uuid(), $2, made.node_id, g.identity_type, g.identity_id, g.sub_teams, g.role, coalesce(l.atoms, g.atoms),
            l.id, g.sync_right, g.expires_at, g.sync_expires_at, g.created_by, g.created_at
     FROM unnest($3::uuid[], $4::uuid[]) AS made(was_id, node_id)
     CROSS JOIN LATERAL (
       SELECT max(to_seq) AS gone_seq FROM node_history
       WHERE enterprise_id = $1 AND node_id = made.was_id AND space_id IS NOT DISTINCT FROM $2 AND gone IS NULL) past
     CROSS JOIN LATERAL (
       SELECT ${COPIED} FROM past_grant
       WHERE enterprise_id = $1 AND space_id = $2 AND node_id = made.was_id AND gone_seq = past.gone_seq
       UNION ALL
       SELECT ${COPIED} FROM folder_grant WHERE enterprise_id = $1 AND node_id = made.was_id AND space_id IS NOT DISTINCT FROM $2) g
     LEFT JOIN LATERAL (
       SELECT id, atoms FROM action_list WHERE enterprise_id = $1 AND id = g.action_list_id FOR SHARE) l ON true
     WHERE CASE g.identity_type WHEN 'team' THEN EXISTS (SELECT FROM team WHERE enterprise_id = $1 AND id = g.identity_id)
       ELSE EXISTS (SELECT FROM app_user WHERE enterprise_id = $1 AND id = g.identity_id AND deleted_at IS NULL) END
     RETURNING id`,
    [key.enterpriseId, key.spaceId, made.map((each) => each.wasId), made.map((each) => each.nodeId)],
  );
  if (rows.length === 0) return false;
  await bumpCapsRev(manager, key.enterpriseId, [key.spaceId]);
  return true;
}

/** Of folders that are in nothing any more that can be restored; a slice. */
export async function removePastGrants(
  manager: EntityManager,
  space: SpaceKey & { readonly historyFromSeq: number },
  limit: number,
): Promise<number> {
  const rows = await queryRows(
    manager,
    `DELETE FROM past_grant WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM past_grant WHERE enterprise_id = $1 AND space_id = $2 AND gone_seq <= $3 LIMIT $4)) RETURNING node_id`,
    [space.enterpriseId, space.spaceId, space.historyFromSeq, limit],
  );
  return rows.length;
}
