import { setImmediate } from 'node:timers/promises';
import type { EnterpriseId, NodeId, RightsImpact, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findChains, findSpaces } from './access.store.ts';
import { groupByFolder, type GivenGrant, type Member } from './given-grant.ts';
import { measureImpact } from './impact.ts';
import { listGivenTo, type SpaceTask } from './impact.store.ts';
import type { RightsState } from './shifted-rights.ts';

export type MeasuredChange = {
  readonly tasks: readonly SpaceTask[];
  readonly members: { readonly before: ReadonlyMap<string, Member>; readonly after: ReadonlyMap<string, Member> };
  /** Spaces that are kept afterwards, with nobody but drive admins in them. */
  readonly closedIds?: readonly SpaceId[];
  readonly grantsAfter: (before: readonly GivenGrant[]) => readonly GivenGrant[];
};

type Spaces = RightsState['spaces'];

/** Reads at once what is given to the people of the tasks in the spaces of the tasks, and the folders above all of it. */
export async function measureChange(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  { tasks, members, closedIds = [], grantsAfter }: MeasuredChange,
): Promise<RightsImpact> {
  const spaceIds = [...new Set(tasks.map((task) => task.spaceId))];
  const given = await listGivenTo(manager, enterpriseId, { spaceIds, identityIds: identitiesOf(members) });
  const after = grantsAfter(given);
  const folders = await findChains(manager, enterpriseId, placesOf(tasks, [...given, ...after]));
  const found = await findSpaces(manager, enterpriseId, [...new Set(folders.map((folder) => folder.spaceId))]);
  const spaces = new Map(found.map((space) => [space.id, space]));
  const grantsBefore = groupByFolder(given);
  const shift = {
    folders: new Map(folders.map((folder) => [folder.id, folder])),
    before: { members: members.before, grants: grantsBefore, spaces },
    after: {
      members: members.after,
      grants: after === given ? grantsBefore : groupByFolder(after),
      spaces: close(spaces, closedIds),
    },
  };
  return measureImpact({ ...shift, tasks }, setImmediate);
}

/** The same spaces where none is closed. */
function close(spaces: Spaces, closedIds: readonly SpaceId[]): Spaces {
  if (closedIds.length === 0) return spaces;
  const closed = new Set<string>(closedIds);
  return new Map([...spaces].map(([id, space]) => [id, closed.has(id) ? { ...space, isKept: true } : space]));
}

function identitiesOf({ before, after }: MeasuredChange['members']): string[] {
  const people = [...before.values(), ...after.values()];
  return [...new Set(people.flatMap(({ userId, teams }) => [userId, ...teams.map((team) => team.id)]))];
}

function placesOf(tasks: readonly SpaceTask[], grants: readonly GivenGrant[]): NodeId[] {
  return [...new Set([...tasks.map((task) => task.rootId), ...grants.map((grant) => grant.nodeId)])];
}
