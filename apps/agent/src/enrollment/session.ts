import { AppError, routes } from '@tideline/contracts';
import { createApiClient, createDeviceAuth, type AccessToken } from '@tideline/drive-client';
import { createNodeTransport } from '../transport/node-transport.ts';
import type { DeviceParts, DeviceSession } from './device.ts';
import type { Enrollment } from './device-record.ts';

const MAX_LIFETIME_MS = 15 * 60_000;
const TIMEOUT_MS = 20_000;

type SessionParts = DeviceParts & {
  /** Told at every log-on whether the key could be used. */
  readonly onKey: (isReachable: boolean) => void;
};

/** Access tokens live in memory only; there is no long-lived secret but the device key. */
export function createSession(enrollment: Enrollment, parts: SessionParts): DeviceSession {
  const { server, deviceId } = enrollment;
  const transport = createNodeTransport();
  const logOn = createApiClient({ baseUrl: server, transport, timeoutMs: TIMEOUT_MS });
  const { clock, monotonic, agentVersion } = parts.surroundings;

  const requestToken = async (): Promise<AccessToken> => {
    const { challenge } = await logOn.call(routes.devices.challenge, { body: { deviceId } });
    const signature = await sign(parts, challenge);
    const answer = await logOn.call(routes.devices.token, { body: { deviceId, challenge, signature, agentVersion } });
    const lifetimeMs = Math.min(Date.parse(answer.expiresAt) - clock.nowMs(), MAX_LIFETIME_MS);
    return { accessToken: answer.accessToken, lifetimeMs };
  };
  const auth = createDeviceAuth({ requestToken, clock: monotonic });
  const { headers, onUnauthorized } = auth;
  const client = createApiClient({ baseUrl: server, transport, headers, onUnauthorized });
  return { server, deviceId, client, auth };
}

async function sign({ identity, onKey }: SessionParts, challenge: string): Promise<string> {
  try {
    const signature = await identity.sign(challenge);
    onKey(true);
    return signature;
  } catch (error) {
    if (error instanceof AppError) onKey(false);
    throw error;
  }
}
