import type { AccountRole, ErrorCode, RoutePermission } from '@tideline/contracts';
import type { Principal } from './principal.ts';

const CONSOLE_ROLES: readonly AccountRole[] = ['super_admin', 'drive_admin', 'team_admin', 'viewer', 'auditor'];
const ADMIN_ROLES: readonly AccountRole[] = ['super_admin', 'drive_admin'];

/** PE-3: why a caller may not use a route of this permission, or nothing. What is not allowed here is refused. */
export function findRefusal(permission: RoutePermission, caller: Principal | undefined): ErrorCode | undefined {
  if (permission === 'public') return undefined;
  if (!caller) return 'NOT_SIGNED_IN';
  return isAllowed(permission, caller) ? undefined : 'FORBIDDEN';
}

function isAllowed(permission: Exclude<RoutePermission, 'public'>, caller: Principal): boolean {
  switch (permission) {
    case 'person':
      return caller.kind === 'person' || caller.kind === 'operator';
    case 'device':
      return caller.kind === 'device';
    case 'drive':
      return caller.kind === 'person' || caller.kind === 'device';
    case 'console-read':
      return caller.kind === 'person' && CONSOLE_ROLES.includes(caller.role);
    case 'admin':
      return caller.kind === 'person' && ADMIN_ROLES.includes(caller.role);
    case 'operator':
      return caller.kind === 'operator';
    default:
      return permission satisfies never;
  }
}
