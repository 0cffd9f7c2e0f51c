import { randomUUID } from 'node:crypto';
import type { Device } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { HealthService } from './health.service.ts';

let server: TestConsole;
let ada: TestDevice;
let task: string;

beforeAll(async () => {
  server = await startTestConsole('demo');
  ada = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ada@tideline.example', 'Ada’s laptop');
  task = await registerPersonalTask(ada.api);
});
afterAll(() => server.stop());

async function registerPersonalTask(api: ApiClient): Promise<string> {
  const { body } = await api.get('/spaces');
  const personal = (body['spaces'] as { id: string; kind: string; rootId: string }[]).find(
    ({ kind }) => kind === 'personal',
  );
  const id = randomUUID();
  const wanted = { mode: 'upload', spaceId: personal?.id, rootNodeId: personal?.rootId, localPath: '/home/ada/Diary' };
  expect((await api.call('PUT', `/devices/self/tasks/${id}`, wanted)).status).toBe(200);
  return id;
}

const bootId = randomUUID();
let sequence = 0;
function report(taskOver: Record<string, unknown> = {}, over: Record<string, unknown> = {}) {
  const counts = { files: 10, folders: 2, pending: 0, pendingBytes: 0, failed: 0, skipped: 0, holds: 0 };
  const lastFullSync = server.clock.now().toISOString();
  const state = { status: 'up_to_date', reason: null, problems: [], lastFullSync, verified: null };
  return {
    bootId,
    sequence: ++sequence,
    agentVersion: '1.4.0',
    keyStore: 'file',
    freeDiskBytes: 50e9,
    diskBytes: 100e9,
    rssBytes: 80e6,
    watcherFallback: false,
    tasks: [{ id: task, ...counts, ...state, ...taskOver }],
    ...over,
  };
}
const tell = (body: object) => ada.api.call('PUT', '/devices/self/report', body);
const getDevice = async () => {
  const { body } = await server.admin.get(`/fleet/devices/${ada.deviceId}`);
  return body as unknown as { device: Device; tasks: Record<string, unknown>[] };
};
const listDevices = async (query: string) => {
  const { body } = await server.admin.get(`/fleet/devices?${query}`);
  return body as unknown as { devices: Device[]; total: number; next: string | null };
};

describe('a device in the console', () => {
  it('has never been seen until it says something', async () => {
    const silent = await enrollDevice(
      server.anybody,
      server.bootstrap.enrollmentToken,
      'ben@tideline.example',
      'Ben’s PC',
    );
    const { body } = await server.admin.get(`/fleet/devices/${silent.deviceId}`);
    expect(body['device']).toMatchObject({
      connection: 'never_seen',
      health: { word: 'offline', reason: 'never_seen' },
    });
  });

  it('is healthy after a good report, with its numbers', async () => {
    expect((await tell(report())).status).toBe(200);
    const { device } = await getDevice();
    expect(device).toMatchObject({
      connection: 'online',
      health: { word: 'healthy' },
      tasks: 1,
      maxTasks: 10,
      files: 10,
      failed: 0,
    });
    expect(device.lastFullSync).not.toBeNull();
  });

  it('[PE-5] shows neither local nor cloud path of a personal space', async () => {
    const { tasks } = await getDevice();
    expect(tasks[0]).toMatchObject({ localPath: null, cloudPath: null, spaceKind: 'personal', mode: 'upload' });
    expect(JSON.stringify(tasks)).not.toContain('Diary');
  });

  it('fails with the reason when a task is blocked', async () => {
    await tell(report({ status: 'blocked', reason: 'root' }));
    expect((await getDevice()).device.health).toMatchObject({
      word: 'failing',
      reason: 'task_blocked',
      params: { reason: 'root' },
    });
    const { body } = await server.admin.get('/fleet/overview');
    expect(body).toMatchObject({ devices: { failing: 1 }, tasks: { blocked: 1 } });
    expect(body['needsAction']).toMatchObject([{ deviceId: ada.deviceId, health: { word: 'failing' } }]);
  });

  it('keeps the newest report when an older one arrives late', async () => {
    const older = report({ failed: 7, status: 'up_to_date_with_failures' });
    await tell(report());
    await tell(older);
    expect((await getDevice()).device).toMatchObject({ failed: 0, health: { word: 'healthy' } });
  });

  it('ignores a task the device never registered', async () => {
    await tell(report({ id: randomUUID(), failed: 99 }));
    expect((await getDevice()).device.failed).toBe(0);
  });

  it('becomes offline by time alone, and says what was last known', async () => {
    await tell(report());
    server.clock.advance(301_000);
    await server.app.get(HealthService).sweep();
    const { device } = await getDevice();
    expect(device).toMatchObject({
      connection: 'offline',
      health: { word: 'offline', reason: 'not_seen', params: { lastKnown: 'healthy' } },
    });
    server.clock.advance(-301_000);
    await tell(report());
    expect((await getDevice()).device.health.word).toBe('healthy');
  });
});

