import { AppError, type TeamId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { listTeamPlaces, lockPeople, type LockedUser, type TeamPlace } from './people-admin.store.ts';
import { isDriveAdminOrMore, type Manager } from './role-power.ts';
import type { PersonPrincipal } from '../platform/principal.ts';

/** Whom and which teams a manager reaches, read in the transaction that changes them. */
export type Reach = {
  readonly manager: Manager;
  /** All teams of the enterprise, by id. */
  readonly teams: ReadonlyMap<TeamId, TeamPlace>;
};

export type Target = { readonly user: LockedUser; readonly reach: Reach };

/** The caller as the database knows him now: a session may be older than a change of roles. */
export async function loadReach(manager: EntityManager, caller: PersonPrincipal): Promise<Reach> {
  const [self] = await lockPeople(manager, caller, [caller.userId]);
  return toReach(manager, caller, self);
}

/** Locks caller and user, so that of two changes of roles the second sees the first. A user out of reach is not told to exist. */
export async function loadTarget(manager: EntityManager, caller: PersonPrincipal, userId: string): Promise<Target> {
  const rows = await lockPeople(manager, caller, [caller.userId, userId]);
  const reach = await toReach(
    manager,
    caller,
    rows.find((row) => row.id === caller.userId),
  );
  const user = rows.find((row) => row.id === userId);
  if (!user || !reachesUser(reach, user)) throw new AppError('NOT_FOUND', { what: 'The user' });
  return { user, reach };
}

export function reachesTeam(reach: Reach, teamId: TeamId): boolean {
  const place = reach.teams.get(teamId);
  return place !== undefined && (isDriveAdminOrMore(reach.manager.role) || place.reach !== 'outside');
}

/** Renaming, moving and deleting: for team admins only below their own teams. */
export function shapesTeam(reach: Reach, teamId: TeamId): boolean {
  const place = reach.teams.get(teamId);
  return place !== undefined && (isDriveAdminOrMore(reach.manager.role) || place.reach === 'below');
}

export function requireTeams(reach: Reach, teamIds: readonly TeamId[]): void {
  for (const id of teamIds) {
    if (!reach.teams.has(id)) throw new AppError('NOT_FOUND', { what: 'A team of the user' });
    if (!reachesTeam(reach, id)) throw new AppError('FORBIDDEN');
  }
}

function reachesUser(reach: Reach, user: LockedUser): boolean {
  if (isDriveAdminOrMore(reach.manager.role) || user.id === reach.manager.userId) return true;
  return user.teamIds.some((id) => reachesTeam(reach, id));
}

async function toReach(manager: EntityManager, caller: PersonPrincipal, self: LockedUser | undefined): Promise<Reach> {
  if (!self) throw new AppError('NOT_SIGNED_IN');
  const places = await listTeamPlaces(manager, caller);
  return {
    manager: { userId: self.id, role: self.role },
    teams: new Map(places.map((place) => [place.id, place])),
  };
}
