import { MAX_IMPACT_TASKS, SYNC_RIGHT_MODES, type NodeId, type RightsImpact } from '@tideline/contracts';
import { chainFor, type GrantsByFolder, type Member } from './given-grant.ts';
import type { SpaceTask } from './impact.store.ts';
import { decideRights, NO_RIGHTS, type Rights, type SpaceFacts } from './rights.ts';

/** People, and what is given to them, at one moment. Whoever is not among the people may do nothing. */
export type RightsState = { readonly members: ReadonlyMap<string, Member>; readonly grants: GrantsByFolder };
export type ImpactFacts = {
  readonly spaces: ReadonlyMap<string, SpaceFacts>;
  readonly tasks: readonly SpaceTask[];
  /** Folders whose grants would say something else, or say it to others; the roots of tasks are looked at anyway. */
  readonly touched: readonly NodeId[];
  readonly before: RightsState;
  readonly after: RightsState;
  /** From a node up to the root of the space. */
  readonly pathOf: (nodeId: NodeId) => readonly NodeId[];
};
type Effect = RightsImpact['tasks'][number]['effect'];
type Change = { readonly before: Rights; readonly after: Rights };

/** What sync tasks would feel of a change of rights. */
export function measureImpact(facts: ImpactFacts): RightsImpact {
  const touchedBelow = groupByFolderAbove(facts);
  const felt = facts.tasks.flatMap((task) => {
    const effect = effectOn(task, facts, touchedBelow.get(task.rootId) ?? []);
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

function groupByFolderAbove({ touched, pathOf }: ImpactFacts): Map<NodeId, NodeId[]> {
  const below = new Map<NodeId, NodeId[]>();
  for (const folderId of touched) {
    for (const aboveId of pathOf(folderId).slice(1)) {
      const folders = below.get(aboveId);
      if (folders) folders.push(folderId);
      else below.set(aboveId, [folderId]);
    }
  }
  return below;
}

/** A task runs or not by the rights on its root; one that goes on may find folders inside changed. */
function effectOn(task: SpaceTask, facts: ImpactFacts, touchedInside: readonly NodeId[]): Effect | undefined {
  const atRoot = changeAt(task.rootId, task, facts);
  const [ran, runs] = [atRoot.before, atRoot.after].map(({ syncRight }) =>
    SYNC_RIGHT_MODES[syncRight].includes(task.mode),
  );
  if (ran !== runs) return runs ? 'resumed' : 'paused';
  if (!runs) return undefined;
  const hasChanged = isFelt(atRoot) || touchedInside.some((folderId) => isFelt(changeAt(folderId, task, facts)));
  return hasChanged ? 'changed' : undefined;
}

function changeAt(nodeId: NodeId, task: SpaceTask, facts: ImpactFacts): Change {
  const space = facts.spaces.get(task.spaceId);
  const path = facts.pathOf(nodeId);
  const decide = ({ members, grants }: RightsState) => {
    const member = members.get(task.userId);
    if (!member || !space) return NO_RIGHTS;
    const caller = { ...member, readsPersonalSpace: task.readsPersonalSpace };
    return decideRights(caller, space, chainFor(member, path, grants));
  };
  return { before: decide(facts.before), after: decide(facts.after) };
}

function isFelt({ before, after }: Change): boolean {
  return before.syncRight !== after.syncRight || before.atoms.symmetricDifference(after.atoms).size > 0;
}
