import { createPublicKey, verify } from 'node:crypto';

/** What a device signs: the prefix keeps a signature from being of use anywhere else. */
export function isSignedChallenge(publicKey: string, challenge: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(`tideline-device-login\n${challenge}`), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false; // not a key or not a signature: not signed
  }
}
