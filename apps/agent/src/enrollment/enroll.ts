import { arch, hostname, platform, release } from 'node:os';
import { AppError, Email, routes } from '@tideline/contracts';
import { createApiClient } from '@tideline/drive-client';
import { createNodeTransport } from '../transport/node-transport.ts';
import type { DeviceParts } from './device.ts';
import type { Enrollment } from './device-record.ts';
import { parseServerAddress } from './server-address.ts';

export type EnrollRequest = {
  readonly server: string;
  readonly token: string;
  readonly email: string;
  /** Default: the machine's name. */
  readonly deviceName?: string;
};

const TIMEOUT_MS = 20_000;

/** Proves the entitlement with a token and leaves the public key with the server. Sent once: a token may be good for one use. */
export async function enroll(
  request: EnrollRequest,
  { identity, caPath, surroundings }: DeviceParts,
): Promise<Enrollment> {
  const server = parseServerAddress(request.server);
  const email = parseEmail(request.email);
  const { key } = identity.record();
  const deviceName = request.deviceName ?? hostname().slice(0, 100);
  const answer = await createApiClient({
    baseUrl: server,
    transport: createNodeTransport(),
    timeoutMs: TIMEOUT_MS,
  }).call(routes.devices.enroll, {
    body: {
      token: request.token,
      email,
      deviceName,
      publicKey: key.publicKey,
      keyStore: key.store,
      platform: { os: `${platform()} ${release()}`.slice(0, 100), arch: arch(), hostname: hostname().slice(0, 255) },
      agentVersion: surroundings.agentVersion,
    },
  });
  const enrolledAt = new Date(surroundings.clock.nowMs()).toISOString();
  return { server, ...answer, deviceName, enrolledAt, caPath };
}

function parseEmail(text: string): string {
  const parsed = Email.safeParse(text.trim());
  if (parsed.success) return parsed.data;
  throw new AppError('USAGE', { reason: `"${text}" is not an e-mail address, such as ada@company.example.` });
}
