import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '@tideline/contracts';
import type { Grant, User } from '@tideline/contracts';
import { World, eventually } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Rights and switches reach a running agent "within seconds" (PE-2), EN-4 allows a minute. */
const SECONDS = { timeoutMs: 15_000 };
const CLOUD = 'team/Engineering:/Specs';

let world: World;
let ada: User;
let agent: AgentProcess;

beforeAll(async () => {
  world = await World.start();
  const team = await world.admin.team('Engineering');
  ada = await world.admin.user('Ada', [team]);
  await world.admin.makeFolder(CLOUD);
  agent = await world.agent('ada', ada.email);
});
afterAll(() => world?.dispose());

const isPaused = (id: string, reason: string) => async () => {
  const task = await agent.task(id);
  return task.status === 'paused' && task.reason === reason;
};
const isUpToDate = (id: string) => async () => (await agent.task(id)).status === 'up_to_date';

describe('enabling', () => {
  const code = () => world.console.bootstrap.enterpriseCode;
  const feature = () => world.admin.api.call(routes.enterprise.feature, {});

  test('[EN-1] the switch needs the enterprise code, typed to confirm', async () => {
    await expect(world.admin.switchSync(false, 'something-else')).rejects.toMatchObject({ code: 'CODE_MISMATCH' });
    expect(await feature()).toMatchObject({ syncOn: true });
    await world.admin.switchSync(false, code());
    expect(await feature()).toMatchObject({ entitled: true, historyOn: true, syncOn: false });
  });

  test('[EN-4] no task can be created while it is off', async () => {
    const answer = await agent.tryCreateTask({ local: folder('off'), cloud: CLOUD });
    expect(answer).toMatchObject({ code: 1, text: expect.stringContaining('SYNC_DISABLED') as string });
  });

  test('[EN-2] history cannot be switched off while sync backup is on', async () => {
    await world.admin.switchSync(true, code());
    const off = world.admin.api.call(routes.enterprise.switchHistory, { body: { on: false } });
    await expect(off).rejects.toMatchObject({ code: 'HISTORY_IN_USE' });
  });
});

describe('rights', () => {
  let grant: Grant;
  let task: string;

  test('[PE-1] without a sync right on a team folder both modes are refused', async () => {
    for (const type of ['bidirectional', 'upload'] as const) {
      const answer = await agent.tryCreateTask({ local: folder('none'), cloud: CLOUD, type });
      expect(answer.code).toBe(1);
      expect(answer.text).toMatch(/RIGHT_MISSING|SPACE_UNKNOWN/);
    }
  });

  test('[PE-1] Backer allows upload only', async () => {
    grant = await world.admin.grant(CLOUD, { user: ada }, 'backer');
    const refused = await agent.tryCreateTask({ local: folder('backer'), cloud: CLOUD });
    expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('RIGHT_UPLOAD_ONLY') as string });
    const allowed = await agent.createTask({ local: folder('backer'), cloud: CLOUD, type: 'upload' });
    writeFileSync(join(folder('backer'), 'backed up.txt'), 'by Ada');
    expect(await agent.wait()).toBe(0);
    const cloud = await world.admin.folder(CLOUD);
    expect(await cloud.read(await cloud.get('backed up.txt'))).toBe('by Ada');
    await agent.ask('task', 'cancel', allowed);
  });

  test('[PE-1] Synchronizer allows bidirectional, and what is in the cloud comes down', async () => {
    grant = await world.admin.grant(CLOUD, { user: ada }, 'synchronizer');
    task = await agent.createTask({ local: folder('sync'), cloud: CLOUD });
    expect(await agent.wait()).toBe(0);
    expect(readFileSync(join(folder('sync'), 'backed up.txt'), 'utf8')).toBe('by Ada');
  });

  test('[PE-2] losing the right pauses the task within seconds, deletes nothing and says why', async () => {
    await world.admin.revoke(grant);
    await eventually(isPaused(task, 'permission'), { ...SECONDS, what: 'paused(permission)' });
    expect(existsSync(join(folder('sync'), 'backed up.txt'))).toBe(true);
    writeFileSync(join(folder('sync'), 'written meanwhile.txt'), 'still mine');
    const sync = await agent.command('task', 'sync', task);
    expect(sync).toMatchObject({ code: 1, text: expect.stringContaining('TASK_PAUSED_BY') as string });
    expect(await (await world.admin.folder(CLOUD)).find('written meanwhile.txt')).toBeUndefined();
  });

  test('[PE-2] getting it back resumes by itself', async () => {
    await world.admin.grant(CLOUD, { user: ada }, 'synchronizer');
    const cloud = await world.admin.folder(CLOUD);
    await eventually(() => cloud.find('written meanwhile.txt'), { ...SECONDS, what: 'the file written meanwhile' });
    await eventually(isUpToDate(task), { ...SECONDS, what: 'up_to_date' });
  });

  test('[EN-4] switching off pauses running tasks (disabled), switching on resumes them', async () => {
    await world.admin.switchSync(false, world.console.bootstrap.enterpriseCode);
    await eventually(isPaused(task, 'disabled'), { timeoutMs: 60_000, what: 'paused(disabled)' });
    writeFileSync(join(folder('sync'), 'while off.txt'), 'waits');
    await world.admin.switchSync(true, world.console.bootstrap.enterpriseCode);
    const cloud = await world.admin.folder(CLOUD);
    await eventually(() => cloud.find('while off.txt'), { timeoutMs: 60_000, what: 'the file written while off' });
  });

  test('[TA-4] pause, resume and cancel by the person; files stay on both sides', async () => {
    await agent.ask('task', 'pause', task);
    expect(await agent.task(task)).toMatchObject({ status: 'paused', reason: 'user' });
    await agent.ask('task', 'resume', task);
    expect(await agent.wait()).toBe(0);
    await agent.ask('task', 'cancel', task);
    expect(existsSync(join(folder('sync'), 'backed up.txt'))).toBe(true);
    expect(await (await world.admin.folder(CLOUD)).find('backed up.txt')).toBeDefined();
  });
});

