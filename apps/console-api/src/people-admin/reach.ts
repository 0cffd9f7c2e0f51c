import { AppError, type TeamId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findPeople, listTeamPlaces, lockPeople, type AdminUser, type TeamPlace } from './people-admin.store.ts';
import { isDriveAdminOrMore, type Manager } from './role-power.ts';
import type { PersonPrincipal } from '../platform/principal.ts';

/** Whom and which teams a manager reaches, read in the transaction that changes them. */
export type Reach = {
  readonly manager: Manager;
  /** All teams of the enterprise, by id. */
  readonly teams: ReadonlyMap<TeamId, TeamPlace>;
};

export type Target = { readonly user: AdminUser; readonly reach: Reach };

/** The caller as the database knows him now: a session may be older than a change of roles. */
export function loadReach(manager: EntityManager, caller: PersonPrincipal): Promise<Reach> {
  return reachAmong(manager, caller, lockPeople);
}

/** Without a lock, for those who change nothing. */
export function viewReach(manager: EntityManager, caller: PersonPrincipal): Promise<Reach> {
  return reachAmong(manager, caller, findPeople);
}

/** Locks caller and user, so that of two changes of roles the second sees the first. A user out of reach is not told to exist. */
export async function loadTarget(manager: EntityManager, caller: PersonPrincipal, userId: string): Promise<Target> {
  return targetAmong(manager, caller, { userId, people: await lockPeople(manager, caller, [caller.userId, userId]) });
}

/** Without a lock, for those who change nothing. */
export async function viewTarget(manager: EntityManager, caller: PersonPrincipal, userId: string): Promise<Target> {
  return targetAmong(manager, caller, { userId, people: await findPeople(manager, caller, [caller.userId, userId]) });
}

async function reachAmong(manager: EntityManager, caller: PersonPrincipal, read: typeof findPeople): Promise<Reach> {
  const [self] = await read(manager, caller, [caller.userId]);
  return toReach(manager, caller, self);
}

async function targetAmong(
  manager: EntityManager,
  caller: PersonPrincipal,
  { userId, people }: { readonly userId: string; readonly people: readonly AdminUser[] },
): Promise<Target> {
  const self = people.find((person) => person.id === caller.userId);
  const reach = await toReach(manager, caller, self);
  const user = people.find((person) => person.id === userId);
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

function reachesUser(reach: Reach, user: AdminUser): boolean {
  if (isDriveAdminOrMore(reach.manager.role) || user.id === reach.manager.userId) return true;
  return user.teamIds.some((id) => reachesTeam(reach, id));
}

async function toReach(manager: EntityManager, caller: PersonPrincipal, self: AdminUser | undefined): Promise<Reach> {
  if (!self) throw new AppError('NOT_SIGNED_IN');
  const places = await listTeamPlaces(manager, caller);
  return {
    manager: { userId: self.id, role: self.role },
    teams: new Map(places.map((place) => [place.id, place])),
  };
}
