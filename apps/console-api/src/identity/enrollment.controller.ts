import { Controller, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { routes, type RouteResult } from '@tideline/contracts';
import type { FastifyRequest } from 'fastify';
import type { PersonPrincipal } from '../platform/principal.ts';
import { isLoopback } from '../platform/request-origin.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { DeviceTokenService } from './device-token.service.ts';
import { EnrollmentTokenService } from './enrollment-token.service.ts';
import { EnrollmentService } from './enrollment.service.ts';
import { DEVICE_LOGIN_RATE, ENROLL_RATE } from './rate-limits.ts';

const { enroll, challenge, token } = routes.devices;
const { enrollmentTokens, createEnrollmentToken, revokeEnrollmentToken } = routes.enterprise;

@Controller()
export class EnrollmentController {
  constructor(
    private readonly enrollment: EnrollmentService,
    private readonly deviceTokens: DeviceTokenService,
    private readonly tokens: EnrollmentTokenService,
  ) {}

  @Handles(enroll)
  @RouteConfig({ rateLimit: ENROLL_RATE })
  enroll(
    @Input() input: HandlerInput<typeof enroll>,
    @Req() request: FastifyRequest,
  ): Promise<RouteResult<typeof enroll>> {
    return this.enrollment.enroll(input.body, isLoopback(request.ip));
  }

  @Handles(challenge)
  @RouteConfig({ rateLimit: DEVICE_LOGIN_RATE })
  challenge(@Input() input: HandlerInput<typeof challenge>): Promise<RouteResult<typeof challenge>> {
    return this.deviceTokens.challenge(input.body.deviceId);
  }

  @Handles(token)
  @RouteConfig({ rateLimit: DEVICE_LOGIN_RATE })
  token(@Input() input: HandlerInput<typeof token>): Promise<RouteResult<typeof token>> {
    return this.deviceTokens.exchange(input.body);
  }

  @Handles(enrollmentTokens)
  async list(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof enrollmentTokens>,
  ): Promise<RouteResult<typeof enrollmentTokens>> {
    const { rows, next } = await this.tokens.list(caller.enterpriseId, input.query);
    return { tokens: rows, next };
  }

  @Handles(createEnrollmentToken)
  create(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof createEnrollmentToken>,
  ): Promise<RouteResult<typeof createEnrollmentToken>> {
    return this.tokens.create(caller, input.body);
  }

  @Handles(revokeEnrollmentToken)
  async revoke(
    @Caller() caller: PersonPrincipal,
    @Input() input: HandlerInput<typeof revokeEnrollmentToken>,
  ): Promise<RouteResult<typeof revokeEnrollmentToken>> {
    await this.tokens.revoke(caller.enterpriseId, input.params.tokenId);
    return {};
  }
}
