import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, signIn, type TestDevice } from '../testing/test-device.ts';

let server: TestConsole;
let device: TestDevice;
beforeAll(async () => {
  server = await startTestConsole();
  device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, server.bootstrap.adminEmail);
});
afterAll(() => server.stop());

const switchSync = (on: boolean, enterpriseCode = 'tideline') =>
  server.admin.call('PUT', '/enterprise/feature/sync', { on, enterpriseCode });
const switchHistory = (on: boolean) => server.admin.call('PUT', '/enterprise/feature/history', { on });
const refusal = async () => (await device.api.get('/devices/self/settings')).body['refusal'];

describe('sync backup of an enterprise', () => {
  it('is on after the first start', async () => {
    expect((await server.admin.get('/enterprise/feature')).body).toMatchObject({
      entitled: true,
      historyOn: true,
      syncOn: true,
    });
    expect(await refusal()).toBeNull();
  });

  it('[EN-1] is switched by confirming the code', async () => {
    expect((await switchSync(false, 'wrong')).body.code).toBe('CODE_MISMATCH');
    expect((await switchSync(false)).body).toMatchObject({ syncOn: false, enabledSince: null });
    expect(await refusal()).toBe('SYNC_DISABLED');
    expect((await switchSync(true)).body).toMatchObject({ syncOn: true, enabledSince: expect.any(String) });
    expect(await refusal()).toBeNull();
  });

  it('[EN-2] needs history on, which then cannot be switched off', async () => {
    expect((await switchHistory(false)).body.code).toBe('HISTORY_IN_USE');
    await switchSync(false);
    expect((await switchHistory(false)).status).toBe(200);
    expect((await switchSync(true)).body.code).toBe('HISTORY_REQUIRED');
    expect(await refusal()).toBe('HISTORY_REQUIRED');
    await switchHistory(true);
    expect((await switchSync(true)).status).toBe(200);
  });

  it('[EN-3] an old agent is told so', async () => {
    const old = await signIn(server.anybody, device, '1.3.0');
    expect((await old.get('/devices/self/settings')).body['refusal']).toBe('AGENT_TOO_OLD');
  });

  it('[EN-6] the end of the entitlement acts as switching off', async () => {
    const ends = new Date(server.clock.now().getTime() + 60_000);
    await server.database.dataSource.query('UPDATE enterprise SET entitled_until = $1', [ends]);
    expect(await refusal()).toBeNull();
    server.clock.advance(60_000);
    expect(await refusal()).toBe('SYNC_NOT_ENTITLED');
    expect((await switchSync(true)).body.code).toBe('SYNC_NOT_ENTITLED');
  });

  it('[PE-3] is switched by admins only', async () => {
    const person = { email: 'una@tideline.example', password: 'correct horse' };
    await server.admin.call('POST', '/users', { name: 'Una', ...person });
    const user = await server.anybody.login({ enterpriseCode: 'tideline', ...person });
    const answer = await user.call('PUT', '/enterprise/feature/sync', { on: false, enterpriseCode: 'tideline' });
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await user.get('/enterprise/feature')).status).toBe(200);
  });
});
