import '@fastify/cookie';
import type { FastifyReply } from 'fastify';

const COOKIE_NAME = 'tideline_session';

export function setSessionCookie(
  reply: FastifyReply,
  token: string,
  options: { expires: Date; secure: boolean },
): void {
  const { expires, secure } = options;
  void reply.setCookie(COOKIE_NAME, token, { httpOnly: true, sameSite: 'strict', path: '/', expires, secure });
}

export function clearSessionCookie(reply: FastifyReply): void {
  void reply.clearCookie(COOKIE_NAME, { path: '/', httpOnly: true, sameSite: 'strict' });
}

/** Reads the token from a `Cookie` header; also used at the socket's upgrade, where no plugin has parsed it. */
export function findSessionToken(cookieHeader: string | undefined): string | undefined {
  for (const pair of cookieHeader?.split(';') ?? []) {
    const separator = pair.indexOf('=');
    if (pair.slice(0, separator).trim() === COOKIE_NAME) return pair.slice(separator + 1).trim();
  }
  return undefined;
}
