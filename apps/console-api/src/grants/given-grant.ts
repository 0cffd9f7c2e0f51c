import { AppError, type Atom, type FolderRole, type GrantId, type NodeId, type SyncRight } from '@tideline/contracts';
import type { ActionListId, SetFolderGrant, UserId } from '@tideline/contracts';
import { toStatement, type TeamDistance } from './access.store.ts';
import type { CallerFacts, Statement } from './rights.ts';

/** A grant as it is given, to whomever; a statement is what it says about one person. */
export type GivenGrant = {
  readonly grantId: GrantId;
  readonly nodeId: NodeId;
  readonly toType: 'user' | 'team';
  readonly toId: string;
  readonly subTeams: boolean;
  readonly role: FolderRole | null;
  readonly actionListId: ActionListId | null;
  /** Of the list; a role's atoms are the role's. */
  readonly atoms: readonly Atom[] | null;
  readonly syncRight: SyncRight | null;
};
export type Member = CallerFacts & {
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly teams: readonly TeamDistance[];
};
/** The list that a grant names, if it names one. */
export type NamedList = { readonly id: ActionListId; readonly atoms: readonly Atom[] } | null;

/** When each axis ends; `null` for never, and where nothing is said on it. */
export type Ends = { readonly expiresAt: string | null; readonly syncExpiresAt: string | null };
export type GrantBefore = GivenGrant & Ends;

/**
 * What is on the folder for this identity afterwards. What the request does not name stays as it was, so that whoever gives
 * a role does not take a sync right away, and neither ends the other nor makes it last (PE-1). An end is that of what the request
 * names; where it names neither, of both.
 */
export function mergeGrant(before: GrantBefore | undefined, wanted: SetFolderGrant, list: NamedList): GivenAxes & Ends {
  if (wanted.role && list) {
    throw new AppError('INVALID_INPUT', { reason: 'body: name a role or a list of actions, not both' });
  }
  const syncRight = wanted.syncRight === undefined ? (before?.syncRight ?? null) : wanted.syncRight;
  const axes = { ...mergeActions(before, wanted, list), syncRight };
  if (axes.role === null && axes.atoms === null && axes.syncRight === null) {
    throw new AppError('INVALID_INPUT', { reason: 'body: a grant gives a role, a list of actions or a sync right' });
  }
  return { ...axes, ...mergeEnds(before, wanted, axes) };
}

function mergeEnds(before: GrantBefore | undefined, wanted: SetFolderGrant, axes: GivenAxes): Ends {
  const [namesActions, namesSyncRight] = [isActionsNamed(wanted), wanted.syncRight !== undefined];
  const keepsActions = namesSyncRight && !namesActions;
  const keepsSyncRight = namesActions && !namesSyncRight;
  const hasActions = axes.atoms !== null || axes.role !== null;
  return {
    expiresAt: hasActions ? endOf(keepsActions ? before?.expiresAt : wanted.expiresAt) : null,
    syncExpiresAt: axes.syncRight ? endOf(keepsSyncRight ? before?.syncExpiresAt : wanted.expiresAt) : null,
  };
}

function endOf(end: string | null | undefined): string | null {
  return end ?? null;
}

function isActionsNamed(wanted: SetFolderGrant): boolean {
  return wanted.role !== undefined || wanted.actionListId !== undefined;
}

/** What of it holds at a time; `undefined`: nothing. */
export function liveAt(axes: GivenAxes & Ends, now: Date): GivenAxes | undefined {
  const hasEnded = (end: string | null) => end !== null && new Date(end) <= now;
  const actions = hasEnded(axes.expiresAt) ? { role: null, actionListId: null, atoms: null } : axes;
  const { role, actionListId, atoms } = actions;
  const syncRight = hasEnded(axes.syncExpiresAt) ? null : axes.syncRight;
  return role === null && atoms === null && syncRight === null ? undefined : { role, actionListId, atoms, syncRight };
}

function mergeActions(
  before: GivenGrant | undefined,
  wanted: SetFolderGrant,
  list: NamedList,
): Omit<GivenAxes, 'syncRight'> {
  if (!isActionsNamed(wanted) && before)
    return { role: before.role, actionListId: before.actionListId, atoms: before.atoms };
  return { role: wanted.role ?? null, actionListId: list?.id ?? null, atoms: list?.atoms ?? null };
}
export type GivenAxes = Pick<GivenGrant, 'role' | 'actionListId' | 'atoms' | 'syncRight'>;

export type GrantsByFolder = ReadonlyMap<NodeId, readonly GivenGrant[]>;

export function groupByFolder(grants: readonly GivenGrant[]): GrantsByFolder {
  return Map.groupBy(grants, (grant) => grant.nodeId);
}

/** What grants say about one person, folder by folder from the node up (PE-4). */
export function chainFor(
  member: Pick<Member, 'userId' | 'teams'>,
  path: readonly NodeId[],
  grants: GrantsByFolder,
): Statement[][] {
  return path.map((nodeId) => (grants.get(nodeId) ?? []).flatMap((grant) => statementAbout(member, grant) ?? []));
}

/** `undefined`: the grant is not about this person. */
export function statementAbout(member: Pick<Member, 'userId' | 'teams'>, grant: GivenGrant): Statement | undefined {
  const rank = rankOf(member, grant);
  return rank === undefined ? undefined : toStatement({ ...grant, atoms: grant.atoms && [...grant.atoms], rank });
}

function rankOf(member: Pick<Member, 'userId' | 'teams'>, grant: GivenGrant): number | undefined {
  if (grant.toType === 'user') return grant.toId === member.userId ? 0 : undefined;
  const team = member.teams.find((each) => each.id === grant.toId);
  if (!team || (team.distance > 0 && !grant.subTeams)) return undefined;
  return team.distance + 1;
}
