import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileKeyStore } from './file-key-store.ts';
import { createKeychainKeyStore, type Keychain } from './keychain-key-store.ts';
import type { KeyStore } from './key-store.ts';

/** What every place for keys must do. */
function keyStoreContract(open: () => KeyStore): void {
  it('gives back what it was given', async () => {
    await open().save('device-1', 'c2VjcmV0');
    expect(await open().read('device-1')).toBe('c2VjcmV0');
  });

  it('says so when it has no such key', async () => {
    expect(await open().read('device-unknown')).toBeNull();
  });

  it('keeps keys of different names apart', async () => {
    await open().save('device-1', 'one');
    await open().save('device-2', 'two');
    await open().remove('device-1');
    expect(await open().read('device-1')).toBeNull();
    expect(await open().read('device-2')).toBe('two');
  });

  it('replaces a key of the same name', async () => {
    await open().save('device-1', 'old');
    await open().save('device-1', 'new');
    expect(await open().read('device-1')).toBe('new');
  });

  it('removes a key, and one that is not there', async () => {
    await open().save('device-1', 'secret');
    await open().remove('device-1');
    await open().remove('device-1');
    expect(await open().read('device-1')).toBeNull();
  });
}

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'key-store-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('keys in files', () => {
  keyStoreContract(() => createFileKeyStore(home));

  it('are readable by their owner only, also when somebody opened them up', async () => {
    const store = createFileKeyStore(home);
    const path = join(home, 'device-1.key');
    await store.save('device-1', 'secret');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    expect(await store.read('device-1')).toBe('secret');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('a keychain that cannot be asked is KEYCHAIN_LOCKED', () => {
  const locked = { code: 'KEYCHAIN_LOCKED' };
  const refusing: Keychain = {
    setPassword: () => Promise.reject(new Error('Cannot create an item in a locked collection')),
    getPassword: () => Promise.reject(new Error('Cannot autolaunch D-Bus without X11 $DISPLAY')),
    deletePassword: () => Promise.reject(new Error('locked')),
  };

  it('when it refuses', async () => {
    const store = createKeychainKeyStore(() => Promise.resolve(refusing));
    await expect(store.save('n', 's')).rejects.toMatchObject(locked);
    await expect(store.read('n')).rejects.toMatchObject(locked);
    await expect(store.remove('n')).rejects.toMatchObject(locked);
  });

  it('when its library is missing', async () => {
    const store = createKeychainKeyStore(() => Promise.reject(new Error('Failed to load keytar native addon')));
    await expect(store.read('n')).rejects.toMatchObject(locked);
  });

  it('when it waits for its person without end', async () => {
    const waiting: Keychain = { ...refusing, getPassword: () => new Promise(() => undefined) };
    const store = createKeychainKeyStore(() => Promise.resolve(waiting), 10);
    await expect(store.read('n')).rejects.toMatchObject(locked);
  });
});

const missing = missingForKeychain();
describe.skipIf(missing !== '')(`keys in the keychain of the system${missing && ` (not here: ${missing})`}`, () => {
  let session: KeychainSession | undefined;
  beforeAll(async () => {
    session = await startKeychainSession();
  });
  afterAll(() => session?.stop());
  keyStoreContract(() => createKeychainKeyStore());
});

/** What a Secret Service needs and this machine lacks; empty when the real keychain can be tested. */
function missingForKeychain(): string {
  if (process.platform !== 'linux') return 'a Secret Service';
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const tools = ['dbus-daemon', 'gnome-keyring-daemon'].filter(
    (tool) => !folders.some((folder) => existsSync(join(folder, tool))),
  );
  const loads = spawnSync(process.execPath, ['-e', "require('keytar')"], { cwd: import.meta.dirname }).status === 0;
  return [...tools, ...(loads ? [] : ['libsecret'])].join(', ');
}

type KeychainSession = { stop(): Promise<void> };

/** A message bus and an unlocked keychain of our own, away from those of the person who runs the tests. */
async function startKeychainSession(): Promise<KeychainSession> {
  const folder = mkdtempSync(join(tmpdir(), 'keychain-'));
  const before = process.env['DBUS_SESSION_BUS_ADDRESS'];
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = (await once(bus.stdout, 'data')) as [Buffer];
  process.env['DBUS_SESSION_BUS_ADDRESS'] = address.toString().trim();
  // it goes to the background once it serves, and ends with its bus
  const keyring = spawnSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], {
    env: { ...process.env, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder },
    input: 'password',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  expect(keyring.status).toBe(0);
  return {
    stop: async () => {
      await end(bus);
      if (before === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
      else process.env['DBUS_SESSION_BUS_ADDRESS'] = before;
      rmSync(folder, { recursive: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
