import type { AccountRole, TeamId, UserId } from '@tideline/contracts';
import type { TeamDistance } from './access.store.ts';
import type { Member } from './given-grant.ts';

/** What becomes of one user; whoever is not active, or deleted, may do nothing. */
export type UserShift = {
  readonly userId: UserId;
  readonly role: AccountRole;
  readonly teamIds: readonly TeamId[];
  readonly isActive: { readonly before: boolean; readonly after: boolean };
};
/** A change of people that moves rights: of users, or of where a team hangs in the tree. */
export type PeopleShift =
  | {
      readonly kind: 'users';
      readonly users: readonly UserShift[];
      /** A user or a team that is deleted, whose space is kept and closed. */
      readonly closesSpaceOf?: UserId | TeamId;
    }
  | { readonly kind: 'team'; readonly teamId: TeamId; readonly parentId: TeamId | null };
/** Every team with the one above it. */
export type TeamTree = ReadonlyMap<string, string | null>;
type Members = ReadonlyMap<string, Member>;

export function shiftMembers(
  people: readonly Member[],
  shift: PeopleShift,
  tree: TeamTree,
): { readonly before: Members; readonly after: Members } {
  if (shift.kind === 'team') {
    const moved = new Map(tree).set(shift.teamId, shift.parentId);
    return { before: byId(people), after: byId(people.map((member) => placeIn(moved, member, member.ownTeamIds))) };
  }
  const shifts = new Map(shift.users.map((user) => [user.userId, user]));
  const isActive = (moment: 'before' | 'after') => (member: Member) =>
    shifts.get(member.userId)?.isActive[moment] ?? true;
  const after = people.map((member) => shiftMember(tree, member, shifts.get(member.userId)));
  return { before: byId(people.filter(isActive('before'))), after: byId(after.filter(isActive('after'))) };
}

function shiftMember(tree: TeamTree, member: Member, shift: UserShift | undefined): Member {
  return shift ? { ...placeIn(tree, member, new Set(shift.teamIds)), role: shift.role } : member;
}

function byId(members: readonly Member[]): Members {
  return new Map(members.map((member) => [member.userId, member]));
}

function placeIn(tree: TeamTree, member: Member, ownTeamIds: ReadonlySet<string>): Member {
  return { ...member, ownTeamIds, teams: distancesUp(tree, ownTeamIds) };
}

/** Teams at and above the own ones, each from the nearest. */
function distancesUp(tree: TeamTree, ownTeamIds: ReadonlySet<string>): TeamDistance[] {
  const distances = new Map<string, number>();
  let level = [...ownTeamIds];
  for (let distance = 0; level.length > 0; distance += 1) {
    const fresh = level.filter((id) => tree.has(id) && !distances.has(id));
    for (const id of fresh) distances.set(id, distance);
    level = fresh.flatMap((id) => tree.get(id) ?? []);
  }
  return [...distances].map(([id, distance]) => ({ id, distance }));
}