describe('the device list', () => {
  beforeAll(async () => {
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b%']) {
      await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'chen@tideline.example', name);
    }
  });

  it('pages without losing or repeating a device, in both directions', async () => {
    for (const direction of ['asc', 'desc']) {
      for (const sort of [
        'name',
        'user',
        'health',
        'lastSeen',
        'lastFullSync',
        'files',
        'tasks',
        'failed',
        'pending',
      ]) {
        const all = await listDevices(`sort=${sort}&direction=${direction}`);
        const paged: string[] = [];
        let after: string | null = '';
        while (after !== null) {
          const page = await listDevices(`sort=${sort}&direction=${direction}&limit=2${after && `&after=${after}`}`);
          expect(page.total).toBe(7);
          paged.push(...page.devices.map((device) => device.id));
          after = page.next;
        }
        expect(paged, `${sort} ${direction}`).toEqual(all.devices.map((device) => device.id));
      }
    }
  });

  it('sorts what needs help first', async () => {
    await tell(report({ status: 'blocked', reason: 'disk' }));
    expect((await listDevices('sort=health')).devices[0]?.id).toBe(ada.deviceId);
  });

  it('searches names and addresses, without taking % for a wildcard', async () => {
    const names = async (search: string) =>
      (await listDevices(`search=${encodeURIComponent(search)}`)).devices.map((device) => device.name);
    expect(await names('b%')).toEqual(['b%']);
    expect(await names('ADA@')).toEqual(['Ada’s laptop']);
    expect(await names('nothing')).toEqual([]);
  });

  it('filters by health', async () => {
    expect((await listDevices('health=failing')).devices.map((device) => device.id)).toEqual([ada.deviceId]);
    expect((await listDevices('health=healthy')).total).toBe(0);
  });

  it('refuses a page of another list', async () => {
    const answer = await server.admin.get('/fleet/devices?after=nonsense');
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_INPUT']);
  });

  it('[PE-3] shows a team admin the devices of the own team only', async () => {
    const boss = { email: 'tess@tideline.example', password: 'correct horse' };
    const { body } = await server.admin.get('/teams');
    const team = (body['teams'] as { id: string; name: string }[]).find(({ name }) => name === 'Engineering');
    await server.admin.call('POST', '/users', { name: 'Tess', ...boss, teamIds: [team?.id] });
    await server.database.dataSource.query(`UPDATE app_user SET role = 'team_admin' WHERE email = $1`, [boss.email]);
    const tess = await server.anybody.login({ enterpriseCode: 'tideline', ...boss });
    const seen = (await tess.get('/fleet/devices')).body as unknown as { devices: Device[] };
    expect(new Set(seen.devices.map((device) => device.user.name))).toEqual(new Set(['Ada Lovelace', 'Ben Franklin']));
    const other = (await listDevices('search=a1')).devices[0];
    expect((await tess.get(`/fleet/devices/${other?.id}`)).status).toBe(404);
  });
});
