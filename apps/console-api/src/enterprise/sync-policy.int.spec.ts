import { NO_THROTTLE } from '@tideline/contracts';
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

const set = (filter: unknown, throttle?: unknown) =>
  server.admin.call('PUT', '/enterprise/sync-policy', { filter, ...(throttle ? { throttle } : {}) });
const toldTo = async () => (await device.api.get('/devices/self/settings')).body['policy'];

describe('the sync policy of an enterprise', () => {
  it('leaves nothing out before anybody decides', async () => {
    const nothing = { filter: { exclude: [], excludeTypes: [], maxFileBytes: null }, throttle: NO_THROTTLE };
    expect((await server.admin.get('/enterprise/sync-policy')).body).toEqual(nothing);
    expect(await toldTo()).toEqual(nothing);
  });

  it('[TA-9] what is decided reaches the devices; what is not named is not set', async () => {
    const filter = { exclude: ['*.pst', 'private/'], excludeTypes: ['video'], maxFileBytes: 5_000_000_000 };
    expect((await set(filter)).body).toEqual({ filter, throttle: NO_THROTTLE });
    expect(await toldTo()).toEqual({ filter, throttle: NO_THROTTLE });
    await set({ exclude: ['*.pst'] });
    expect(await toldTo()).toEqual({
      filter: { exclude: ['*.pst'], excludeTypes: [], maxFileBytes: null },
      throttle: NO_THROTTLE,
    });
  });

  it('[TA-1] limits of a device and their hours reach the devices', async () => {
    const hours = { days: ['mon', 'fri'], from: '09:00', to: '17:00', uploadBytesPerSecond: 2_000_000 };
    const throttle = { uploadBytesPerSecond: null, downloadBytesPerSecond: 50_000_000, throttleHours: [hours] };
    expect((await set({}, throttle)).body).toMatchObject({ throttle });
    expect(await toldTo()).toMatchObject({ throttle });
    for (const wrong of [
      { ...hours, to: '25:00' },
      { ...hours, days: [] },
      { ...hours, uploadBytesPerSecond: 1 },
    ])
      expect((await set({}, { throttleHours: [wrong] })).status).toBe(400);
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
