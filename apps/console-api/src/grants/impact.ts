import { MAX_IMPACT_TASKS, SYNC_RIGHT_MODES, type NodeId, type RightsImpact } from '@tideline/contracts';
import type { GivenGrant } from './given-grant.ts';
import type { SpaceTask } from './impact.store.ts';
import { foldersAbove, isFelt, ShiftedRights, type Shift } from './shifted-rights.ts';
import { groupByStanding } from './standing.ts';

export type ImpactFacts = Shift & { readonly tasks: readonly SpaceTask[] };
type Effect = RightsImpact['tasks'][number]['effect'];
type Effects = Map<SpaceTask, Effect>;

/** Folders that are looked at before others have their turn on the event loop: some milliseconds. */
const FOLDERS_PER_TURN = 250;

/** Folders that one preview looks at inside of tasks, over all people: some five seconds. */
const MAX_LOOKS = 300_000;

/**
 * What sync tasks would feel of a change of rights. `nextTurn` lets others work in between. Which tasks pause or run is found out
 * for all of them first; where it takes more than `maxLooks` to know in which there is a change inside, some are not counted.
 */
export async function measureImpact(
  facts: ImpactFacts,
  nextTurn: () => Promise<unknown>,
  maxLooks = MAX_LOOKS,
): Promise<RightsImpact> {
  const effects: Effects = new Map();
  const turns = new Turns();
  const inside: Inside[] = [];
  for (const { standing, tasks } of groupByStanding(facts, facts.tasks)) {
    const rights = new ShiftedRights(facts, standing);
    inside.push({ rights, goingOn: feelAtRoots(tasks, rights, effects) });
    if (turns.isDue(tasks.length)) await nextTurn();
  }
  const isWhole = await feelInside(facts, inside, { effects, turns, nextTurn, maxLooks });
  return toImpact(facts.tasks, effects, isWhole);
}

type Work = {
  readonly effects: Effects;
  readonly turns: Turns;
  readonly nextTurn: () => Promise<unknown>;
  readonly maxLooks: number;
};
type Inside = { readonly rights: ShiftedRights; readonly goingOn: Map<NodeId, SpaceTask[]> };

/** Answers whether all was looked at. */
async function feelInside(facts: ImpactFacts, inside: readonly Inside[], work: Work): Promise<boolean> {
  const { effects, turns, nextTurn, maxLooks } = work;
  const changeable = findChangeable(facts);
  let looks = 0;
  for (const { rights, goingOn } of inside) {
    for (const folderId of changeable) {
      if (goingOn.size === 0) break;
      looks += 1;
      if (looks > maxLooks) return false;
      if (turns.isDue(1)) await nextTurn();
      if (rights.isSpokenOf(folderId) && isFelt(rights.at(folderId))) feelAbove(folderId, { facts, goingOn, effects });
    }
  }
  return true;
}

class Turns {
  #since = 0;

  /** Whether it is time to let others work. */
  isDue(folders: number): boolean {
    this.#since += folders;
    if (this.#since < FOLDERS_PER_TURN) return false;
    this.#since = 0;
    return true;
  }
}

/** Folders of grants where rights can become others: where people stay who they are, those at and below changed grants. */
function findChangeable({ folders, before, after }: Shift): readonly NodeId[] {
  const all = [...new Set([...before.grants.keys(), ...after.grants.keys()])];
  if (before.members !== after.members || before.spaces !== after.spaces) return all;
  const origins = new Set(all.filter((id) => !isSame(before.grants.get(id), after.grants.get(id))));
  return all.filter((id) => origins.has(id) || foldersAbove(folders, id).some((above) => origins.has(above)));
}

function isSame(before: readonly GivenGrant[] = [], after: readonly GivenGrant[] = []): boolean {
  return before.length === after.length && before.every((grant, at) => after[at] === grant);
}

/** A task runs or not by the rights on its root. Answers those that go on as they were, which a change inside may concern. */
function feelAtRoots(tasks: readonly SpaceTask[], rights: ShiftedRights, effects: Effects): Map<NodeId, SpaceTask[]> {
  const goingOn = new Map<NodeId, SpaceTask[]>();
  for (const task of tasks) {
    const change = rights.at(task.rootId);
    const [ran, runs] = [change.before, change.after].map(({ syncRight }) =>
      SYNC_RIGHT_MODES[syncRight].includes(task.mode),
    );
    if (ran !== runs) effects.set(task, runs ? 'resumed' : 'paused');
    else if (runs && isFelt(change)) effects.set(task, 'changed');
    else if (runs) goingOn.set(task.rootId, [...(goingOn.get(task.rootId) ?? []), task]);
  }
  return goingOn;
}

function feelAbove(
  folderId: NodeId,
  of: { readonly facts: Shift; readonly goingOn: Map<NodeId, SpaceTask[]>; readonly effects: Effects },
): void {
  for (const aboveId of foldersAbove(of.facts.folders, folderId)) {
    for (const task of of.goingOn.get(aboveId) ?? []) of.effects.set(task, 'changed');
    of.goingOn.delete(aboveId);
  }
}

function toImpact(tasks: readonly SpaceTask[], effects: Effects, isWhole: boolean): RightsImpact {
  const felt = tasks.flatMap((task) => {
    const effect = effects.get(task);
    return effect ? [{ task, effect }] : [];
  });
  const count = (effect: Effect) => felt.filter((each) => each.effect === effect).length;
  return {
    pausedTasks: count('paused'),
    resumedTasks: count('resumed'),
    changedTasks: count('changed'),
    devices: new Set(felt.map(({ task }) => task.deviceId)).size,
    people: new Set(felt.map(({ task }) => task.userId)).size,
    isWhole,
    tasks: felt.slice(0, MAX_IMPACT_TASKS).map(({ task, effect }) => {
      const { taskId, deviceId, deviceName, userName, mode } = task;
      return { taskId, deviceId, deviceName, userName, mode, effect };
    }),
  };
}