describe('limits and the console', () => {
  test('[LI-1] ten tasks on a device, the eleventh is refused with the reason', async () => {
    const owner = await world.agent('owner');
    for (let number = 1; number <= 10; number += 1) {
      await owner.createTask({ local: folder(`many ${number}`), cloud: `personal:/many/${number}` });
    }
    const refused = await owner.tryCreateTask({ local: folder('many 11'), cloud: 'personal:/many/11' });
    expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('LIMIT_TASKS') as string });
    expect((await owner.status()).limits).toMatchObject({ tasks: 10, maxTasks: 10, maxFiles: 1_000_000 });
    expect(await owner.wait()).toBe(0);
    await owner.stop();
  });

  test('the console shows tasks n/10, files n/1,000,000 and a health word with its reason', async () => {
    const list = () => world.admin.api.call(routes.fleet.devices, { query: { search: 'admin' } });
    const all = () => world.admin.api.call(routes.fleet.devices, { query: {} });
    const device = await eventually(
      async () => (await all()).devices.find((found) => found.tasks === 10 && found.files >= 0),
      { ...SECONDS, what: 'the device with ten tasks' },
    );
    expect(device).toMatchObject({ tasks: 10, maxTasks: 10, maxFiles: 1_000_000 });
    expect(device.health.word).toMatch(/healthy|offline|attention/);
    expect(device.health.reason).toMatch(/^[a-z_0-9]+$/);
    expect((await list()).total).toBeLessThanOrEqual((await all()).total);
  });

  test('[PE-5] the console shows no path of a personal space', async () => {
    const { devices } = await world.admin.api.call(routes.fleet.devices, { query: {} });
    const device = devices.find((found) => found.tasks === 10);
    const detail = await world.admin.api.call(routes.fleet.device, { params: { deviceId: device?.id as never } });
    expect(detail.tasks).toHaveLength(10);
    expect(detail.tasks.every((task) => task.cloudPath === null && task.localPath === null)).toBe(true);
  });
});

function folder(name: string): string {
  const path = world.path('folders', name);
  mkdirSync(path, { recursive: true });
  return path;
}
