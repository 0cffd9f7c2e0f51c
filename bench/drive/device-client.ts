import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { routes, type DeviceId, type NodeId, type SpaceId } from '@tideline/contracts';
import { createApiClient, type ApiClient } from '@tideline/drive-client';

const AGENT_VERSION = '1.4.0';

export type DeviceClient = {
  readonly api: ApiClient;
  readonly deviceId: DeviceId;
  /** Its person's personal space. */
  readonly spaceId: SpaceId;
  readonly rootId: NodeId;
  /** For requests that a benchmark makes without the typed client. */
  readonly headers: Readonly<Record<string, string>>;
};

type Enrollment = { readonly url: string; readonly token: string; readonly email: string; readonly name: string };

/** A device without an agent: key, enrollment and access token, which is good for fifteen minutes. */
export async function enrollDevice({ url, token, email, name }: Enrollment): Promise<DeviceClient> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const nobody = createApiClient({ baseUrl: url });
  const { deviceId } = await nobody.call(routes.devices.enroll, {
    body: {
      token,
      email,
      deviceName: name,
      publicKey: String(publicKey.export({ format: 'jwk' }).x),
      keyStore: 'file',
      platform: { os: 'Linux', arch: 'x64', hostname: name },
      agentVersion: AGENT_VERSION,
    },
  });
  const headers = { authorization: `Bearer ${await logOn(nobody, deviceId, privateKey)}` };
  const api = createApiClient({ baseUrl: url, headers: () => headers, timeoutMs: 300_000 });
  const { spaces } = await api.call(routes.drive.spaces, {});
  const personal = spaces.find((space) => space.kind === 'personal');
  if (!personal) throw new Error(`${email} has no personal space`);
  return { api, deviceId, spaceId: personal.id, rootId: personal.rootId, headers };
}

async function logOn(api: ApiClient, deviceId: DeviceId, key: KeyObject): Promise<string> {
  const { challenge } = await api.call(routes.devices.challenge, { body: { deviceId } });
  const signature = sign(null, Buffer.from(`tideline-device-login\n${challenge}`), key).toString('base64url');
  const body = { deviceId, challenge, signature, agentVersion: AGENT_VERSION };
  return (await api.call(routes.devices.token, { body })).accessToken;
}
