import { randomUUID } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifyRateLimit from '@fastify/rate-limit';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError, FRAME_CONTENT_TYPE } from '@tideline/contracts';
import type { FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import type { ServerConfig } from '../config/server-config.ts';
import { IdentityPrincipalSource } from '../identity/principal-source.ts';
import type { Clock } from '../platform/clock.ts';
import { MAX_JSON_BYTES } from '../platform/body-limit.ts';
import { answerClientError, answerFrameworkError } from '../platform/framework-errors.ts';
import { ConsoleWsAdapter } from '../socket/console-ws-adapter.ts';
import { registerSecurityHeaders } from '../web/security-headers.ts';
import { registerStaticSite } from '../web/static-site.ts';
import { AppModule } from './app.module.ts';

export type AppParts = {
  readonly config: ServerConfig;
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly log: LoggerService;
  readonly webFolder: string;
};

/** The whole console as one Nest application, ready to listen. */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_JSON_BYTES,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.create(parts), adapter, {
    logger: parts.log,
    abortOnError: false,
  });
  app.setGlobalPrefix('api');
  const principals = app.get(IdentityPrincipalSource);
  app.useWebSocketAdapter(new ConsoleWsAdapter(app, (headers) => principals.findSocketPrincipal(headers)));
  await registerPlugins(app.getHttpAdapter().getInstance(), parts.webFolder);
  await app.init();
  return app;
}

async function registerPlugins(fastify: FastifyInstance, webFolder: string): Promise<void> {
  await registerSecurityHeaders(fastify);
  await fastify.register(fastifyCookie);
  await fastify.register(fastifyRateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => {
      return new AppError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(ttl / 1000) });
    },
  });
  // The body of a frame is handed over unread; its handler bounds and verifies what it reads.
  for (const type of [FRAME_CONTENT_TYPE, 'application/octet-stream']) {
    fastify.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  }
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-correlation-id', request.id);
    done();
  });
  await registerStaticSite(fastify, webFolder);
}
