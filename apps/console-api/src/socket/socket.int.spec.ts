import { randomUUID } from 'node:crypto';
import type { EnterpriseId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketHub } from '../platform/socket-hub.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';
import { TestSocket } from '../testing/test-socket.ts';
import { LocalSocketHub } from './local-socket-hub.ts';
import { SocketPatrol } from './socket-patrol.ts';

type Space = { id: SpaceId; kind: string };

let server: TestConsole;
let enterpriseId: EnterpriseId;
let ada: TestDevice;
let ben: TestDevice;
let adaSpaces: Space[];
let benSpaces: Space[];

beforeAll(async () => {
  server = await startTestConsole('demo');
  const session = (await server.admin.get('/session')).body as unknown as { enterprise: { id: EnterpriseId } };
  enterpriseId = session.enterprise.id;
  const token = server.bootstrap.enrollmentToken;
  ada = await enrollDevice(server.anybody, token, 'ada@tideline.example');
  ben = await enrollDevice(server.anybody, token, 'ben@tideline.example');
  const spacesOf = async (device: TestDevice) => (await device.api.get('/spaces')).body['spaces'] as Space[];
  adaSpaces = await spacesOf(ada);
  benSpaces = await spacesOf(ben);
});
afterAll(() => server.stop());

const hub = () => server.app.get(SocketHub);
const openDevice = (device: TestDevice) => TestSocket.open(server.url, device.api.headers);
const openPage = () => TestSocket.open(server.url, { ...server.admin.headers, origin: server.url });
const find = (spaces: Space[], kind: string) => spaces.find((space) => space.kind === kind)?.id as SpaceId;

/** Messages of one socket are taken in order: once a later one had its effect, the one before had too. */
async function watched(socket: TestSocket, space: SpaceId): Promise<void> {
  const connections = server.app.get(LocalSocketHub).connections;
  await expect
    .poll(() => [...connections.all()].some((one) => one.kind === 'device' && one.watched.has(space)))
    .toBe(true);
  expect(socket.messages[0]?.type).toBe('welcome.v1');
}

