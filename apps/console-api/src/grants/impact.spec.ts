import {
  ATOMS,
  SYNC_RIGHT_MODES,
  type Atom,
  type DeviceId,
  type GrantId,
  type NodeId,
  type SpaceId,
  type SyncMode,
  type SyncRight,
  type TaskId,
  type UserId,
} from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import type { ChainNode, TeamDistance } from './access.store.ts';
import { chainFor, groupByFolder, type GivenGrant, type Member } from './given-grant.ts';
import type { SpaceTask } from './impact.store.ts';
import { measureImpact, type ImpactFacts } from './impact.ts';
import { decideRights, NO_RIGHTS, type Rights } from './rights.ts';
import { random, type Random } from './testing/rights-oracle.ts';

const SPACE = 's' as SpaceId;
const ROOT = 'root' as NodeId;
const noTurns = () => Promise.resolve();

type World = Omit<ImpactFacts, 'before' | 'after'> & {
  readonly before: { readonly members: readonly Member[]; readonly grants: readonly GivenGrant[] };
  readonly after: { readonly members: readonly Member[]; readonly grants: readonly GivenGrant[] };
};

function factsOf({ folders, tasks, before, after }: World): ImpactFacts {
  const spaces = new Map([[SPACE, { kind: 'team', ownerUserId: null, teamId: 'own' } as const]]);
  const people = (members: readonly Member[]) => new Map(members.map((member) => [member.userId as string, member]));
  const were = people(before.members);
  const are = before.members === after.members ? were : people(after.members);
  return {
    folders,
    tasks,
    before: { members: were, grants: groupByFolder(before.grants), spaces },
    after: { members: are, grants: groupByFolder(after.grants), spaces },
  };
}

function folder(id: string, parentId: string | null): [NodeId, ChainNode] {
  const node = { id, parentId, spaceId: SPACE, kind: 'folder', trashed: false } as ChainNode;
  return [node.id, node];
}

function grant(nodeId: string, to: string, says: { atoms?: readonly Atom[]; syncRight?: SyncRight }): GivenGrant {
  const toType = to.startsWith('person') ? 'user' : 'team';
  const silent = {
    subTeams: true,
    role: null,
    actionListId: null,
    atoms: null,
    syncRight: null,
  };
  return { ...silent, ...says, grantId: `${nodeId} ${to}` as GrantId, nodeId: nodeId as NodeId, toType, toId: to };
}

function member(userId: string, teams: readonly TeamDistance[], role: Member['role'] = 'user'): Member {
  const ownTeamIds = new Set(teams.filter(({ distance }) => distance === 0).map(({ id }) => id));
  return { userId: userId as UserId, name: userId, email: '', role, readsPersonalSpace: true, teams, ownTeamIds };
}

function task(id: string, of: { userId: string; rootId?: string; mode?: SyncMode }): SpaceTask {
  const { userId, rootId = ROOT, mode = 'upload' } = of;
  const device = {
    deviceId: `pc of ${userId}` as DeviceId,
    deviceName: 'pc',
    userName: userId,
    readsPersonalSpace: true,
  };
  return { ...device, taskId: id as TaskId, userId: userId as UserId, mode, spaceId: SPACE, rootId: rootId as NodeId };
}

/** PE-2 read naively: for each task the rights on its root, then those on every folder inside. */
function expectedEffects({ folders, tasks, before, after }: World): Record<string, string> {
  const pathOf = (id: NodeId): NodeId[] => {
    const above = folders.get(id)?.parentId;
    return above ? [id, ...pathOf(above)] : [id];
  };
  const rightsIn = ({ members, grants }: World['before'], userId: string, id: NodeId): Rights => {
    const found = members.find((each) => each.userId === userId);
    const space = { kind: 'team', ownerUserId: null, teamId: 'own' } as const;
    return found ? decideRights(found, space, chainFor(found, pathOf(id), groupByFolder(grants))) : NO_RIGHTS;
  };
  const told = (rights: Rights) => JSON.stringify([rights.syncRight, [...rights.atoms].sort()]);
  const effects = tasks.map(({ taskId, userId, rootId, mode }) => {
    const [was, is] = [before, after].map((state) => (id: NodeId) => rightsIn(state, userId, id)) as [At, At];
    const [ran, runs] = [was, is].map((at) => SYNC_RIGHT_MODES[at(rootId).syncRight].includes(mode));
    if (ran !== runs) return [taskId, runs ? 'resumed' : 'paused'];
    const inside = [...folders.keys()].filter((id) => pathOf(id).includes(rootId));
    return [taskId, runs && inside.some((id) => told(was(id)) !== told(is(id))) ? 'changed' : undefined];
  });
  return Object.fromEntries(effects.filter(([, effect]) => effect)) as Record<string, string>;
}
type At = (id: NodeId) => Rights;

