import type { EnterpriseId, NodeId, RightsImpact } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findChains, findSpaces } from './access.store.ts';
import { listGiven } from './folder-grant.store.ts';
import { groupByFolder, type GivenGrant, type Member } from './given-grant.ts';
import { measureImpact } from './impact.ts';
import type { SpaceTask } from './impact.store.ts';
import { parentsOf, pathUp } from './path-up.ts';

export type MeasuredChange = {
  readonly tasks: readonly SpaceTask[];
  /** Folders whose grants would say something else, or say it to others. */
  readonly touched: readonly NodeId[];
  readonly members: { readonly before: ReadonlyMap<string, Member>; readonly after: ReadonlyMap<string, Member> };
  readonly grantsAfter: (before: readonly GivenGrant[]) => readonly GivenGrant[];
};

/** Reads the folders above all roots and touched folders at once, and what is given on them. */
export async function measureChange(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  change: MeasuredChange,
): Promise<RightsImpact> {
  const { tasks, touched, members } = change;
  const nodeIds = [...new Set([...touched, ...tasks.map((task) => task.rootId)])];
  const nodes = await findChains(manager, enterpriseId, nodeIds);
  const given = await listGiven(
    manager,
    enterpriseId,
    nodes.map((node) => node.id),
  );
  const spaces = await findSpaces(manager, enterpriseId, [...new Set(tasks.map((task) => task.spaceId))]);
  const parents = parentsOf(nodes);
  const paths = new Map(nodeIds.map((id) => [id, pathUp(parents, id)]));
  return measureImpact({
    spaces: new Map(spaces.map((space) => [space.id, space])),
    tasks,
    touched,
    before: { members: members.before, grants: groupByFolder(given) },
    after: { members: members.after, grants: groupByFolder(change.grantsAfter(given)) },
    pathOf: (nodeId) => paths.get(nodeId) ?? [],
  });
}
