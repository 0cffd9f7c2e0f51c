import {
  Email,
  EnterpriseRole,
  MAX_TEAMS_PER_USER,
  PersonName,
  type ImportAction,
  type ImportColumn,
  type ImportProblem,
  type ImportProblemCode,
  type TeamId,
  type UserId,
} from '@tideline/contracts';
import { problem, type TableLine } from './import-table.ts';
import type { AdminUser } from './people-admin.store.ts';
import { reachesTeam, type Reach } from './reach.ts';
import { findRoleRefusal, isDriveAdminOrMore, mayAppoint, mayManage } from './role-power.ts';

/** What a line wants of a user; absent: nothing is said about it. */
export type WantedPerson = {
  readonly line: number;
  readonly email: string;
  readonly name: string;
  readonly role: EnterpriseRole | undefined;
  readonly teamIds: readonly TeamId[] | undefined;
  readonly quotaBytes: number | undefined;
};
export type Planned = WantedPerson & { readonly action: ImportAction; readonly userId: UserId | undefined };
export type ImportPlan = { readonly people: readonly Planned[]; readonly problems: readonly ImportProblem[] };

export type KnownUser = AdminUser & { readonly quotaBytes: number | null };
export type ImportContext = {
  readonly reach: Reach;
  readonly known: ReadonlyMap<string, KnownUser>;
};

const GIB = 1024 ** 3;
const MAX_QUOTA_GIB = 8_000_000;

type Report = (column: ImportColumn, code: ImportProblemCode) => undefined;

/** Decides every line of the table; writes nothing. */
export function planImport(lines: readonly TableLine[], context: ImportContext): ImportPlan {
  const problems: ImportProblem[] = [];
  const people: Planned[] = [];
  const seen = new Set<string>();
  const teamsByName = new Map([...context.reach.teams.values()].map((team) => [team.name, team.id]));
  for (const line of lines) {
    const report: Report = (column, code) => {
      problems.push(problem(code, { line: line.line, column, value: line.cells[column] }));
      return undefined;
    };
    const wanted = readPerson(line, { reach: context.reach, teamsByName }, report);
    if (!wanted) continue;
    if (seen.has(wanted.email)) report('email', 'EMAIL_TWICE');
    seen.add(wanted.email);
    people.push(decide(wanted, context, report));
  }
  return { people, problems };
}

/** The addresses of a table, to look up who is known. */
export function emailsOf(lines: readonly TableLine[]): string[] {
  return lines.flatMap((line) => Email.safeParse(line.cells.email).data ?? []);
}

type Names = { readonly reach: Reach; readonly teamsByName: ReadonlyMap<string, TeamId> };

function readPerson(line: TableLine, names: Names, report: Report): WantedPerson | undefined {
  const { cells } = line;
  const email = Email.safeParse(cells.email).data ?? report('email', 'EMAIL_INVALID');
  const name = PersonName.safeParse(cells.name).data ?? report('name', 'NAME_INVALID');
  const role =
    cells.role === '' ? undefined : (EnterpriseRole.safeParse(cells.role).data ?? report('role', 'ROLE_UNKNOWN'));
  const teamIds = readTeams(cells.teams, names, report);
  const quotaBytes = readQuota(cells.quotaGiB, names.reach, report);
  return email && name ? { line: line.line, email, name, role, teamIds, quotaBytes } : undefined;
}

function readTeams(cell: string, { reach, teamsByName }: Names, report: Report): TeamId[] | undefined {
  const names = cell
    .split(';')
    .map((name) => name.trim().normalize('NFC'))
    .filter((name) => name !== '');
  if (names.length === 0) return undefined;
  const ids = names.map((name) => teamsByName.get(name));
  const known = ids.filter((id) => id !== undefined);
  if (known.length < ids.length) return report('teams', 'TEAM_UNKNOWN');
  if (!known.every((id) => reachesTeam(reach, id))) return report('teams', 'TEAM_FORBIDDEN');
  const distinct = [...new Set(known)];
  return distinct.length > MAX_TEAMS_PER_USER ? report('teams', 'TEAMS_TOO_MANY') : distinct;
}

function readQuota(cell: string, reach: Reach, report: Report): number | undefined {
  if (cell === '') return undefined;
  if (!isDriveAdminOrMore(reach.manager.role)) return report('quotaGiB', 'QUOTA_FORBIDDEN');
  const isNumber = /^\d{1,7}(\.\d{1,3})?$/.test(cell) && Number(cell) <= MAX_QUOTA_GIB;
  return isNumber ? Math.round(Number(cell) * GIB) : report('quotaGiB', 'QUOTA_INVALID');
}

function decide(wanted: WantedPerson, context: ImportContext, report: Report): Planned {
  const known = context.known.get(wanted.email);
  if (!known) {
    requireCreatable(wanted, context.reach, report);
    return { ...wanted, action: 'create', userId: undefined };
  }
  requireChangeable(wanted, { known, reach: context.reach }, report);
  return { ...wanted, action: isChanged(wanted, known) ? 'update' : 'unchanged', userId: known.id };
}

function requireCreatable(wanted: WantedPerson, reach: Reach, report: Report): void {
  if (!mayAppoint(reach.manager, wanted.role ?? 'user')) report('role', 'ROLE_FORBIDDEN');
  if (!isDriveAdminOrMore(reach.manager.role) && !wanted.teamIds) report('teams', 'TEAM_MISSING');
}

/** A line that changes nothing may name anybody: sending a table twice is no mistake. */
function requireChangeable(
  wanted: WantedPerson,
  { known, reach }: { readonly known: KnownUser; readonly reach: Reach },
  report: Report,
): void {
  if (!isChanged(wanted, known)) return;
  if (!mayManage(reach.manager, known.role) || !isWithin(reach, known)) {
    report('email', 'USER_FORBIDDEN');
    return;
  }
  const role = wanted.role ?? known.role;
  if (role === 'super_admin' || findRoleRefusal(reach.manager, known, role)) report('role', 'ROLE_FORBIDDEN');
  const left = known.teamIds.filter((id) => wanted.teamIds && !wanted.teamIds.includes(id));
  if (!left.every((id) => reachesTeam(reach, id))) report('teams', 'TEAM_FORBIDDEN');
}

function isWithin(reach: Reach, known: KnownUser): boolean {
  return isDriveAdminOrMore(reach.manager.role) || known.teamIds.some((id) => reachesTeam(reach, id));
}

function isChanged(wanted: WantedPerson, known: KnownUser): boolean {
  const { name, role, teamIds, quotaBytes } = wanted;
  return (
    name !== known.name ||
    (role !== undefined && role !== known.role) ||
    (teamIds !== undefined && new Set(teamIds).symmetricDifference(new Set(known.teamIds)).size > 0) ||
    (quotaBytes !== undefined && quotaBytes !== known.quotaBytes)
  );
}
