import type { Session } from '@tideline/contracts';

type Role = Session['role'];

/** PE-3: who may read the fleet, and who may change it. The server decides; this only hides what would be refused. */
const CONSOLE_READERS: ReadonlySet<Role> = new Set(['super_admin', 'drive_admin', 'team_admin', 'viewer', 'auditor']);
const ADMINS: ReadonlySet<Role> = new Set(['super_admin', 'drive_admin']);

export function mayReadConsole(session: Session): boolean {
  return CONSOLE_READERS.has(session.role);
}

export function mayAdminister(session: Session): boolean {
  return ADMINS.has(session.role);
}
