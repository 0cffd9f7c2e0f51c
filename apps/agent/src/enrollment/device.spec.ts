import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, routes, type ErrorCode } from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDevice, type Device } from './device.ts';
import { openIdentity, type KeyStores } from './device-identity.ts';
import { createFileKeyStore } from './file-key-store.ts';
import type { KeyStore } from './key-store.ts';
import { parseServerAddress } from './server-address.ts';

/** The part of a console that a device talks to, with real signatures. */
type ConsoleStandIn = {
  url: string;
  enrolled: Map<string, string>;
  tokens: Set<string>;
  logOns: () => number;
  close: () => Promise<void>;
};

async function startConsole(refusal?: ErrorCode): Promise<ConsoleStandIn> {
  const enrolled = new Map<string, string>();
  const challenges = new Set<string>();
  const tokens = new Set<string>();
  let logOns = 0;
  const answers: Record<string, (body: Record<string, string>, request: IncomingMessage) => unknown> = {
    '/api/devices/enroll': (body) => {
      if (refusal) throw new AppError(refusal, { email: body['email'] ?? '' });
      const deviceId = randomUUID();
      enrolled.set(deviceId, body['publicKey'] ?? '');
      const user = { id: randomUUID(), name: 'Ada', email: body['email'] };
      return { deviceId, enterprise: { code: 'acme', name: 'Acme' }, user };
    },
    '/api/devices/challenge': () => {
      const challenge = randomUUID();
      challenges.add(challenge);
      return { challenge, expiresAt: new Date(Date.now() + 60_000).toISOString() };
    },
    '/api/devices/token': (body) => {
      logOns += 1;
      const key = enrolled.get(body['deviceId'] ?? '');
      if (!challenges.delete(body['challenge'] ?? '') || !key) throw new AppError('DEVICE_REVOKED');
      if (!isSigned(key, body['challenge'] ?? '', body['signature'] ?? '')) throw new AppError('NOT_SIGNED_IN');
      const accessToken = randomUUID();
      tokens.add(accessToken);
      return { accessToken, expiresAt: new Date(Date.now() + 900_000).toISOString() };
    },
    '/api/devices/self/tasks': (_, request) => {
      if (!tokens.has((request.headers.authorization ?? '').slice('Bearer '.length)))
        throw new AppError('NOT_SIGNED_IN');
      return { tasks: [] };
    },
  };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      let status = 200;
      let answer: unknown;
      try {
        answer = answers[request.url ?? '']?.(body, request);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        status = error.code === 'NOT_SIGNED_IN' ? 401 : 403;
        answer = { code: error.code, message: error.message, params: error.params, correlationId: 'c' };
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, enrolled, tokens, logOns: () => logOns, close: () => closeServer(server) };
}

function isSigned(publicKey: string, challenge: string, signature: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  return verify(null, Buffer.from(`tideline-device-login\n${challenge}`), key, Buffer.from(signature, 'base64url'));
}

async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const run of request) text += String(run);
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A keychain that can be locked. */
function memoryKeychain(): KeyStore & { isLocked: boolean; entries: Map<string, string> } {
  const entries = new Map<string, string>();
  const ask = <T>(answer: () => T): Promise<T> =>
    keychain.isLocked ? Promise.reject(new AppError('KEYCHAIN_LOCKED')) : Promise.resolve(answer());
  const keychain = {
    kind: 'keychain' as const,
    isLocked: false,
    entries,
    save: (name: string, secret: string) => ask(() => void entries.set(name, secret)),
    read: (name: string) => ask(() => entries.get(name) ?? null),
    remove: (name: string) => ask(() => void entries.delete(name)),
  };
  return keychain;
}

let home = '';
let keychain = memoryKeychain();
let stores: KeyStores;
let nowMs = 0;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'device-'));
  keychain = memoryKeychain();
  stores = { keychain, file: createFileKeyStore(home) };
  nowMs = 0;
});
afterEach(() => rmSync(home, { recursive: true }));

async function open(newKeyIn: 'auto' | 'file' = 'auto'): Promise<Device> {
  const identity = await openIdentity({ home, stores, newKeyIn, nowMs: 0 });
  const surroundings = { agentVersion: '1.4.0', monotonic: { nowMs: () => nowMs }, clock: { nowMs: () => Date.now() } };
  return createDevice({ home, caPath: null, identity, surroundings });
}
const recordText = () => readFileSync(join(home, 'device.json'), 'utf8');
const keyFiles = () => readdirSync(home).filter((name) => name.endsWith('.key'));