async function effectsOf(world: World): Promise<Record<string, string>> {
  const { tasks } = await measureImpact(factsOf(world), noTurns);
  return Object.fromEntries(tasks.map(({ taskId, effect }) => [taskId, effect]));
}

const pick = <T>(draw: Random, from: readonly T[]): T => from[Math.floor(draw() * from.length)] as T;

function drawWorld(draw: Random): World {
  const ids = ['root', 'f1', 'f2', 'f3', 'f4', 'f5'];
  const folders = new Map(ids.map((id, at) => folder(id, at === 0 ? null : pick(draw, ids.slice(0, at)))));
  const people = ['person 1', 'person 2', 'person 3', 'person 4'];
  const grants = ids.flatMap((id) =>
    [...people, 'own', 'upper', 'other'].filter(() => draw() < 0.2).map((to) => grant(id, to, drawSaid(draw))),
  );
  const members = people.map((id) => drawMember(draw, id));
  const changesPeople = draw() < 0.5;
  const tasks = people.flatMap((userId) =>
    ['a', 'b'].map((name) =>
      task(`${name} of ${userId}`, {
        userId,
        rootId: pick(draw, ids),
        mode: pick(draw, ['upload', 'bidirectional'] as const),
      }),
    ),
  );
  return {
    folders,
    tasks,
    before: { members, grants },
    after: changesPeople
      ? { members: people.filter(() => draw() < 0.9).map((id) => drawMember(draw, id)), grants }
      : { members, grants: grants.flatMap((each) => (draw() < 0.2 ? drawOther(draw, each) : [each])) },
  };
}

const drawMember = (draw: Random, id: string): Member => {
  const teams = ['own', 'upper', 'other']
    .filter(() => draw() < 0.5)
    .map((team) => ({ id: team, distance: pick(draw, [0, 1, 2]) }));
  return member(id, teams, draw() < 0.1 ? 'drive_admin' : 'user');
};
const drawSaid = (draw: Random) => ({
  ...(draw() < 0.6 ? { atoms: ATOMS.filter(() => draw() < 0.5) } : {}),
  ...(draw() < 0.6 ? { syncRight: pick(draw, ['none', 'backer', 'synchronizer'] as const) } : {}),
});
const drawOther = (draw: Random, { nodeId, toId }: GivenGrant): GivenGrant[] =>
  draw() < 0.4 ? [] : [grant(nodeId, toId, drawSaid(draw))];

