import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A new Ed25519 key: the secret to keep (PKCS #8, base64) and the public half for the server (raw, base64url). */
export function makeDeviceKey(): { readonly secret: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  return { secret, publicKey: publicKeyOf(privateKey) };
}

/** Undefined when the text is not an Ed25519 key. */
export function parseDeviceKey(secret: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(secret.trim(), 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined; // not a key: the caller says where it came from
  }
}

export function publicKeyOf(privateKey: KeyObject): string {
  return privateKey.export({ format: 'jwk' }).x ?? '';
}

/** The prefix keeps the signature of a challenge from being of use anywhere else. */
export function signChallenge(privateKey: KeyObject, challenge: string): string {
  return sign(null, Buffer.from(`tideline-device-login\n${challenge}`), privateKey).toString('base64url');
}
