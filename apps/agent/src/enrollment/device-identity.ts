import { randomUUID, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '@tideline/contracts';
import { readJsonFile, writeJsonFile } from '../config/json-file.ts';
import { makeDeviceKey, parseDeviceKey, publicKeyOf, signChallenge } from './device-key.ts';
import { DeviceRecord, type Enrollment } from './device-record.ts';
import type { KeyStore } from './key-store.ts';

export type KeyStores = { readonly keychain: KeyStore; readonly file: KeyStore };

/** A state file that could not be read: kept aside, to be told to the person (ENROLLMENT_DAMAGED). */
export type DamagedState = { readonly path: string; readonly reason: string };

/** Who this state directory is: its key pair, where the private half rests, and its enrollment. One writer per home. */
export type DeviceIdentity = {
  record(): DeviceRecord;
  /** Set when the record of an earlier start could not be read; the device must be enrolled again. */
  readonly damaged: DamagedState | null;
  /** Throws KEYCHAIN_LOCKED while the key cannot be reached; nothing is changed then. */
  sign(challenge: string): Promise<string>;
  /** The key's file is gone or holds another key: only a new enrollment helps. A keychain may only be locked. */
  isKeyLost(): Promise<boolean>;
  setEnrollment(enrollment: Enrollment): void;
  /** Forgets server and key: the next use of this home makes a new identity. */
  reset(): Promise<void>;
};

type OpenOptions = {
  readonly home: string;
  readonly stores: KeyStores;
  /** Where a new key goes; a key that exists stays where it is. */
  readonly newKeyIn: 'auto' | 'file';
  readonly nowMs: number;
};

export async function openIdentity(options: OpenOptions): Promise<DeviceIdentity> {
  const path = join(options.home, 'device.json');
  const read = readJsonFile(path, DeviceRecord);
  let record = read.t === 'read' ? read.value : await createRecord(path, options);
  let key: KeyObject | undefined;

  const write = (next: DeviceRecord): void => {
    writeJsonFile(path, next);
    record = next;
  };
  return {
    record: () => record,
    damaged: read.t === 'damaged' ? { path: read.asidePath, reason: read.reason } : null,
    sign: async (challenge) => {
      key ??= await loadKey(record, options);
      return signChallenge(key, challenge);
    },
    isKeyLost: async () => record.key.store === 'file' && (await findKey(record, options)) === undefined,
    setEnrollment: (enrollment) => write({ ...record, enrollment }),
    reset: async () => {
      const old = record;
      key = undefined;
      record = await createRecord(path, options);
      await removeKey(options.stores[old.key.store], entryName(old.stateId));
    },
  };
}

/** The key is stored and read back before the record names it: a crash in between leaves an unused key, never a nameless one. */
async function createRecord(path: string, { stores, newKeyIn, nowMs }: OpenOptions): Promise<DeviceRecord> {
  const stateId = randomUUID();
  const { secret, publicKey } = makeDeviceKey();
  const store = await storeNewKey(stores, newKeyIn, { name: entryName(stateId), secret });
  const createdAt = new Date(nowMs).toISOString();
  const record: DeviceRecord = { format: 1, stateId, createdAt, key: { store, publicKey }, enrollment: null };
  writeJsonFile(path, record);
  return record;
}

async function storeNewKey(
  stores: KeyStores,
  where: 'auto' | 'file',
  { name, secret }: { name: string; secret: string },
): Promise<'keychain' | 'file'> {
  if (where === 'auto' && (await isStored(stores.keychain, name, secret))) return 'keychain';
  await stores.file.save(name, secret);
  return 'file';
}

/** A keychain that takes a secret and cannot give it back is of no use. */
async function isStored(store: KeyStore, name: string, secret: string): Promise<boolean> {
  try {
    await store.save(name, secret);
    return (await store.read(name)) === secret;
  } catch (error) {
    if (error instanceof AppError && error.code === 'KEYCHAIN_LOCKED') return false;
    throw error;
  }
}

async function findKey({ key, stateId }: DeviceRecord, { stores }: OpenOptions): Promise<KeyObject | undefined> {
  const secret = await stores[key.store].read(entryName(stateId));
  const privateKey = secret === null ? undefined : parseDeviceKey(secret);
  return privateKey && publicKeyOf(privateKey) === key.publicKey ? privateKey : undefined;
}

async function loadKey(record: DeviceRecord, options: OpenOptions): Promise<KeyObject> {
  const found = await findKey(record, options);
  if (found) return found;
  const { key, stateId } = record;
  // a keychain without the entry is another one than before (locked, another session): never a reason for a new key
  if (key.store === 'keychain') throw new AppError('KEYCHAIN_LOCKED');
  const reason = 'the device key is missing or another one.';
  throw new AppError('ENROLLMENT_DAMAGED', { path: join(options.home, `${entryName(stateId)}.key`), reason });
}

/** A keychain that is locked keeps an entry that nothing names any more: no reason to refuse a log-out. */
async function removeKey(store: KeyStore, name: string): Promise<void> {
  try {
    await store.remove(name);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'KEYCHAIN_LOCKED') throw error;
  }
}

function entryName(stateId: string): string {
  return `device-${stateId}`;
}
