import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits; a plain hash of it can be stored, since it cannot be guessed. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