describe('what tasks feel of a change of rights', () => {
  it('[PE-2] [PE-4] is what a reading of each folder for each task says, in any world', async () => {
    const seen: Record<string, number> = { paused: 0, resumed: 0, changed: 0 };
    for (let seed = 1; seed <= 600; seed++) {
      const world = drawWorld(random(seed));
      const expected = expectedEffects(world);
      expect({ seed, ...(await effectsOf(world)) }).toEqual({ seed, ...expected });
      for (const effect of Object.values(expected)) seen[effect] = (seen[effect] ?? 0) + 1;
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });

  it('[PE-2] shows inside where an inner grant takes away what hid it', async () => {
    // The sync right on the outer folder brings all that the role says; the inner folder takes it away.
    const given = (atoms: readonly Atom[]) => [
      grant('outer', 'person 1', { atoms, syncRight: 'synchronizer' }),
      grant('inner', 'person 1', { syncRight: 'none' }),
    ];
    const members = [member('person 1', [])];
    const folders = new Map([folder('root', null), folder('outer', 'root'), folder('inner', 'outer')]);
    const world = { folders, tasks: [task('a', { userId: 'person 1', rootId: 'outer', mode: 'bidirectional' })] };
    const change = {
      before: { members, grants: given(['visible', 'list']) },
      after: { members, grants: given(['visible']) },
    };
    expect(await effectsOf({ ...world, ...change })).toEqual({ a: 'changed' });
  });
});

describe('the work of a preview', () => {
  const FOLDERS = 2000;
  const PEOPLE = 250;
  const PER_TURN = 250;
  const people = Array.from({ length: PEOPLE }, (_, at) => `person ${at}`);
  const ids = Array.from({ length: FOLDERS }, (_, at) => `f${at}`);
  const folders = new Map([folder('root', null), ...ids.map((id) => folder(id, 'root'))]);
  const tasks = people.map((userId) => task(userId, { userId }));
  const teamGrants = [
    grant('root', 'team', { syncRight: 'backer' }),
    ...ids.map((id) => grant(id, 'team', { atoms: ['list'] })),
  ];
  const moved = {
    before: people.map((id) => member(id, [{ id: 'team', distance: 0 }])),
    after: people.map((id) => member(id, [{ id: 'team', distance: 1 }])),
  };

  const movedWith = (grants: readonly GivenGrant[]): World => ({
    folders,
    tasks,
    before: { members: moved.before, grants },
    after: { members: moved.after, grants },
  });

  async function countTurns(world: World): Promise<number> {
    let turns = 0;
    await measureImpact(factsOf(world), () => Promise.resolve((turns += 1)));
    return turns;
  }

  it('[PE-2] is done once for all to whom the same is given, through a team or one by one', async () => {
    const grants = [...teamGrants, ...people.map((id) => grant('root', id, { syncRight: 'backer' }))];
    const counts = await Promise.all([teamGrants, grants].map((given) => countTurns(movedWith(given))));
    expect(Math.max(...counts)).toBeLessThanOrEqual(2 * (FOLDERS / PER_TURN));
  });

  it('[PE-2] lets others have their turn, however much there is to decide', async () => {
    const grants = [
      ...teamGrants,
      ...people.slice(0, 20).map((id, at) => grant(`f${at}`, id, { syncRight: 'backer' })),
    ];
    expect(await countTurns(movedWith(grants))).toBeGreaterThanOrEqual((20 * FOLDERS) / PER_TURN);
  });

  it('[PE-2] ends, and says so, where there is too much inside to look at; what pauses is told all the same', async () => {
    const grants = [...teamGrants, ...people.map((id, at) => grant(`f${at}`, id, { syncRight: 'backer' }))];
    const world = movedWith(grants);
    const [last] = people.slice(-1) as [string];
    const after = moved.after.map((each) => (each.userId === last ? member(last, []) : each));
    const facts = factsOf({ ...world, after: { ...world.after, members: after } });
    let turns = 0;
    const cut = await measureImpact(facts, () => Promise.resolve((turns += 1)), 3 * FOLDERS);
    expect(cut).toMatchObject({ isWhole: false, pausedTasks: 1, tasks: [{ taskId: last, effect: 'paused' }] });
    expect(turns).toBeLessThanOrEqual((3 * FOLDERS) / PER_TURN + 1);
    expect(await measureImpact(factsOf(movedWith(teamGrants)), noTurns, 3 * FOLDERS)).toMatchObject({ isWhole: true });
  });

  it('[PE-2] looks only at and below the folders whose grants change, as long as people stay who they are', async () => {
    const grants = [...teamGrants, ...people.map((id, at) => grant(`f${at}`, id, { syncRight: 'backer' }))];
    const edited = grants.map((each) => (each.nodeId === ids[7] ? { ...each, atoms: ['shareLink'] as const } : each));
    const { before: members } = moved;
    const world = { folders, tasks, before: { members, grants }, after: { members, grants: edited } };
    expect(await countTurns(world)).toBeLessThanOrEqual((2 * PEOPLE) / PER_TURN);
    expect((await measureImpact(factsOf(world), noTurns)).changedTasks).toBe(PEOPLE);
  });
});
