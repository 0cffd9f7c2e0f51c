import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { DeviceId } from '@tideline/contracts';
import type { ApiClient, Answer } from './api-client.ts';

export const AGENT_VERSION = '1.4.0';

/** The key of a device, as an agent would hold it. */
export class TestKey {
  readonly publicKey: string;
  private readonly privateKey: KeyObject;

  constructor() {
    const pair = generateKeyPairSync('ed25519');
    this.publicKey = String(pair.publicKey.export({ format: 'jwk' }).x);
    this.privateKey = pair.privateKey;
  }

  sign(challenge: string): string {
    return sign(null, Buffer.from(`tideline-device-login\n${challenge}`), this.privateKey).toString('base64url');
  }
}

export function enrollRequest(key: TestKey, over: Record<string, unknown>) {
  return {
    deviceName: 'test PC',
    publicKey: key.publicKey,
    keyStore: 'file',
    platform: { os: 'Linux', arch: 'x64', hostname: 'test' },
    agentVersion: AGENT_VERSION,
    ...over,
  };
}

export type TestDevice = { readonly deviceId: DeviceId; readonly key: TestKey; readonly api: ApiClient };

export async function enrollDevice(
  api: ApiClient,
  token: string,
  email: string,
  name = 'test PC',
): Promise<TestDevice> {
  const key = new TestKey();
  const answer = await api.call('POST', '/devices/enroll', enrollRequest(key, { token, email, deviceName: name }));
  if (answer.status !== 200) throw new Error(`enrollment failed: ${JSON.stringify(answer.body)}`);
  const deviceId = answer.body['deviceId'] as DeviceId;
  return { deviceId, key, api: await signIn(api, { deviceId, key }) };
}

export async function requestToken(
  api: ApiClient,
  device: Pick<TestDevice, 'deviceId' | 'key'>,
  agentVersion = AGENT_VERSION,
): Promise<Answer> {
  const { deviceId, key } = device;
  const { body } = await api.call('POST', '/devices/challenge', { deviceId });
  const challenge = String(body['challenge']);
  return api.call('POST', '/devices/token', { deviceId, challenge, signature: key.sign(challenge), agentVersion });
}

export async function signIn(
  api: ApiClient,
  device: Pick<TestDevice, 'deviceId' | 'key'>,
  agentVersion = AGENT_VERSION,
): Promise<ApiClient> {
  const { status, body } = await requestToken(api, device, agentVersion);
  if (status !== 200) throw new Error(`device log-on failed: ${JSON.stringify(body)}`);
  return api.with({ authorization: `Bearer ${String(body['accessToken'])}` });
}
