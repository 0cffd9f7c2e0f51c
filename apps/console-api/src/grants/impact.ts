import { MAX_IMPACT_TASKS, SYNC_RIGHT_MODES, type NodeId, type RightsImpact } from '@tideline/contracts';
import { chainFor, type GivenGrant, type Member } from './given-grant.ts';
import type { SpaceTask } from './impact.store.ts';
import { decideRights, type Rights, type SpaceFacts } from './rights.ts';

export type ImpactFacts = {
  readonly space: SpaceFacts;
  /** The folder whose grants would change. */
  readonly folderId: NodeId;
  readonly tasks: readonly SpaceTask[];
  readonly members: ReadonlyMap<string, Member>;
  readonly before: readonly GivenGrant[];
  readonly after: readonly GivenGrant[];
  /** From a node up to the root of the space. */
  readonly pathOf: (nodeId: NodeId) => readonly NodeId[];
};
type Effect = RightsImpact['tasks'][number]['effect'];

/** What the tasks of a space would feel of a change of grants on one folder. */
export function measureImpact(facts: ImpactFacts): RightsImpact {
  const felt = facts.tasks.flatMap((task) => {
    const effect = effectOn(task, facts);
    return effect ? [{ task, effect }] : [];
  });
  const count = (effect: Effect) => felt.filter((each) => each.effect === effect).length;
  return {
    pausedTasks: count('paused'),
    resumedTasks: count('resumed'),
    changedTasks: count('changed'),
    devices: new Set(felt.map(({ task }) => task.deviceId)).size,
    people: new Set(felt.map(({ task }) => task.userId)).size,
    tasks: felt.slice(0, MAX_IMPACT_TASKS).map(({ task, effect }) => {
      const { taskId, deviceId, deviceName, userName, mode } = task;
      return { taskId, deviceId, deviceName, userName, mode, effect };
    }),
  };
}

function effectOn(task: SpaceTask, facts: ImpactFacts): Effect | undefined {
  const member = facts.members.get(task.userId);
  if (!member) return undefined;
  const caller = { ...member, readsPersonalSpace: task.readsPersonalSpace };
  const decideAt = (nodeId: NodeId) => {
    const path = facts.pathOf(nodeId);
    const decide = (grants: readonly GivenGrant[]) => decideRights(caller, facts.space, chainFor(member, path, grants));
    return { before: decide(facts.before), after: decide(facts.after) };
  };
  // A task at or below the folder stands on its own root; one above it only has the folder inside.
  if (facts.pathOf(task.rootId).includes(facts.folderId)) return effectOnRoot(task, decideAt(task.rootId));
  if (!facts.pathOf(facts.folderId).includes(task.rootId)) return undefined;
  const { before, after } = decideAt(facts.folderId);
  return isSame(before, after) ? undefined : 'changed';
}

function effectOnRoot(
  task: SpaceTask,
  { before, after }: { readonly before: Rights; readonly after: Rights },
): Effect | undefined {
  const [ran, runs] = [before, after].map(({ syncRight }) => SYNC_RIGHT_MODES[syncRight].includes(task.mode));
  if (ran !== runs) return runs ? 'resumed' : 'paused';
  return runs && !isSame(before, after) ? 'changed' : undefined;
}

function isSame(one: Rights, other: Rights): boolean {
  return one.syncRight === other.syncRight && one.atoms.symmetricDifference(other.atoms).size === 0;
}
