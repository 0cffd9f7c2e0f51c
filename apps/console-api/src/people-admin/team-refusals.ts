import { AppError, MAX_TEAMS_PER_USER, type TeamId } from '@tideline/contracts';
import { reachesTeam, shapesTeam, type Reach, type Target } from './reach.ts';
import { isDriveAdminOrMore, mayManage } from './role-power.ts';

export function requireShapeable(reach: Reach, teamId: TeamId): void {
  if (!reachesTeam(reach, teamId)) throw new AppError('NOT_FOUND', { what: 'The team' });
  if (!shapesTeam(reach, teamId)) throw new AppError('FORBIDDEN');
}

/** A team admin makes teams below own ones only; the top is for drive admins. */
export function requireParent(reach: Reach, parentId: TeamId | null): void {
  if (parentId === null && !isDriveAdminOrMore(reach.manager.role)) throw new AppError('FORBIDDEN');
  if (parentId !== null && !reachesTeam(reach, parentId)) throw new AppError('NOT_FOUND', { what: 'The parent team' });
}

export function requireMovable(reach: Reach, teamId: TeamId, parentId: TeamId | null): void {
  requireParent(reach, parentId);
  if (isBelow(reach, parentId, teamId)) throw new AppError('TEAM_CYCLE');
}

/** A team admin takes in only people who are within reach already: whoever is in reach can be disabled. */
export function requireMemberChange({ user, reach }: Target, teamId: TeamId): void {
  if (!reachesTeam(reach, teamId)) throw new AppError('NOT_FOUND', { what: 'The team' });
  const isOwnAffair = user.id === reach.manager.userId && isDriveAdminOrMore(reach.manager.role);
  if (!isOwnAffair && !mayManage(reach.manager, user.role)) throw new AppError('FORBIDDEN');
}

export function requireRoomFor({ user }: Target, teamId: TeamId): void {
  if (user.teamIds.length < MAX_TEAMS_PER_USER || user.teamIds.includes(teamId)) return;
  throw new AppError('LIMIT_TEAMS', { max: MAX_TEAMS_PER_USER });
}

/** Whether the way up from `teamId` meets `ancestorId`, which is its own ancestor here. */
function isBelow(reach: Reach, teamId: TeamId | null, ancestorId: TeamId): boolean {
  let at = teamId;
  for (let steps = 0; at !== null && steps <= reach.teams.size; steps += 1) {
    if (at === ancestorId) return true;
    at = reach.teams.get(at)?.parentId ?? null;
  }
  return false;
}
