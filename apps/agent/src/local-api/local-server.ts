import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '@tideline/contracts';
import { removeEndpoint, saveEndpoint, socketPathFor } from './endpoint.ts';
import type { LocalHandlers } from './handlers.ts';
import { localRoutes, type LocalRoute } from './local-routes.ts';

export type LocalServer = { readonly port: number; close(): Promise<void> };
export type LocalServerOptions = {
  readonly home: string;
  readonly handlers: LocalHandlers;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

type AnyHandler = (input: { params: unknown; query: unknown; body: unknown; signal: AbortSignal }) => unknown;
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The command line talks over a UNIX socket that only its owner may open; pages of this machine over a loopback port with a
 * bearer token. The Host header is checked against names of this machine, so that no page of elsewhere gets in by DNS.
 */
export async function startLocalServer({ home, handlers, log }: LocalServerOptions): Promise<LocalServer> {
  const token = randomBytes(32).toString('base64url');
  const socketPath = socketPathFor(home);
  const overSocket = build(handlers, log);
  const overPort = build(handlers, log);
  overPort.addHook('onRequest', (request, _reply, done) => {
    requireToken(request, token);
    done();
  });
  // Whoever holds the lock of the home owns the socket: what is there is left from an agent that was killed.
  if (process.platform !== 'win32') rmSync(socketPath, { force: true });
  await overSocket.listen({ path: socketPath });
  if (process.platform !== 'win32') chmodSync(socketPath, 0o600);
  await overPort.listen({ host: '127.0.0.1', port: 0 });
  const { port } = overPort.server.address() as { port: number };
  saveEndpoint(home, { socketPath, port, token, pid: process.pid });
  return {
    port,
    close: async () => {
      removeEndpoint(home);
      await Promise.all([overSocket.close(), overPort.close()]);
    },
  };
}

function build(handlers: LocalHandlers, log: LocalServerOptions['log']): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  app.addHook('onRequest', (request, _reply, done) => {
    requireLocalHost(request);
    done();
  });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) =>
    parseJson(String(text), done),
  );
  app.setErrorHandler((error, _request, reply) => sendError(toAppError(error, log), reply));
  app.setNotFoundHandler((_request, reply) => sendError(new AppError('ROUTE_UNKNOWN'), reply));
  app.get('/health', () => ({ status: 'ok' }));
  for (const [name, route] of Object.entries(localRoutes) as [keyof LocalHandlers, LocalRoute][]) {
    const handler = handlers[name] as unknown as AnyHandler;
    const run = (request: FastifyRequest, reply: FastifyReply) => answer(route, handler, { request, reply });
    app.route({ method: route.method, url: route.path, handler: run });
  }
  return app;
}

async function answer(route: LocalRoute, handler: AnyHandler, of: { request: FastifyRequest; reply: FastifyReply }) {
  const { request, reply } = of;
  const hangUp = new AbortController();
  const onClose = () => hangUp.abort(new AppError('TIMEOUT', { seconds: 0 }));
  reply.raw.once('close', onClose);
  try {
    const params = parse(route.params, request.params);
    const query = parse(route.query, request.query);
    const body = parse(route.body, request.body);
    return await handler({ params, query, body, signal: hangUp.signal });
  } finally {
    reply.raw.off('close', onClose);
  }
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new AppError('INVALID_INPUT', { reason });
}

function parseJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  try {
    done(null, text === '' ? {} : JSON.parse(text));
  } catch {
    done(new AppError('INVALID_INPUT', { reason: 'the body is not JSON' }));
  }
}

const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\]|tideline)(:\d+)?$/i;

function requireLocalHost(request: FastifyRequest): void {
  if (!LOCAL_HOST.test(request.headers.host ?? '')) throw new AppError('FORBIDDEN');
}

function requireToken(request: FastifyRequest, token: string): void {
  if (request.url === '/health') return;
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new AppError('NOT_SIGNED_IN');
}

function toAppError(error: unknown, log: LocalServerOptions['log']): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 413) {
    return new AppError('PAYLOAD_TOO_LARGE', { limitBytes: MAX_BODY_BYTES });
  }
  log('local_api_failed', { error });
  return new AppError('INTERNAL');
}

function sendError({ code, message, fix, params }: AppError, reply: FastifyReply) {
  const status = code === 'NOT_SIGNED_IN' ? 401 : code === 'FORBIDDEN' ? 403 : code === 'INTERNAL' ? 500 : 400;
  return reply.status(status).send({ error: { code, message, fix, params } });
}
