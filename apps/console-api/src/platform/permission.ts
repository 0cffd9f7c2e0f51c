import type { AccountRole, ErrorCode, RoutePermission } from '@tideline/contracts';
import type { Principal } from './principal.ts';

const CONSOLE_ROLES: readonly AccountRole[] = ['super_admin', 'drive_admin', 'team_admin', 'viewer', 'auditor'];
const PEOPLE_ADMIN_ROLES: readonly AccountRole[] = ['super_admin', 'drive_admin', 'team_admin'];
const ADMIN_ROLES: readonly AccountRole[] = ['super_admin', 'drive_admin'];

/** PE-3: why a caller may not use a route of this permission, or nothing. What is not allowed here is refused. */
export function findRefusal(permission: RoutePermission, caller: Principal | undefined): ErrorCode | undefined {
  if (permission === 'public') return undefined;
  if (!caller) return 'NOT_SIGNED_IN';
  return IS_ALLOWED[permission](caller) ? undefined : 'FORBIDDEN';
}

const IS_ALLOWED: Record<Exclude<RoutePermission, 'public'>, (caller: Principal) => boolean> = {
  person: (caller) => caller.kind === 'person' || caller.kind === 'operator',
  device: (caller) => caller.kind === 'device',
  drive: (caller) => caller.kind === 'person' || caller.kind === 'device',
  'console-read': (caller) => caller.kind === 'person' && CONSOLE_ROLES.includes(caller.role),
  'people-admin': (caller) => caller.kind === 'person' && PEOPLE_ADMIN_ROLES.includes(caller.role),
  admin: (caller) => caller.kind === 'person' && ADMIN_ROLES.includes(caller.role),
  operator: (caller) => caller.kind === 'operator',
};
