import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError, PROTOCOL_HEADER, PROTOCOL_VERSION } from '@tideline/contracts';
import type { FastifyRequest } from 'fastify';
import { findRefusal } from './permission.ts';
import type { Principal } from './principal.ts';
import { setCaller } from './request-principal.ts';
import { findRoute } from './route.ts';

/** Says who makes a request; identity provides it. Refuses forged requests (CSRF) by throwing. */
export interface PrincipalSource {
  findPrincipal(request: FastifyRequest): Promise<Principal | undefined>;
}
export const PRINCIPAL_SOURCE = Symbol('PrincipalSource');

/** Lets a request in only when its handler declares a route and the caller has that route's permission. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(@Inject(PRINCIPAL_SOURCE) private readonly principals: PrincipalSource) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true; // sockets are let in at their upgrade
    const route = findRoute(context.getHandler());
    if (!route) throw new AppError('FORBIDDEN');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    requireProtocol(request.headers[PROTOCOL_HEADER]);
    const principal = await this.principals.findPrincipal(request);
    if (principal) setCaller(request, principal);
    const refusal = findRefusal(route.permission, principal);
    if (refusal) throw new AppError(refusal);
    return true;
  }
}

/** The server speaks its protocol and the one before; callers that name none are people with tools. */
function requireProtocol(header: string | string[] | undefined): void {
  if (header === undefined) return;
  const version = Number(header);
  const isSpoken =
    Number.isInteger(version) && version <= PROTOCOL_VERSION && version >= Math.max(1, PROTOCOL_VERSION - 1);
  if (!isSpoken) throw new AppError('PROTOCOL_UNSUPPORTED', { version: String(header) });
}
