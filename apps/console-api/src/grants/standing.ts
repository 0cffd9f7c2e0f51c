import type { GivenGrant } from './given-grant.ts';
import type { SpaceTask } from './impact.store.ts';
import type { RightsState, Shift, Standing } from './shifted-rights.ts';

/** Tasks of people for whom everything given, and so every right, is the same: it is decided for one of them. */
export type StandingGroup = { readonly standing: Standing; readonly tasks: readonly SpaceTask[] };

export function groupByStanding(shift: Shift, tasks: readonly SpaceTask[]): StandingGroup[] {
  const describers = [toDescriber(shift.before), toDescriber(shift.after)];
  const groups = Map.groupBy(tasks, ({ userId, readsPersonalSpace }) =>
    JSON.stringify([readsPersonalSpace, ...describers.map((describe) => describe(userId))]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ standing: first, tasks: group }] : [];
  });
}

/** All that rights are decided from: the role, the teams and how far each is, own grants, own spaces. */
function toDescriber({ members, grants, spaces }: RightsState): (userId: string) => unknown {
  const ownGrants = Map.groupBy(grantsToUsers(grants), (grant) => grant.toId);
  const owners = new Set([...spaces.values()].map((space) => space.ownerUserId));
  return (userId) => {
    const member = members.get(userId);
    if (!member) return null;
    const teams = member.teams.map(({ id, distance }) => `${id} ${distance}`).sort();
    const own = ownGrants.get(userId)?.map(({ nodeId, role, atoms, syncRight }) => [nodeId, role, atoms, syncRight]);
    return [member.role, teams, own, owners.has(userId) ? userId : ''];
  };
}

function grantsToUsers(grants: RightsState['grants']): GivenGrant[] {
  return [...grants.values()].flatMap((here) => here.filter(({ toType }) => toType === 'user'));
}
