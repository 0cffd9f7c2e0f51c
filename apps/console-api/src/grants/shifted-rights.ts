import type { NodeId } from '@tideline/contracts';
import type { ChainNode } from './access.store.ts';
import { statementAbout, type GrantsByFolder, type Member } from './given-grant.ts';
import { decideRights, NO_RIGHTS, type Rights, type SpaceFacts, type Statement } from './rights.ts';

/** People, what is given to them, and the spaces, at one moment. Whoever is not among the people may do nothing. */
export type RightsState = {
  readonly members: ReadonlyMap<string, Member>;
  readonly grants: GrantsByFolder;
  readonly spaces: ReadonlyMap<string, SpaceFacts>;
};
/** What stays as it is is the same object before and after. */
export type Shift = {
  /** The roots of tasks, the folders of grants, and all above them. */
  readonly folders: ReadonlyMap<NodeId, ChainNode>;
  readonly before: RightsState;
  readonly after: RightsState;
};
export type Change = { readonly before: Rights; readonly after: Rights };
/** Whose rights: a person on a device. */
export type Standing = { readonly userId: string; readonly readsPersonalSpace: boolean };

const NEITHER: Change = { before: NO_RIGHTS, after: NO_RIGHTS };
const SILENCE: readonly Statement[] = [];

/** Rights of one person before and after, folder by folder; decided once for all folders where no nearer one says something. */
export class ShiftedRights {
  readonly #shift: Shift;
  readonly #sides: readonly [Side, Side];
  readonly #known = new Map<NodeId, Change>();

  constructor(shift: Shift, of: Standing) {
    this.#shift = shift;
    this.#sides = [new Side(shift.before, of), new Side(shift.after, of)];
  }

  /** Whether a grant on the folder itself says something, before or after. */
  isSpokenOf(folderId: NodeId): boolean {
    return this.#sides.some((side) => side.statementsOn(folderId).length > 0);
  }

  at(folderId: NodeId): Change {
    const silent: NodeId[] = [];
    let at = this.#shift.folders.get(folderId);
    while (at?.parentId && !this.#known.has(at.id) && !this.isSpokenOf(at.id)) {
      silent.push(at.id);
      at = this.#shift.folders.get(at.parentId);
    }
    if (!at) return NEITHER;
    const change = this.#known.get(at.id) ?? this.#decide(at);
    for (const id of [...silent, at.id]) this.#known.set(id, change);
    return change;
  }

  #decide({ id, spaceId }: ChainNode): Change {
    const path = [id, ...foldersAbove(this.#shift.folders, id)];
    const [before, after] = this.#sides;
    return { before: before.decide(path, spaceId), after: after.decide(path, spaceId) };
  }
}

/** One of the two moments, for one person. */
class Side {
  readonly #state: RightsState;
  readonly #member: Member | undefined;
  readonly #said = new Map<NodeId, readonly Statement[]>();

  constructor(state: RightsState, { userId, readsPersonalSpace }: Standing) {
    const member = state.members.get(userId);
    this.#state = state;
    this.#member = member && { ...member, readsPersonalSpace };
  }

  decide(path: readonly NodeId[], spaceId: string): Rights {
    const space = this.#state.spaces.get(spaceId);
    if (!this.#member || !space) return NO_RIGHTS;
    return decideRights(this.#member, space, { [Symbol.iterator]: () => this.#statementsAlong(path) });
  }

  statementsOn(folderId: NodeId): readonly Statement[] {
    const grants = this.#state.grants.get(folderId);
    const member = this.#member;
    if (!grants || !member) return SILENCE;
    const known = this.#said.get(folderId);
    if (known) return known;
    const said = grants.flatMap((grant) => statementAbout(member, grant) ?? []);
    this.#said.set(folderId, said);
    return said;
  }

  /** No further than somebody reads: the nearest folder that says something mostly says it all. */
  *#statementsAlong(path: readonly NodeId[]): Iterator<readonly Statement[]> {
    for (const id of path) yield this.statementsOn(id);
  }
}

export function isFelt({ before, after }: Change): boolean {
  return before.syncRight !== after.syncRight || before.atoms.symmetricDifference(after.atoms).size > 0;
}

/** From the folder above up to the root. */
export function foldersAbove(folders: Shift['folders'], folderId: NodeId): NodeId[] {
  const above: NodeId[] = [];
  for (let id = folders.get(folderId)?.parentId; id; id = folders.get(id)?.parentId) above.push(id);
  return above;
}
