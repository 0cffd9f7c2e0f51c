import { AppError, type DeviceId } from '@tideline/contracts';
import type { ApiClient, DeviceAuth } from '@tideline/drive-client';
import type { AgentConfig } from '../config/agent-config.ts';
import { makeStateHome } from '../config/state-home.ts';
import { openIdentity, type DamagedState, type DeviceIdentity } from './device-identity.ts';
import type { Enrollment } from './device-record.ts';
import { enroll, type EnrollRequest } from './enroll.ts';
import { createFileKeyStore } from './file-key-store.ts';
import { createKeychainKeyStore } from './keychain-key-store.ts';
import { createSession } from './session.ts';
import { trustCa } from './trust-ca.ts';

/** Signed in as this device. */
export type DeviceSession = {
  readonly server: string;
  readonly deviceId: DeviceId;
  /** Every request carries a fresh access token. Not retried and not throttled: wrap it with drive-client's decorators. */
  readonly client: ApiClient;
  /** For the socket's upgrade. */
  readonly auth: DeviceAuth;
};

/** The device that a state directory is. One per process; the home's lock keeps a second agent away. */
export type Device = {
  readonly home: string;
  /** ENROLLMENT_DAMAGED of this start, or null. */
  readonly damaged: DamagedState | null;
  keyStore(): 'keychain' | 'file';
  /** True after the key could not be reached, until it could. */
  hasKeyProblem(): boolean;
  /** Null: not signed in. */
  enrollment(): Enrollment | null;
  /** Throws the server's refusal, PLAIN_HTTP_REFUSED, ALREADY_ENROLLED. A device whose key is lost becomes a new one. */
  enroll(request: EnrollRequest): Promise<Enrollment>;
  /** Throws NOT_ENROLLED. The same session every time, until log-out. */
  session(): DeviceSession;
  /** Forgets server, key and token; files and tasks stay. */
  logout(): Promise<void>;
};

export type DeviceSurroundings = {
  readonly agentVersion: string;
  /** Monotonic. */
  readonly monotonic: { nowMs(): number };
  readonly clock: { nowMs(): number };
};

export async function openDevice(config: AgentConfig, surroundings: DeviceSurroundings): Promise<Device> {
  makeStateHome(config.home);
  const identity = await openIdentity({
    home: config.home,
    stores: { keychain: createKeychainKeyStore(), file: createFileKeyStore(config.home) },
    newKeyIn: config.keyStore,
    nowMs: surroundings.clock.nowMs(),
  });
  const caPath = config.caPath ?? identity.record().enrollment?.caPath ?? null;
  if (caPath) trustCa(caPath);
  return createDevice({ home: config.home, caPath, identity, surroundings });
}

export type DeviceParts = {
  readonly home: string;
  readonly caPath: string | null;
  readonly identity: DeviceIdentity;
  readonly surroundings: DeviceSurroundings;
};

export function createDevice(parts: DeviceParts): Device {
  const { identity } = parts;
  let session: DeviceSession | undefined;
  let keyProblem = false;
  const onKey = (isReachable: boolean): void => void (keyProblem = !isReachable);
  return {
    home: parts.home,
    damaged: identity.damaged,
    keyStore: () => identity.record().key.store,
    hasKeyProblem: () => keyProblem,
    enrollment: () => identity.record().enrollment,
    enroll: async (request) => {
      if (identity.record().enrollment) await makeNew(identity);
      const enrollment = await enroll(request, parts);
      identity.setEnrollment(enrollment);
      return enrollment;
    },
    session: () => {
      const enrollment = identity.record().enrollment;
      if (!enrollment) throw new AppError('NOT_ENROLLED');
      session ??= createSession(enrollment, { ...parts, onKey });
      return session;
    },
    logout: async () => {
      session?.auth.forget();
      session = undefined;
      await identity.reset();
    },
  };
}

async function makeNew(identity: DeviceIdentity): Promise<void> {
  if (!(await identity.isKeyLost())) throw new AppError('ALREADY_ENROLLED');
  await identity.reset();
}
