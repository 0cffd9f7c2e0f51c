import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppError, CSRF_HEADER } from '@tideline/contracts';
import type { FastifyRequest } from 'fastify';
import type { PrincipalSource } from '../platform/auth.guard.ts';
import type { Principal } from '../platform/principal.ts';
import { isSameOrigin } from '../platform/request-origin.ts';
import { DeviceTokenService } from './device-token.service.ts';
import { findSessionToken } from './session-cookie.ts';
import { SessionService, isCsrfToken, toPrincipal } from './session.service.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Devices come with a bearer token, people with the session cookie, which changing requests must back by a CSRF token. */
@Injectable()
export class IdentityPrincipalSource implements PrincipalSource {
  constructor(
    private readonly sessions: SessionService,
    private readonly deviceTokens: DeviceTokenService,
  ) {}

  async findPrincipal(request: FastifyRequest): Promise<Principal | undefined> {
    const bearer = findBearer(request.headers);
    if (bearer !== undefined) return this.deviceTokens.findPrincipal(bearer);
    const isChanging = !SAFE_METHODS.has(request.method);
    if (isChanging && !isSameOrigin(request.headers)) throw new AppError('CSRF_REFUSED');
    const token = findSessionToken(request.headers.cookie);
    const session = token === undefined ? undefined : await this.sessions.findByToken(token);
    if (!session) return undefined;
    // A log-on replaces the session, so it needs no token of the old one.
    const isLogin = request.method === 'POST' && request.routeOptions.url === '/api/session';
    if (isChanging && !isLogin && !isCsrfToken(session, request.headers[CSRF_HEADER]))
      throw new AppError('CSRF_REFUSED');
    return toPrincipal(session);
  }

  /** At a socket's upgrade: browsers send cookies from anywhere, so the page must be ours. */
  async findSocketPrincipal(headers: IncomingHttpHeaders): Promise<Principal | undefined> {
    const bearer = findBearer(headers);
    if (bearer !== undefined) return this.deviceTokens.findPrincipal(bearer);
    if (headers.origin === undefined || !isSameOrigin(headers)) return undefined;
    const token = findSessionToken(headers.cookie);
    const session = token === undefined ? undefined : await this.sessions.findByToken(token);
    return session && toPrincipal(session);
  }
}

function findBearer(headers: IncomingHttpHeaders): string | undefined {
  const [scheme, token] = headers.authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' ? token : undefined;
}
