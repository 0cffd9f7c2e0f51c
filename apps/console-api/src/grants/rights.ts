import {
  ATOMS,
  SYNC_RIGHT_ATOMS,
  type AccountRole,
  type Atom,
  type GrantId,
  type NodeId,
  type SpaceKind,
  type SyncRight,
} from '@tideline/contracts';

/** What a grant says about the caller: `rank` 0 the user, 1 an own team, 2 its parent team and so on (PE-4). */
export type Statement = {
  readonly grantId: GrantId;
  readonly nodeId: NodeId;
  readonly rank: number;
  /** `null`: says nothing on this axis. */
  readonly atoms: readonly Atom[] | null;
  readonly syncRight: SyncRight | null;
  /** The role lets its holder give rights on the folder. */
  readonly mayGrant: boolean;
};
export type CallerFacts = {
  readonly userId: string;
  readonly role: AccountRole;
  readonly readsPersonalSpace: boolean;
  readonly ownTeamIds: ReadonlySet<string>;
};
export type SpaceFacts = {
  readonly kind: SpaceKind;
  readonly ownerUserId: string | null;
  readonly teamId: string | null;
  /** Its user or team was deleted: it waits to be handed over or to go. */
  readonly isKept?: boolean;
};
export type Rights = {
  readonly atoms: ReadonlySet<Atom>;
  readonly syncRight: SyncRight;
  readonly mayGrant: boolean;
};
/** Rights with what decided them. */
export type Judgement = {
  readonly rights: Rights;
  /** Where the atoms come from, those of the sync right left out. */
  readonly basis: 'own_space' | 'account_role' | 'default' | 'grant' | 'none';
  readonly atomStatements: readonly Statement[];
  readonly syncStatements: readonly Statement[];
};

const ALL: ReadonlySet<Atom> = new Set(ATOMS);
const NOTHING: ReadonlySet<Atom> = new Set();
/** What members have in their team's space, and everybody in the enterprise space, where no grant says otherwise. */
const DEFAULT_ATOMS: readonly Atom[] = ['visible', 'list', 'preview', 'download'];
const SYNC_STRENGTH: Record<SyncRight, number> = { none: 0, backer: 1, synchronizer: 2 };

export const NO_RIGHTS: Rights = { atoms: NOTHING, syncRight: 'none', mayGrant: false };
/** A folder on the way to one that the caller may use: it can be walked through and is otherwise closed. */
export const PASSAGE: Rights = { ...NO_RIGHTS, atoms: new Set<Atom>(['visible']) };

/**
 * Rights on one node. `chain`: statements about the caller on the node itself, then on its parent, up to the root.
 * Two axes, each by itself: the nearest folder that says something wins, there the nearest identity, equals are united.
 */
export function decideRights(caller: CallerFacts, space: SpaceFacts, chain: Iterable<readonly Statement[]>): Rights {
  return judge(caller, space, chain).rights;
}

/** The same decision with its reasons. */
export function judge(caller: CallerFacts, space: SpaceFacts, chain: Iterable<readonly Statement[]>): Judgement {
  const isPersonal = space.kind === 'personal';
  if (isClosed(caller, space)) return without('none', NO_RIGHTS);
  if (isPersonal && space.ownerUserId === caller.userId) {
    return without('own_space', { atoms: ALL, syncRight: 'synchronizer', mayGrant: true });
  }
  const syncStatements = nearest(chain, (statement) => statement.syncRight !== null);
  const syncRight = strongest(syncStatements);
  if (!isPersonal && isDriveAdmin(caller.role)) {
    const rights = { atoms: ALL, syncRight, mayGrant: true };
    return { rights, basis: 'account_role', atomStatements: [], syncStatements };
  }
  const atomStatements = nearest(chain, (statement) => statement.atoms !== null);
  const { base, basis } = baseAtoms(caller, space, atomStatements);
  const atoms = new Set([...base, ...SYNC_RIGHT_ATOMS[syncRight]]);
  // PE-5: in a personal space only its owner gives rights, whatever role somebody was given there.
  const mayGrant = !isPersonal && atomStatements.some((statement) => statement.mayGrant);
  return { rights: { atoms, syncRight, mayGrant }, basis, atomStatements, syncStatements };
}

/** Whatever grants say. SA-1: what somebody wrote into a kept space would not be handed over, and would go with it. */
function isClosed(caller: CallerFacts, { kind, isKept }: SpaceFacts): boolean {
  if (kind === 'personal') return isKept === true || !caller.readsPersonalSpace;
  return isKept === true && !isDriveAdmin(caller.role);
}

/** Grants say it all where they say anything; else what everybody of the space has. */
function baseAtoms(
  caller: CallerFacts,
  space: SpaceFacts,
  statements: readonly Statement[],
): { readonly base: readonly Atom[]; readonly basis: Judgement['basis'] } {
  if (statements.length > 0) return { base: statements.flatMap((statement) => statement.atoms ?? []), basis: 'grant' };
  const base = defaultAtoms(caller, space);
  return { base, basis: base.length > 0 ? 'default' : 'none' };
}

export function isDriveAdmin(role: AccountRole): boolean {
  return role === 'super_admin' || role === 'drive_admin';
}

function without(basis: Judgement['basis'], rights: Rights): Judgement {
  return { rights, basis, atomStatements: [], syncStatements: [] };
}

function defaultAtoms(caller: CallerFacts, space: SpaceFacts): readonly Atom[] {
  if (space.kind === 'enterprise') return DEFAULT_ATOMS;
  return space.teamId !== null && caller.ownTeamIds.has(space.teamId) ? DEFAULT_ATOMS : [];
}

function nearest(
  chain: Iterable<readonly Statement[]>,
  speaks: (statement: Statement) => boolean,
): readonly Statement[] {
  for (const statements of chain) {
    const speaking = statements.filter(speaks);
    if (speaking.length === 0) continue;
    const rank = Math.min(...speaking.map((statement) => statement.rank));
    return speaking.filter((statement) => statement.rank === rank);
  }
  return [];
}

function strongest(statements: readonly Statement[]): SyncRight {
  const rights = statements.map((statement) => statement.syncRight ?? 'none');
  return rights.reduce<SyncRight>((best, next) => (SYNC_STRENGTH[next] > SYNC_STRENGTH[best] ? next : best), 'none');
}
