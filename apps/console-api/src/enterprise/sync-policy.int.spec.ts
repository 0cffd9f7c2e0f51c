import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, type TestDevice } from '../testing/test-device.ts';

let server: TestConsole;
let device: TestDevice;
beforeAll(async () => {
  server = await startTestConsole();
  device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, server.bootstrap.adminEmail);
});
afterAll(() => server.stop());

const set = (filter: unknown) => server.admin.call('PUT', '/enterprise/sync-policy', { filter });
const toldTo = async () => (await device.api.get('/devices/self/settings')).body['policy'];

describe('the sync policy of an enterprise', () => {
  it('leaves nothing out before anybody decides', async () => {
    const nothing = { filter: { exclude: [], excludeTypes: [], maxFileBytes: null } };
    expect((await server.admin.get('/enterprise/sync-policy')).body).toEqual(nothing);
    expect(await toldTo()).toEqual(nothing);
  });

  it('[TA-9] what is decided reaches the devices; what is not named is not set', async () => {
    const filter = { exclude: ['*.pst', 'private/'], excludeTypes: ['video'], maxFileBytes: 5_000_000_000 };
    expect((await set(filter)).body).toEqual({ filter });
    expect(await toldTo()).toEqual({ filter });
    await set({ exclude: ['*.pst'] });
    expect(await toldTo()).toEqual({ filter: { exclude: ['*.pst'], excludeTypes: [], maxFileBytes: null } });
  });

  it('[PE-3] is read and set by admins alone', async () => {
    expect((await device.api.call('PUT', '/enterprise/sync-policy', { filter: {} })).status).toBe(403);
    expect((await device.api.get('/enterprise/sync-policy')).status).toBe(403);
  });

  it('refuses what no filter can mean', async () => {
    for (const filter of [{ maxFileBytes: 0 }, { excludeTypes: ['secrets'] }, { exclude: ['a\0b'] }])
      expect((await set(filter)).status).toBe(400);
  });
});
