import { randomUUID } from 'node:crypto';
import {
  AppError,
  SYNC_RIGHT_MODES,
  type NodeId,
  type RightsImpact,
  type SetFolderGrant,
  type SpaceId,
  type SyncMode,
  type TaskId,
  type TeamId,
} from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveWorld, ops } from '../drive/testing/drive-world.ts';
import { ImpactService } from '../grants/impact.service.ts';
import { SystemClock } from '../platform/clock.ts';
import type { DevicePrincipal, PersonPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { PeopleImpactService } from './people-impact.service.ts';
import { markDeleted, setDisabled, setTeams, updatePerson } from './people-admin.store.ts';
import { moveTeam } from './team-admin.store.ts';

let world: DriveWorld;
let impacts: PeopleImpactService;
let boss: PersonPrincipal;
beforeAll(async () => {
  world = await DriveWorld.open();
  const { dataSource } = world.database;
  const grants = new ImpactService(dataSource, world.access, world.folderGrants, new SystemClock());
  impacts = new PeopleImpactService(dataSource, grants);
  boss = await world.person('super_admin');
});
afterAll(() => world.close());

type Place = { readonly spaceId: SpaceId; readonly outer: NodeId; readonly inner: NodeId };
type Task = { readonly id: TaskId; readonly device: DevicePrincipal; readonly rootId: NodeId; readonly mode: SyncMode };

async function place(teamId: TeamId): Promise<Place> {
  const { spaceId, rootId } = await world.space('team', { teamId });
  const outer = ops.folder(rootId, 'outer');
  const inner = ops.folder(outer.nodeId, 'inner');
  await world.commit(boss, spaceId, [outer, inner]);
  return { spaceId, outer: outer.nodeId, inner: inner.nodeId };
}

const give = (nodeId: NodeId, to: SetFolderGrant['to'], what: Partial<SetFolderGrant>) =>
  world.folderGrants.set(boss, nodeId, { to, subTeams: true, expiresAt: null, ...what });
const toTeam = (id: TeamId) => ({ type: 'team', id }) as const;
const toUser = (who: PersonPrincipal) => ({ type: 'user', id: who.userId }) as const;

async function task(device: DevicePrincipal, spaceId: SpaceId, rootId: NodeId, mode: SyncMode): Promise<Task> {
  const id = randomUUID() as TaskId;
  await world.sql(
    `INSERT INTO sync_task (enterprise_id, device_id, id, mode, space_id, space_kind, root_node_id, local_path, cloud_path)
     VALUES ($1, $2, $3, $4, $5, 'team', $6, '/x', 'team/x:/')`,
    [world.enterpriseId, device.deviceId, id, mode, spaceId, rootId],
  );
  return { id, device, rootId, mode };
}

/** Whether tasks may run, as the call that decides every request says it. */
async function runsOf(tasks: readonly Task[]): Promise<boolean[]> {
  const runs = tasks.map(async ({ device, rootId, mode }) => {
    const [user] = await world.sql(`SELECT disabled_at FROM app_user WHERE id = $1`, [device.userId]);
    const right = (await world.access.resolve(world.manager, device, [rootId])).get(rootId)?.syncRight ?? 'none';
    return user?.['disabled_at'] === null && SYNC_RIGHT_MODES[right].includes(mode);
  });
  return Promise.all(runs);
}

/** What the preview told, after what it told was seen to come true. */
async function foretold(
  tasks: readonly Task[],
  preview: () => Promise<RightsImpact>,
  change: () => Promise<unknown>,
): Promise<Record<string, string>> {
  const impact = await preview();
  const before = await runsOf(tasks);
  await change();
  const after = await runsOf(tasks);
  const effects = new Map(impact.tasks.map(({ taskId, effect }) => [taskId, effect]));
  tasks.forEach(({ id }, at) => {
    const stops = before[at] && !after[at] ? 'paused' : undefined;
    const starts = !before[at] && after[at] ? 'resumed' : undefined;
    const told = effects.get(id);
    expect([id, told === 'changed' ? undefined : told]).toEqual([id, stops ?? starts]);
  });
  expect(impact.pausedTasks).toBe([...effects.values()].filter((effect) => effect === 'paused').length);
  return Object.fromEntries(effects);
}

describe('the preview of a change of teams', () => {
  it('[PE-2] [PE-4] tells what joining and leaving one does to the tasks of the person, and to nobody else’s', async () => {
    const [ann, bob] = [await world.person(), await world.person()];
    const upper = await world.team();
    const team = await world.team([bob], upper);
    const at = await place(upper);
    await give(at.outer, toTeam(upper), { syncRight: 'synchronizer' });
    await give(at.inner, toTeam(team), { role: 'viewer', syncRight: 'backer' });
    const pc = await world.device(ann);
    const outer = await task(pc, at.spaceId, at.outer, 'bidirectional');
    const inner = await task(pc, at.spaceId, at.inner, 'upload');
    const both = await task(pc, at.spaceId, at.inner, 'bidirectional');
    await task(await world.device(bob), at.spaceId, at.outer, 'bidirectional');
    const key = { enterpriseId: world.enterpriseId, userId: ann.userId };
    const tasks = [outer, inner, both];

    const join = () => impacts.previewTeam(boss, team, { change: 'member', userId: ann.userId, member: true });
    const told = await foretold(tasks, join, () => setTeams(world.manager, key, [team]));
    expect(told).toEqual({ [outer.id]: 'resumed', [inner.id]: 'resumed' });
    // As a member of the team above, the inner folder is a Synchronizer's again.
    const rise = () => impacts.previewUser(boss, ann.userId, { change: 'update', teamIds: [upper] });
    expect(await foretold(tasks, rise, () => setTeams(world.manager, key, [upper]))).toEqual({
      [outer.id]: 'changed',
      [inner.id]: 'changed',
      [both.id]: 'resumed',
    });
    const leave = () => impacts.previewTeam(boss, upper, { change: 'member', userId: ann.userId, member: false });
    expect(await leave()).toMatchObject({ pausedTasks: 3, resumedTasks: 0, changedTasks: 0, devices: 1, people: 1 });
    await foretold(tasks, leave, () => setTeams(world.manager, key, []));
  });

  it('[PE-2] [PE-4] tells what moving a team in the tree does to its members and those of the teams below', async () => {
    const [ann, bob, off] = [await world.person(), await world.person(), await world.person()];
    const [old, fresh] = [await world.team(), await world.team()];
    const team = await world.team([ann, off], old);
    await world.team([bob], team);
    const [from, into] = [await place(old), await place(fresh)];
    await give(from.outer, toTeam(old), { syncRight: 'synchronizer' });
    await give(from.inner, toTeam(old), { syncRight: 'backer', subTeams: false });
    await give(into.outer, toTeam(fresh), { syncRight: 'backer' });
    const [pc, other, idle] = [await world.device(ann), await world.device(bob), await world.device(off)];
    const tasks = [
      await task(pc, from.spaceId, from.outer, 'bidirectional'),
      await task(other, from.spaceId, from.inner, 'bidirectional'),
      await task(other, into.spaceId, into.inner, 'upload'),
      await task(pc, into.spaceId, into.inner, 'bidirectional'),
    ] as const;
    await task(idle, from.spaceId, from.outer, 'bidirectional');
    const now = new Date();
    await setDisabled(world.manager, { enterpriseId: world.enterpriseId, userId: off.userId }, now);

    const move = () => impacts.previewTeam(boss, team, { change: 'move', parentId: fresh });
    expect(await move()).toMatchObject({ pausedTasks: 2, resumedTasks: 1, changedTasks: 0, devices: 2, people: 2 });
    const key = { enterpriseId: world.enterpriseId, teamId: team };
    const told = await foretold(tasks, move, () => moveTeam(world.manager, key, fresh));
    expect(told).toEqual({ [tasks[0].id]: 'paused', [tasks[1].id]: 'paused', [tasks[2].id]: 'resumed' });
  });

  it('[PE-2] tells what deleting a team does to the tasks of those who were given its space', async () => {
    const [ann, admin] = [await world.person(), await world.person('drive_admin')];
    const team = await world.team();
    const { spaceId, rootId } = await world.space('team', { teamId: team });
    const left = ops.folder(rootId, 'left');
    await world.commit(boss, spaceId, [left]);
    for (const who of [ann, admin]) await give(rootId, toUser(who), { syncRight: 'backer' });
    const own = await task(await world.device(ann), spaceId, rootId, 'upload');
    const ofAdmin = await task(await world.device(admin), spaceId, rootId, 'upload');
    const remove = () => impacts.previewTeam(boss, team, { change: 'delete' });
    await expect(remove()).rejects.toMatchObject({ code: 'TEAM_NOT_EMPTY' });
    await world.commit(boss, spaceId, [ops.trash(left.nodeId)]);
    const keep = () => world.sql(`UPDATE space SET kept_until = now() + interval '1 day' WHERE id = $1`, [spaceId]);
    // PE-3: a kept space stays open to drive admins.
    expect(await foretold([own, ofAdmin], remove, keep)).toEqual({ [own.id]: 'paused' });
  });

  it('[PE-2] asks as much of the database for one task as for many', async () => {
    const counts: number[] = [];
    for (const size of [1, 25]) {
      const team = await world.team();
      const people = await Promise.all(Array.from({ length: size }, () => world.person()));
      const moved = await world.team(people);
      const at = await place(team);
      await give(at.outer, toTeam(team), { syncRight: 'backer' });
      for (const one of people) await task(await world.device(one), at.spaceId, at.inner, 'upload');
      const preview = () => impacts.previewTeam(boss, moved, { change: 'move', parentId: team });
      expect(await preview()).toMatchObject({ resumedTasks: size, devices: size });
      counts.push(await countStatements(preview));
    }
    expect(counts[1]).toBe(counts[0]);
  });
});

describe('the preview of a change of a user', () => {
  it('[PE-2] tells the tasks that disabling pauses and enabling resumes, in the personal space too', async () => {
    const { person: ann, device, spaceId, rootId } = await world.owner();
    const team = await world.team([ann]);
    const at = await place(team);
    const tasks = [
      await task(device, spaceId, rootId, 'bidirectional'),
      await task(await world.device(ann), at.spaceId, at.outer, 'upload'),
    ];
    const key = { enterpriseId: world.enterpriseId, userId: ann.userId };
    const set = (disabled: boolean) => () => impacts.previewUser(boss, ann.userId, { change: 'disable', disabled });
    const now = new Date();
    // No sync right in the team's space: that task stands still before and after.
    const told = await foretold(tasks, set(true), () => setDisabled(world.manager, key, now));
    expect(told).toEqual({ [tasks[0]!.id]: 'paused' });
    expect(await set(true)()).toMatchObject({ pausedTasks: 0, resumedTasks: 0, tasks: [] });
    const back = await foretold(tasks, set(false), () => setDisabled(world.manager, key, null));
    expect(back).toEqual({ [tasks[0]!.id]: 'resumed' });
  });

  it('[PE-2] [PE-3] tells what another account role does: actions change, and a kept space closes', async () => {
    const ann = await world.person('drive_admin');
    const [team, gone] = [await world.team(), await world.team()];
    const [at, kept] = [await place(team), await place(gone)];
    for (const { outer } of [at, kept]) await give(outer, toUser(ann), { role: 'editor', syncRight: 'synchronizer' });
    await give(at.inner, toUser(ann), { role: 'viewer' });
    await world.sql(`UPDATE space SET kept_until = now() + interval '1 day' WHERE id = $1`, [kept.spaceId]);
    const pc = await world.device(ann);
    const tasks = [
      await task(pc, at.spaceId, at.outer, 'bidirectional'),
      await task(pc, kept.spaceId, kept.outer, 'upload'),
    ];
    const key = { enterpriseId: world.enterpriseId, userId: ann.userId };
    const lower = () => impacts.previewUser(boss, ann.userId, { change: 'update', role: 'user' });
    const told = await foretold(tasks, lower, () => updatePerson(world.manager, key, { role: 'user' }));
    expect(told).toEqual({ [tasks[0]!.id]: 'changed', [tasks[1]!.id]: 'paused' });
  });

  it('[PE-2] tells what deleting one does: to the own tasks, and to those of others in the personal space', async () => {
    const { person: ann, device, spaceId, rootId } = await world.owner();
    const bob = await world.person();
    const at = await place(await world.team());
    await give(at.outer, toUser(ann), { syncRight: 'backer' });
    await give(at.outer, toUser(bob), { syncRight: 'backer' });
    const to = { to: toUser(bob), subTeams: true, expiresAt: null, syncRight: 'synchronizer' } as const;
    await world.folderGrants.set(ann, rootId, to);
    const bobsPc = await world.device(bob);
    const tasks = [
      await task(device, at.spaceId, at.outer, 'upload'),
      await task(bobsPc, spaceId, rootId, 'bidirectional'),
      await task(bobsPc, at.spaceId, at.outer, 'upload'),
    ] as const;
    await task(device, at.spaceId, at.outer, 'bidirectional'); // stands still before and after
    const remove = () => impacts.previewUser(boss, ann.userId, { change: 'delete' });
    expect(await remove()).toMatchObject({ pausedTasks: 2, resumedTasks: 0, changedTasks: 0, devices: 2, people: 2 });
    const key = { enterpriseId: world.enterpriseId, userId: ann.userId };
    const told = await foretold(tasks, remove, async () => {
      await markDeleted(world.manager, key, new Date());
      await world.sql(`UPDATE space SET kept_until = now() + interval '1 day' WHERE id = $1`, [spaceId]);
    });
    expect(told).toEqual({ [tasks[0].id]: 'paused', [tasks[1].id]: 'paused' });
  });

  it('[PE-2] waits for no writer and holds up none: its transaction may lock nothing', async () => {
    const ann = await world.person();
    const [team, other] = [await world.team([ann]), await world.team()];
    const holder = world.database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM app_user WHERE id = ANY($1) FOR UPDATE', [[ann.userId, boss.userId]]);
    await holder.query('SELECT FROM space WHERE team_id = $1 FOR UPDATE', [other]);
    const asked = await Promise.all([
      impacts.previewUser(boss, ann.userId, { change: 'disable', disabled: true }),
      impacts.previewUser(boss, ann.userId, { change: 'update', teamIds: [other] }),
      impacts.previewTeam(boss, team, { change: 'member', userId: ann.userId, member: false }),
      impacts.previewTeam(boss, team, { change: 'move', parentId: other }),
      impacts.previewUser(boss, ann.userId, { change: 'delete' }),
      impacts.previewTeam(boss, other, { change: 'delete' }),
    ]);
    expect(asked.map(({ pausedTasks }) => pausedTasks)).toEqual([0, 0, 0, 0, 0, 0]);
    await holder.rollbackTransaction();
    await holder.release();
  });

  it('[PE-3] is refused as the change would be, and does not tell that somebody out of reach is there', async () => {
    const [top, beside] = [await world.team(), await world.team()];
    const below = await world.team([], top);
    const lead = await world.person('team_admin');
    const [mine, foreign, admin] = [await world.person(), await world.person(), await world.person('drive_admin')];
    for (const [who, team] of [[lead, top] as const, [mine, below] as const, [foreign, beside] as const]) {
      await setTeams(world.manager, { enterpriseId: world.enterpriseId, userId: who.userId }, [team]);
    }
    const codeOf = (asked: Promise<unknown>) =>
      asked.then(() => 'OK').catch((error: unknown) => (error instanceof AppError ? error.code : error));
    const disable = { change: 'disable', disabled: true } as const;
    const member = (who: PersonPrincipal) => ({ change: 'member', userId: who.userId, member: true }) as const;
    expect(await codeOf(impacts.previewUser(lead, mine.userId, disable))).toBe('OK');
    expect(await codeOf(impacts.previewUser(lead, foreign.userId, disable))).toBe('NOT_FOUND');
    expect(await codeOf(impacts.previewUser(lead, mine.userId, { change: 'update', teamIds: [beside] }))).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(impacts.previewUser(lead, mine.userId, { change: 'update', role: 'drive_admin' }))).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(impacts.previewUser(admin, boss.userId, disable))).toBe('FORBIDDEN');
    expect(await codeOf(impacts.previewUser(boss, boss.userId, disable))).toBe('LAST_SUPER_ADMIN');
    // PE-3: users are deleted by drive admins only.
    expect(await codeOf(impacts.previewUser(lead, mine.userId, { change: 'delete' }))).toBe('FORBIDDEN');
    expect(await codeOf(impacts.previewUser(boss, boss.userId, { change: 'delete' }))).toBe('LAST_SUPER_ADMIN');
    expect(await codeOf(impacts.previewTeam(lead, top, { change: 'delete' }))).toBe('FORBIDDEN');
    expect(await codeOf(impacts.previewTeam(lead, beside, { change: 'delete' }))).toBe('NOT_FOUND');
    expect(await codeOf(impacts.previewTeam(boss, top, { change: 'delete' }))).toBe('TEAM_NOT_EMPTY');
    expect(await codeOf(impacts.previewTeam(lead, below, member(foreign)))).toBe('NOT_FOUND');
    expect(await codeOf(impacts.previewTeam(lead, beside, member(mine)))).toBe('NOT_FOUND');
    expect(await codeOf(impacts.previewTeam(lead, top, { change: 'move', parentId: null }))).toBe('FORBIDDEN');
    expect(await codeOf(impacts.previewTeam(lead, below, { change: 'move', parentId: beside }))).toBe('NOT_FOUND');
    expect(await codeOf(impacts.previewTeam(boss, top, { change: 'move', parentId: below }))).toBe('TEAM_CYCLE');
  });
});