describe('the identity of a state directory', () => {
  it('is made once and kept', async () => {
    await open();
    const first = recordText();
    await open();
    expect(recordText()).toBe(first);
    expect(statSync(join(home, 'device.json')).mode & 0o777).toBe(0o600);
  });

  it('keeps its key in the keychain, under the id of the directory', async () => {
    const device = await open();
    const { stateId } = JSON.parse(recordText()) as { stateId: string };
    expect(device.keyStore()).toBe('keychain');
    expect([...keychain.entries.keys()]).toEqual([`device-${stateId}`]);
    expect(keyFiles()).toEqual([]);
  });

  it('keeps its key in a file where there is no keychain, or where that is wanted', async () => {
    keychain.isLocked = true;
    expect((await open()).keyStore()).toBe('file');
    expect(keyFiles()).toHaveLength(1);
    rmSync(join(home, 'device.json'));
    keychain.isLocked = false;
    expect((await open('file')).keyStore()).toBe('file');
    expect(keychain.entries.size).toBe(0);
  });

  it('leaves a key in its file when there is a keychain later', async () => {
    keychain.isLocked = true;
    await open();
    const first = recordText();
    keychain.isLocked = false;
    expect((await open()).keyStore()).toBe('file');
    expect(recordText()).toBe(first);
    expect(keychain.entries.size).toBe(0);
  });

  it('never makes a new key because the keychain is locked', async () => {
    const identity = await openIdentity({ home, stores, newKeyIn: 'auto', nowMs: 0 });
    const first = recordText();
    keychain.isLocked = true;
    const later = await openIdentity({ home, stores, newKeyIn: 'auto', nowMs: 0 });
    await expect(later.sign('c')).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    expect(recordText()).toBe(first);
    expect(keyFiles()).toEqual([]);
    keychain.isLocked = false;
    expect(isSigned(identity.record().key.publicKey, 'c', await later.sign('c'))).toBe(true);
  });

  it('takes a keychain without the entry for one that is locked', async () => {
    await open();
    keychain.entries.clear();
    const later = await openIdentity({ home, stores, newKeyIn: 'auto', nowMs: 0 });
    await expect(later.sign('c')).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
  });

  it('says ENROLLMENT_DAMAGED when the key file is gone or another one', async () => {
    await open('file');
    const [name = ''] = keyFiles();
    writeFileSync(join(home, name), 'bm90IGEga2V5');
    const later = await openIdentity({ home, stores, newKeyIn: 'file', nowMs: 0 });
    await expect(later.sign('c')).rejects.toMatchObject({ code: 'ENROLLMENT_DAMAGED' });
    rmSync(join(home, name));
    await expect(later.sign('c')).rejects.toMatchObject({ code: 'ENROLLMENT_DAMAGED' });
  });

  it('[K06] begins anew beside a record that cannot be read, which is kept, as is its key', async () => {
    await open('file');
    writeFileSync(join(home, 'device.json'), '{"format":1');
    const device = await open('file');
    expect(device.damaged).toMatchObject({ path: join(home, 'device.json.damaged-1') });
    expect(device.enrollment()).toBeNull();
    expect(keyFiles()).toHaveLength(2);
    expect((await open('file')).damaged).toBeNull();
  });
});

