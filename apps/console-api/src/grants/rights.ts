import { ATOMS, type AccountRole, type Atom, type NodeId, type SpaceKind, type SyncRight } from '@tideline/contracts';

/** What a grant says about the caller: `rank` 0 the user, 1 an own team, 2 its parent team and so on (PE-4). */
export type Statement = {
  readonly nodeId: NodeId;
  readonly rank: number;
  /** `null`: says nothing on this axis. */
  readonly atoms: readonly Atom[] | null;
  readonly syncRight: SyncRight | null;
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
};
export type Rights = { readonly atoms: ReadonlySet<Atom>; readonly syncRight: SyncRight };

const ALL: ReadonlySet<Atom> = new Set(ATOMS);
const NOTHING: ReadonlySet<Atom> = new Set();
const VIEWER: readonly Atom[] = ['visible', 'list', 'preview', 'download'];
/** PE-6: the sync right brings the atoms it needs. A Backer reads no bytes; `delete` serves the delete switch (UP-4). */
const SYNC_ATOMS: Record<SyncRight, readonly Atom[]> = {
  none: [],
  backer: ['visible', 'list', 'preview', 'create', 'update', 'move', 'delete'],
  synchronizer: ['visible', 'list', 'preview', 'create', 'update', 'download', 'copy', 'move', 'delete'],
};
const SYNC_STRENGTH: Record<SyncRight, number> = { none: 0, backer: 1, synchronizer: 2 };

export const NO_RIGHTS: Rights = { atoms: NOTHING, syncRight: 'none' };
/** A folder on the way to one that the caller may use: it can be walked through and is otherwise closed. */
export const PASSAGE: Rights = { atoms: new Set<Atom>(['visible']), syncRight: 'none' };

/**
 * Rights on one node. `chain`: statements about the caller on the node itself, then on its parent, up to the root.
 * Two axes, each by itself: the nearest folder that says something wins, there the nearest identity, equals are united.
 */
export function decideRights(caller: CallerFacts, space: SpaceFacts, chain: readonly (readonly Statement[])[]): Rights {
  if (space.kind === 'personal') return isOwner(caller, space) ? { atoms: ALL, syncRight: 'synchronizer' } : NO_RIGHTS;
  const syncRight = strongest(nearest(chain, (statement) => statement.syncRight));
  if (isDriveAdmin(caller.role)) return { atoms: ALL, syncRight };
  const granted = nearest(chain, (statement) => statement.atoms)?.flat();
  const atoms = new Set([...(granted ?? defaultAtoms(caller, space)), ...SYNC_ATOMS[syncRight]]);
  return { atoms, syncRight };
}

/** Whether a statement can make its folder visible to somebody who would not see it otherwise. */
export function givesSomething(statement: Statement): boolean {
  return (statement.atoms?.length ?? 0) > 0 || (statement.syncRight ?? 'none') !== 'none';
}

export function isDriveAdmin(role: AccountRole): boolean {
  return role === 'super_admin' || role === 'drive_admin';
}

/** PE-5: nobody but its owner, and not by a device that the owner has not confirmed. */
function isOwner(caller: CallerFacts, space: SpaceFacts): boolean {
  return space.ownerUserId === caller.userId && caller.readsPersonalSpace;
}

function defaultAtoms(caller: CallerFacts, space: SpaceFacts): readonly Atom[] {
  if (space.kind === 'enterprise') return VIEWER;
  return space.teamId !== null && caller.ownTeamIds.has(space.teamId) ? VIEWER : [];
}

function nearest<T>(
  chain: readonly (readonly Statement[])[],
  axis: (statement: Statement) => T | null,
): T[] | undefined {
  for (const statements of chain) {
    const speaking = statements.filter((statement) => axis(statement) !== null);
    if (speaking.length === 0) continue;
    const rank = Math.min(...speaking.map((statement) => statement.rank));
    return speaking.filter((statement) => statement.rank === rank).map((statement) => axis(statement) as T);
  }
  return undefined;
}

function strongest(rights: readonly SyncRight[] | undefined): SyncRight {
  const all = rights ?? [];
  return all.reduce<SyncRight>((best, next) => (SYNC_STRENGTH[next] > SYNC_STRENGTH[best] ? next : best), 'none');
}
