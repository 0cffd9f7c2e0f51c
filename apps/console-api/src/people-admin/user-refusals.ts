import { AppError, type EnterpriseRole, type TeamId } from '@tideline/contracts';
import type { AdminUser } from './people-admin.store.ts';
import { reachesTeam, requireTeams, type Reach, type Target } from './reach.ts';
import { findRemovalRefusal, findRoleRefusal, isDriveAdminOrMore, mayAppoint, mayManage } from './role-power.ts';

type UserChange = { readonly role?: EnterpriseRole | undefined; readonly teamIds?: readonly TeamId[] | undefined };

/** Who may change whom, as services throw it (PE-3). */
export function requireCreatable(reach: Reach, wanted: { role: EnterpriseRole; teamIds: readonly TeamId[] }): void {
  if (!mayAppoint(reach.manager, wanted.role)) throw new AppError('FORBIDDEN');
  requireTeams(reach, wanted.teamIds);
  // Somebody in no team would be out of the reach of who made him.
  if (!isDriveAdminOrMore(reach.manager.role) && wanted.teamIds.length === 0) throw new AppError('FORBIDDEN');
}

export function requireChangeable({ user, reach }: Target, change: UserChange): void {
  const isSelf = user.id === reach.manager.userId;
  if (!isSelf && !mayManage(reach.manager, user.role)) throw new AppError('FORBIDDEN');
  const refusal = change.role === undefined ? undefined : findRoleRefusal(reach.manager, user, change.role);
  if (refusal) throw new AppError(refusal);
  if (change.role === 'super_admin' && user.disabled) throw new AppError('USER_DISABLED', { email: user.email });
  if (change.teamIds) requireMoves(reach, user, change.teamIds);
}

/** Every team that is joined or left must be within reach; the others stay as they are. */
function requireMoves(reach: Reach, user: AdminUser, teamIds: readonly TeamId[]): void {
  const [before, after] = [new Set(user.teamIds), new Set(teamIds)];
  requireTeams(reach, [...after.difference(before), ...before.difference(after)]);
  if (isDriveAdminOrMore(reach.manager.role)) return;
  if (user.id === reach.manager.userId || !teamIds.some((id) => reachesTeam(reach, id)))
    throw new AppError('FORBIDDEN');
}

export function requireRemovable(target: Target): Target {
  const refusal = findRemovalRefusal(target.reach.manager, target.user);
  if (refusal) throw new AppError(refusal);
  return target;
}

/** What the route of deleting asks of the session, of the account as it is now. */
export function requireDeleter(reach: Reach): void {
  if (!isDriveAdminOrMore(reach.manager.role)) throw new AppError('FORBIDDEN');
}
