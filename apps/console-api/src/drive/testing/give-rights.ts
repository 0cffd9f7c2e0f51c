import { randomUUID } from 'node:crypto';
import type { Atom, NodeId, SpaceId, TeamId, UserId } from '@tideline/contracts';
import type { DriveWorld } from './drive-world.ts';

type Given = {
  readonly atoms: readonly Atom[];
  readonly expiresAt?: Date | null;
  readonly subTeams?: boolean;
};

/** A list of actions on a folder, as a custom list gives it; none hides the folder. Replaces what the identity had there. */
export async function giveAtoms(
  world: DriveWorld,
  place: { readonly spaceId: SpaceId; readonly nodeId: NodeId },
  to: { readonly userId: UserId } | TeamId,
  { atoms, expiresAt = null, subTeams = true }: Given,
): Promise<void> {
  const [type, id] = typeof to === 'string' ? ['team', to] : ['user', to.userId];
  await world.sql(
    `WITH given AS (
       INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms, expires_at, sub_teams)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (enterprise_id, node_id, identity_type, identity_id)
       DO UPDATE SET atoms = excluded.atoms, role = NULL, expires_at = excluded.expires_at, sub_teams = excluded.sub_teams
     )
     UPDATE space SET caps_rev = caps_rev + 3 WHERE enterprise_id = $1 AND id = $3`,
    [world.enterpriseId, randomUUID(), place.spaceId, place.nodeId, type, id, atoms, expiresAt, subTeams],
  );
}
