import { Readable } from 'node:stream';
import { Delete, Get, HttpCode, Patch, Post, Put, SetMetadata, applyDecorators } from '@nestjs/common';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { AppError, type RouteDef, type RouteInput } from '@tideline/contracts';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { callerOf } from './request-principal.ts';

/** Where the guard, the input decorator and the route tests find the contract of a handler. */
export const ROUTE_METADATA = 'tideline:route';

const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

/** Binds a controller method to a route of the contract: method, path below `/api` and permission. */
export function Handles(route: RouteDef): MethodDecorator {
  return applyDecorators(METHODS[route.method](route.path), HttpCode(200), SetMetadata(ROUTE_METADATA, route));
}

/** What `@Input()` gives. The body of a frame route is a stream (`@RawBody()`): its header is parsed by the handler. */
export type HandlerInput<R extends RouteDef> = R extends { readonly requestFrame: true }
  ? Omit<RouteInput<R>, 'body'>
  : RouteInput<R>;

/** The parsed parameters, query and body of the route. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const route = routeOf(context);
  return {
    params: parsePart('params', route.params, request.params),
    query: parsePart('query', route.query, request.query),
    body: route.requestFrame ? undefined : parsePart('body', route.body, request.body),
  };
});

/** The Principal of the call; the guard has made sure that its kind fits the route's permission. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** The unread body of a frame route. */
export const RawBody = createParamDecorator((_: unknown, context: ExecutionContext): Readable => {
  const body: unknown = context.switchToHttp().getRequest<FastifyRequest>().body;
  if (body instanceof Readable) return body;
  throw new AppError('INVALID_INPUT', { reason: 'a frame body is expected' });
});

export function findRoute(handler: object): RouteDef | undefined {
  return Reflect.getMetadata(ROUTE_METADATA, handler) as RouteDef | undefined;
}

function routeOf(context: ExecutionContext): RouteDef {
  const route = findRoute(context.getHandler());
  if (!route) throw new Error(`${context.getHandler().name} declares no route`);
  return route;
}

function parsePart(part: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw invalidInput(part, parsed.error);
}

/** INVALID_INPUT that names the first wrong field and lists all of them. */
export function invalidInput(part: string, error: z.ZodError): AppError {
  const issues = error.issues.map((issue) => ({ path: [part, ...issue.path].join('.'), message: issue.message }));
  const first = issues[0];
  return new AppError(
    'INVALID_INPUT',
    { reason: first ? `${first.path}: ${first.message}` : part },
    { details: { issues } },
  );
}
