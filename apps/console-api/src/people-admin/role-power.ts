import type { EnterpriseRole } from '@tideline/contracts';

/** PE-3: how far up a role is. Viewers and auditors read the whole console, so only drive admins and up make them. */
const POWER: Record<EnterpriseRole, number> = {
  super_admin: 4,
  drive_admin: 3,
  team_admin: 2,
  viewer: 1,
  auditor: 1,
  user: 0,
};
/** Whom somebody may manage at all: everybody below. */
export type Manager = { readonly userId: string; readonly role: EnterpriseRole };
export type Managed = { readonly id: string; readonly role: EnterpriseRole };

/** PE-3: name, teams, disabling: of people below oneself; a team admin of plain users only. Within whose reach they are is asked apart. */
export function mayManage(manager: Manager, role: EnterpriseRole): boolean {
  if (manager.role === 'team_admin') return role === 'user';
  return isDriveAdminOrMore(manager.role) && POWER[role] < POWER[manager.role];
}

/** PE-3: the super admin appoints drive admins, drive admins appoint team admins and readers; nobody gives what is not below himself. */
export function mayAppoint(manager: Manager, role: EnterpriseRole): boolean {
  return mayManage(manager, role);
}

export type RoleRefusal = 'FORBIDDEN' | 'LAST_SUPER_ADMIN';

/** Why somebody may not give a role to a user. The super admin may give the own role away, and with it loses it. */
export function findRoleRefusal(manager: Manager, user: Managed, role: EnterpriseRole): RoleRefusal | undefined {
  if (user.role === role) return undefined;
  if (user.id === manager.userId) return user.role === 'super_admin' ? 'LAST_SUPER_ADMIN' : 'FORBIDDEN';
  if (!mayManage(manager, user.role)) return 'FORBIDDEN';
  if (role === 'super_admin') return manager.role === 'super_admin' ? undefined : 'FORBIDDEN';
  return mayAppoint(manager, role) ? undefined : 'FORBIDDEN';
}

/** Why somebody may not disable or delete a user. */
export function findRemovalRefusal(manager: Manager, user: Managed): RoleRefusal | undefined {
  if (user.role === 'super_admin' && manager.role === 'super_admin') return 'LAST_SUPER_ADMIN';
  if (user.id === manager.userId || !mayManage(manager, user.role)) return 'FORBIDDEN';
  return undefined;
}

export function isDriveAdminOrMore(role: EnterpriseRole): boolean {
  return role === 'super_admin' || role === 'drive_admin';
}