describe('the socket', () => {
  it('lets nobody in who is not known', async () => {
    await expect(TestSocket.open(server.url, {})).rejects.toThrow('HTTP 401');
    await expect(TestSocket.open(server.url, { authorization: 'Bearer forged' })).rejects.toThrow('HTTP 401');
  });

  it('lets a session in from our own page only', async () => {
    await expect(TestSocket.open(server.url, server.admin.headers)).rejects.toThrow('HTTP 401');
    const foreign = { ...server.admin.headers, origin: 'https://evil.example' };
    await expect(TestSocket.open(server.url, foreign)).rejects.toThrow('HTTP 401');
    (await openPage()).close();
  });

  it('tells a device its heartbeat and the page that the device is there', async () => {
    const page = await openPage();
    await page.told('welcome.v1');
    const socket = await openDevice(ada);
    expect(await socket.told('welcome.v1')).toMatchObject({ heartbeatSeconds: 60 });
    expect(await page.told('device.v1')).toMatchObject({ deviceId: ada.deviceId });
    socket.close();
    page.close();
  });

  it('[PE-2] nudges watchers of a space, and nobody watches what they may not see', async () => {
    const [mine, shared, theirs] = [find(adaSpaces, 'personal'), find(adaSpaces, 'team'), find(benSpaces, 'personal')];
    const socket = await openDevice(ada);
    socket.say({ type: 'watch.v1', spaces: [mine, shared, theirs] });
    await watched(socket, shared);
    hub().nudgeSpace(enterpriseId, theirs, 5);
    hub().nudgeSpace(enterpriseId, mine, 6);
    hub().nudgeSpace(enterpriseId, shared, 7);
    await socket.told('nudge.v1', (message) => message['seq'] === 7);
    expect(socket.messages.filter(({ type }) => type === 'nudge.v1')).toMatchObject([
      { space: mine, seq: 6 },
      { space: shared, seq: 7 },
    ]);
    socket.close();
  });

  it('[PE-2] stops nudging about a space once the right to see it is gone', async () => {
    const shared = find(benSpaces, 'team');
    const socket = await openDevice(ben);
    socket.say({ type: 'watch.v1', spaces: [shared] });
    await watched(socket, shared);
    const { dataSource } = server.database;
    await dataSource.query(
      `DELETE FROM team_member USING app_user u WHERE u.id = user_id AND u.email = 'ben@tideline.example'`,
    );
    hub().rightsChanged(enterpriseId, shared);
    await socket.told('rights.v1');
    await expect
      .poll(() => [...server.app.get(LocalSocketHub).connections.devices(enterpriseId, ben.deviceId)][0]?.watched.size)
      .toBe(0);
    socket.close();
  });

  it('[VE-3] tells devices that watch a space at once when its quota is raised, and nobody else', async () => {
    const [mine, shared] = [find(adaSpaces, 'personal'), find(adaSpaces, 'team')];
    const [watching, other] = [await openDevice(ada), await openDevice(ben)];
    watching.say({ type: 'watch.v1', spaces: [mine, shared] });
    await watched(watching, shared);
    const raise = (quotaBytes: number | null) => ({ quotaBytes });
    await server.admin.call('PUT', `/admin/spaces/${mine}/quota`, raise(1_000_000));
    expect(await watching.told('room.v1')).toEqual({ type: 'room.v1', space: mine });
    await server.admin.call('PUT', '/admin/quotas', {
      kind: 'team',
      quotaBytes: 2_000_000,
      applyToExisting: true,
    });
    expect(await watching.told('room.v1', ({ space }) => space === shared)).toMatchObject({ space: shared });
    await other.told('settings.v1');
    expect(other.messages.filter(({ type }) => type === 'room.v1')).toEqual([]);
    watching.close();
    other.close();
  });

  it('[PE-3] tells of a device whoever sees it in the console, and no other page', async () => {
    const teams = (await server.admin.get('/teams')).body['teams'] as { id: string; parentId: string | null }[];
    const users = (await server.admin.get('/users')).body['users'] as { email: string; teams: { id: string }[] }[];
    const hers = users.find(({ email }) => email === 'ada@tideline.example')?.teams[0]?.id;
    const above = teams.find(({ id }) => id === hers)?.parentId ?? hers;
    const other = String((await server.admin.call('POST', '/teams', { name: 'Elsewhere' })).body['id']);
    const pageOf = async (role: string, teamIds: unknown[]) => {
      const account = { name: role, email: `${randomUUID()}@acme.example`, password: 'correct horse battery', role };
      expect((await server.admin.call('POST', '/users', { ...account, teamIds })).status).toBe(200);
      const { headers } = await server.anybody.login({ enterpriseCode: 'tideline', ...account });
      return TestSocket.open(server.url, { ...headers, origin: server.url });
    };
    const blind = [await pageOf('user', [hers]), await pageOf('team_admin', [other])];
    const seeing = [await pageOf('viewer', []), await pageOf('team_admin', [above]), await openPage()];
    const { deviceId } = ada;
    hub().deviceChanged(enterpriseId, deviceId);
    for (const page of seeing) expect(await page.told('device.v1')).toEqual({ type: 'device.v1', deviceId });
    hub().settingsChanged(enterpriseId);
    for (const page of blind) {
      await page.told('feature.v1');
      expect(page.messages.filter(({ type }) => type === 'device.v1')).toEqual([]);
    }
    for (const page of [...blind, ...seeing]) page.close();
  });

  it('[EN-4] tells devices and pages at once that sync backup was switched', async () => {
    const [socket, page] = [await openDevice(ada), await openPage()];
    await server.admin.call('PUT', '/enterprise/feature/sync', { on: false, enterpriseCode: 'tideline' });
    await Promise.all([socket.told('settings.v1'), page.told('feature.v1')]);
    await server.admin.call('PUT', '/enterprise/feature/sync', { on: true, enterpriseCode: 'tideline' });
    socket.close();
    page.close();
  });

  it('takes reports, and tells the page that there is news', async () => {
    const page = await openPage();
    const socket = await openDevice(ada);
    const state = {
      agentVersion: '1.4.0',
      keyStore: 'file',
      freeDiskBytes: 1,
      diskBytes: 100,
      rssBytes: 1,
      watcherFallback: false,
    };
    const report = { bootId: randomUUID(), sequence: 1, ...state, tasks: [] };
    socket.say('not json');
    socket.say({ type: 'unknown.v9' });
    socket.say({ type: 'report.v1', report });
    await expect
      .poll(async () => (await server.admin.get(`/fleet/devices/${ada.deviceId}`)).body['device'])
      .toMatchObject({ health: { word: 'attention', reason: 'low_disk' }, connection: 'online' });
    await page.told('device.v1');
    socket.close();
    page.close();
  });

  it('closes the socket of a device that is suspended, and lets it back in when it is not', async () => {
    const socket = await openDevice(ada);
    await server.admin.call('PUT', `/fleet/devices/${ada.deviceId}/lifecycle`, { lifecycle: 'suspended' });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'DEVICE_REVOKED' });
    await expect(openDevice(ada)).rejects.toThrow('HTTP 403');
    await server.admin.call('PUT', `/fleet/devices/${ada.deviceId}/lifecycle`, { lifecycle: 'active' });
    (await openDevice(ada)).close();
  });

  it('closes sockets whose device or session ended behind its back', async () => {
    const { enterpriseCode, adminEmail: email, adminPassword: password } = server.bootstrap;
    const other = await server.anybody.login({ enterpriseCode, email, password });
    const page = await TestSocket.open(server.url, { ...other.headers, origin: server.url });
    const socket = await openDevice(ben);
    await server.database.dataSource.query(
      `UPDATE app_user SET disabled_at = now() WHERE email = 'ben@tideline.example'`,
    );
    await other.call('DELETE', '/session');
    await server.app.get(SocketPatrol).checkAll();
    expect(await Promise.all([socket.closed, page.closed])).toMatchObject([{ code: 4403 }, { code: 4403 }]);
  });

  it('drops a message that is too large, with its socket', async () => {
    const socket = await openDevice(ada);
    socket.say({ type: 'watch.v1', spaces: [], padding: 'x'.repeat(70_000) });
    expect((await socket.closed).code).toBe(1009);
  });
});