describe('enrollment', () => {
  let console: ConsoleStandIn;
  beforeEach(async () => {
    console = await startConsole();
  });
  afterEach(() => console.close());
  const request = () => ({
    server: `${console.url}/`,
    token: 'secret-token',
    email: 'ada@acme.example',
    deviceName: 'desk',
  });

  it('leaves the public key with the server and remembers where it belongs', async () => {
    const device = await open();
    const enrollment = await device.enroll(request());
    expect(enrollment).toMatchObject({ server: console.url, deviceName: 'desk', enterprise: { code: 'acme' } });
    expect((await open()).enrollment()).toEqual(enrollment);
    expect(recordText()).not.toContain('secret-token');
  });

  it('is refused twice', async () => {
    const device = await open();
    await device.enroll(request());
    await expect(device.enroll(request())).rejects.toMatchObject({ code: 'ALREADY_ENROLLED' });
    expect(console.enrolled.size).toBe(1);
  });

  it('makes a new device of one whose key file is lost', async () => {
    const first = await (await open('file')).enroll(request());
    for (const name of keyFiles()) rmSync(join(home, name));
    const device = await open('file');
    const second = await device.enroll(request());
    expect(second.deviceId).not.toBe(first.deviceId);
    expect(await device.session().client.call(routes.devices.tasks, {})).toEqual({ tasks: [] });
  });

  it.each([{ email: 'ada' }, { email: '' }, { server: 'my console' }])(
    'says of %j what is wrong with it',
    async (wrong) => {
      const device = await open();
      const refused = device.enroll({ ...request(), ...wrong });
      await expect(refused).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(/ is not .*such as/) as string,
      });
      expect(console.enrolled.size).toBe(0);
    },
  );

  it('that the server refuses leaves the device as it was', async () => {
    const refusing = await startConsole('USER_UNKNOWN');
    const device = await open();
    const before = recordText();
    await expect(device.enroll({ ...request(), server: refusing.url })).rejects.toThrow(
      'There is no user ada@acme.example in this enterprise.',
    );
    expect(recordText()).toBe(before);
    await refusing.close();
  });

  it('signs in with the key, and again only when it must', async () => {
    const device = await open();
    await device.enroll(request());
    const { client } = device.session();
    await Promise.all([client.call(routes.devices.tasks, {}), client.call(routes.devices.tasks, {})]);
    expect(console.logOns()).toBe(1);
    console.tokens.clear();
    expect(await client.call(routes.devices.tasks, {})).toEqual({ tasks: [] });
    expect(console.logOns()).toBe(2);
    nowMs += 15 * 60_000;
    await client.call(routes.devices.tasks, {});
    expect(console.logOns()).toBe(3);
  });

  it('keeps access tokens in memory only', async () => {
    const device = await open('file');
    await device.enroll(request());
    const token = await device.session().auth.token();
    for (const name of readdirSync(home)) expect(readFileSync(join(home, name), 'utf8')).not.toContain(token);
  });

  it('tells a locked keychain as a problem of the key, until it is open again', async () => {
    const device = await open();
    await device.enroll(request());
    keychain.isLocked = true;
    await expect(device.session().auth.token()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    expect(device.hasKeyProblem()).toBe(true);
    keychain.isLocked = false;
    await device.session().auth.token();
    expect(device.hasKeyProblem()).toBe(false);
  });

  it('ends with a log-out, which takes the key away and nothing else', async () => {
    const device = await open();
    await device.enroll(request());
    const [oldKey] = keychain.entries.keys();
    writeFileSync(join(home, 'tasks.json'), 'stays');
    await device.logout();
    expect(device.enrollment()).toBeNull();
    expect(() => device.session()).toThrow(expect.objectContaining({ code: 'NOT_ENROLLED' }));
    expect(keychain.entries.has(oldKey ?? '')).toBe(false);
    expect(existsSync(join(home, 'tasks.json'))).toBe(true);
    await device.enroll(request());
    expect(new Set(console.enrolled.values()).size).toBe(2);
  });
});

it('logs out of a device whose keychain is locked', async () => {
  const identity = await openIdentity({ home, stores, newKeyIn: 'auto', nowMs: 0 });
  const { stateId } = identity.record();
  keychain.isLocked = true;
  await identity.reset();
  expect(identity.record().stateId).not.toBe(stateId);
  expect(identity.record().key.store).toBe('file');
});

describe('a server address', () => {
  it.each([
    ['https://console.example', 'https://console.example'],
    ['https://console.example:8443/tideline/', 'https://console.example:8443/tideline'],
    ['http://127.0.0.1:4680/', 'http://127.0.0.1:4680'],
    ['http://localhost:4680', 'http://localhost:4680'],
    ['http://[::1]:4680', 'http://[::1]:4680'],
  ])('%s is %s', (text, server) => {
    expect(parseServerAddress(text)).toBe(server);
  });

  it.each([
    'http://console.example',
    'http://10.0.0.1',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
  ])('%s is refused: plain http stays on this machine', (text) => {
    expect(() => parseServerAddress(text)).toThrow(expect.objectContaining({ code: 'PLAIN_HTTP_REFUSED' }));
  });

  it.each(['console.example', 'ftp://console.example', '', 'https://ada:pw@console.example', 'https://c.example/?a=1'])(
    '%j is none',
    (text) => {
      expect(() => parseServerAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
