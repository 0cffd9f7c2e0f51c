import type { FastifyRequest } from 'fastify';

const MINUTE_MS = 60_000;

/** Guessing a password: per address and account, whatever the spelling of the account. */
export const LOGIN_RATE = {
  max: 20,
  timeWindow: MINUTE_MS,
  hook: 'preHandler',
  keyGenerator: (request: FastifyRequest) => `${request.ip} ${accountOf(request.body)}`,
} as const;

/** Tokens have 256 random bits; this keeps a flood away from the database. A fleet behind one address may enroll 100/s. */
export const ENROLL_RATE = { max: 6_000, timeWindow: MINUTE_MS } as const;
export const DEVICE_LOGIN_RATE = { max: 12_000, timeWindow: MINUTE_MS } as const;

/** Each attempt costs a password hash, whether the secret is right or not. */
export const INVITATION_RATE = { max: 30, timeWindow: MINUTE_MS } as const;

function accountOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const email = 'email' in body && typeof body.email === 'string' ? body.email.slice(0, 254).toLowerCase() : '';
  const code =
    'enterpriseCode' in body && typeof body.enterpriseCode === 'string' ? body.enterpriseCode.slice(0, 32) : '';
  return `${code} ${email}`;
}
