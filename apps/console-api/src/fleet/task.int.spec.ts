import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, signIn, type TestDevice } from '../testing/test-device.ts';

type Space = { id: string; kind: string; name: string; rootId: string };

let server: TestConsole;
let device: TestDevice;
beforeAll(async () => {
  server = await startTestConsole('demo');
});
beforeEach(async () => {
  device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ada@tideline.example');
});
afterAll(() => server.stop());

async function findSpace(api: ApiClient, kind: string): Promise<Space> {
  const { body } = await api.get('/spaces');
  return (body['spaces'] as Space[]).find((space) => space.kind === kind) as Space;
}

const register = (api: ApiClient, space: Space, mode = 'bidirectional', taskId: string = randomUUID()) =>
  api.call('PUT', `/devices/self/tasks/${taskId}`, {
    mode,
    spaceId: space.id,
    rootNodeId: space.rootId,
    localPath: '/home/ada/X',
  });

describe('registering a sync task', () => {
  it('[PE-1] is allowed in one’s own personal space, both ways', async () => {
    const personal = await findSpace(device.api, 'personal');
    const answer = await register(device.api, personal);
    expect(answer.body).toMatchObject({ mode: 'bidirectional', cloudPath: 'personal:/', spaceKind: 'personal' });
    expect((await register(device.api, personal, 'upload')).status).toBe(200);
    expect((await device.api.get('/devices/self/tasks')).body['tasks']).toHaveLength(2);
  });

  it('[PE-1] is refused where the sync right is missing, with the path and the right', async () => {
    const team = await findSpace(device.api, 'team');
    const answer = await register(device.api, team);
    expect(answer.body).toMatchObject({
      code: 'RIGHT_MISSING',
      params: { path: 'team/Engineering:/', right: 'Synchronizer' },
    });
  });

  it('[PE-2] is refused in a space of somebody else as if it were not there', async () => {
    const ben = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'ben@tideline.example');
    const answer = await register(device.api, await findSpace(ben.api, 'personal'));
    expect(answer.body.code).toBe('NODE_UNKNOWN');
  });

  it('may be repeated with the same answer, but not changed', async () => {
    const personal = await findSpace(device.api, 'personal');
    const id = randomUUID();
    const first = await register(device.api, personal, 'upload', id);
    expect((await register(device.api, personal, 'upload', id)).body).toEqual(first.body);
    expect((await register(device.api, personal, 'bidirectional', id)).body.code).toBe('ALREADY_EXISTS');
    expect((await device.api.get('/devices/self/tasks')).body['tasks']).toHaveLength(1);
  });

  it('[LI-1] stops at ten, also when two devices’ requests race for the tenth', async () => {
    const personal = await findSpace(device.api, 'personal');
    for (let n = 0; n < 9; n++) expect((await register(device.api, personal)).status).toBe(200);
    const race = await Promise.all([1, 2, 3].map(() => register(device.api, personal)));
    expect(race.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    const refused = race.find((answer) => answer.status === 409);
    expect(refused?.body).toMatchObject({ code: 'LIMIT_TASKS', params: { max: 10 } });
    expect((await device.api.get('/devices/self/tasks')).body['tasks']).toHaveLength(10);
  });

  it('[LI-1] a cancelled task does not count', async () => {
    const personal = await findSpace(device.api, 'personal');
    const id = randomUUID();
    await register(device.api, personal, 'upload', id);
    expect((await device.api.call('DELETE', `/devices/self/tasks/${id}`)).status).toBe(200);
    expect((await device.api.call('DELETE', `/devices/self/tasks/${id}`)).status).toBe(200);
    expect((await device.api.get('/devices/self/tasks')).body['tasks']).toEqual([]);
  });

  it('[EN-3] is refused to an old agent', async () => {
    const old = await signIn(server.anybody, device, '1.3.9');
    const answer = await register(old, await findSpace(old, 'personal'));
    expect(answer.body).toMatchObject({ code: 'AGENT_TOO_OLD', params: { version: '1.3.9', minVersion: '1.4.0' } });
  });

  it('[EN-4] is refused while sync backup is off, and possible again when it is on', async () => {
    const personal = await findSpace(device.api, 'personal');
    const code = { enterpriseCode: 'tideline' };
    await server.admin.call('PUT', '/enterprise/feature/sync', { on: false, ...code });
    expect((await register(device.api, personal)).body.code).toBe('SYNC_DISABLED');
    await server.admin.call('PUT', '/enterprise/feature/sync', { on: true, ...code });
    expect((await register(device.api, personal)).status).toBe(200);
  });
});
