import type { EnterpriseId, TeamId, UserId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../platform/rows.ts';

/**
 * Part of a statement that takes grants away, which `removed` answers with their `space_id`; $1 is the enterprise. By more than the ends
 * that have come of them, which go with them: each counted 1 (see the feed), and a grant has two.
 */
export function raisingCapsRev(removed: string): string {
  return `UPDATE space s SET caps_rev = s.caps_rev + 1 + 2 * gone.grants
    FROM (SELECT space_id, count(*)::int AS grants FROM ${removed} GROUP BY space_id) gone
    WHERE s.enterprise_id = $1 AND s.id = gone.space_id`;
}

type Leaving = { readonly enterpriseId: EnterpriseId } & (
  { readonly type: 'user'; readonly id: UserId } | { readonly type: 'team'; readonly id: TeamId }
);

/** Their own space and those in which something is given to them, in the order of their ids, as by everything that locks more than one. */
export async function lockSpacesOf(manager: EntityManager, { enterpriseId, type, id }: Leaving): Promise<void> {
  await queryRows(
    manager,
    `SELECT FROM space WHERE enterprise_id = $1 AND (
       CASE $2 WHEN 'user' THEN kind = 'personal' AND owner_user_id = $3 ELSE kind = 'team' AND team_id = $3 END
       OR id IN (SELECT space_id FROM folder_grant WHERE enterprise_id = $1 AND identity_type = $2 AND identity_id = $3))
     ORDER BY id FOR NO KEY UPDATE`,
    [enterpriseId, type, id],
  );
}

/** All that is given to them. Needs the locks of those spaces. */
export async function removeGrantsTo(manager: EntityManager, { enterpriseId, type, id }: Leaving): Promise<void> {
  await queryRows(
    manager,
    `WITH gone AS (
       DELETE FROM folder_grant WHERE enterprise_id = $1 AND identity_type = $2 AND identity_id = $3 RETURNING space_id
     )
     ${raisingCapsRev('gone')}`,
    [enterpriseId, type, id],
  );
}
