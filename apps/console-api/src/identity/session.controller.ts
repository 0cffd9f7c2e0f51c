import { Controller, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { AppError, routes, type RouteResult } from '@tideline/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperatorPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { LOGIN_RATE } from './rate-limits.ts';
import { clearSessionCookie, findSessionToken, setSessionCookie } from './session-cookie.ts';
import { SessionService, toSession } from './session.service.ts';

const { login, current, logout } = routes.session;

@Controller()
export class SessionController {
  constructor(private readonly sessions: SessionService) {}

  @Handles(login)
  @RouteConfig({ rateLimit: LOGIN_RATE })
  async login(
    @Input() input: HandlerInput<typeof login>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteResult<typeof login>> {
    const { token, session, expiresAt } = await this.sessions.login(input.body);
    setSessionCookie(reply, token, { expires: expiresAt, secure: request.protocol === 'https' });
    return session;
  }

  @Handles(current)
  async current(@Req() request: FastifyRequest): Promise<RouteResult<typeof current>> {
    const token = findSessionToken(request.headers.cookie);
    const session = token === undefined ? undefined : await this.sessions.findByToken(token);
    if (!session) throw new AppError('NOT_SIGNED_IN');
    return toSession(session);
  }

  @Handles(logout)
  async logout(
    @Caller() caller: PersonPrincipal | OperatorPrincipal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteResult<typeof logout>> {
    await this.sessions.logout(caller.sessionId);
    clearSessionCookie(reply);
    return {};
  }
}
