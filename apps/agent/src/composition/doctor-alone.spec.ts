import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type DeviceSettings } from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../enrollment/device.ts';
import { examineAlone } from './doctor-alone.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'tideline-doctor-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const uuid = '018f2c5e-0000-7000-8000-000000000001';
const device = { keyStore: () => 'file' } as Device;
const record = {
  ...{ format: 1, stateId: uuid, createdAt: '2026-01-01T00:00:00.000Z', key: { store: 'file', publicKey: 'k' } },
  enrollment: {
    ...{ server: 'https://console.test', deviceId: uuid, deviceName: 'desk', enrolledAt: '2026-01-01T00:00:00.000Z' },
    ...{ enterprise: { code: 'acme', name: 'Acme' }, user: { id: uuid, name: 'Ada', email: 'ada@acme.test' } },
    caPath: null,
  },
};
const enrolled = () => writeFileSync(join(home, 'device.json'), JSON.stringify(record));

async function failing(askSettings: () => Promise<Partial<DeviceSettings>> = () => expect.unreachable()) {
  const ask = askSettings as () => Promise<DeviceSettings>;
  const { checks } = await examineAlone({ home, openDevice: () => Promise.resolve(device), askSettings: ask });
  return checks.filter(({ ok, name }) => !ok && name !== 'disk').map(({ name, detail }) => `${name}: ${detail}`);
}

describe('doctor while no agent runs', () => {
  it('finds nothing else wrong with a device that could run', async () => {
    enrolled();
    expect(await failing(() => Promise.resolve({ refusal: null }))).toEqual([
      expect.stringMatching(/^agent: not running/),
    ]);
  });

  it.each([
    [
      'a server that is away',
      new AppError('SERVER_UNREACHABLE', { server: 'https://console.test' }),
      /^server: No answer/,
    ],
    ['a device that is not accepted', new AppError('DEVICE_REVOKED'), /^server: This device is no longer accepted/],
    ['a key that cannot be reached', new AppError('KEYCHAIN_LOCKED'), /^device key: .*Unlock it/],
  ])('names %s', async (_, error, line) => {
    enrolled();
    expect(await failing(() => Promise.reject(error))).toEqual([expect.any(String), expect.stringMatching(line)]);
  });

  it('says that a device is not enrolled, and makes nothing', async () => {
    rmSync(home, { recursive: true });
    expect(await failing()).toEqual([expect.any(String), expect.stringMatching(/^enrollment: not enrolled/)]);
    expect(existsSync(home)).toBe(false);
  });

  it('leaves a damaged enrollment where it is', async () => {
    writeFileSync(join(home, 'device.json'), 'garbage');
    expect(await failing()).toEqual([expect.any(String), expect.stringMatching(/^enrollment: .*cannot be read/)]);
    expect(readFileSync(join(home, 'device.json'), 'utf8')).toBe('garbage');
  });

  it('names a file in place of the state directory', async () => {
    rmSync(home, { recursive: true });
    writeFileSync(home, '');
    expect(await failing()).toEqual([expect.any(String), expect.stringMatching(/^state directory: .*is a file/)]);
  });
});
