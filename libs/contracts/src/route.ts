import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * Who may call a route. `public`: nobody needs to be known. `person`: a signed-in person. `device`: an enrolled device.
 * `drive`: a person or a device, the drive decides per node. `admin`/`operator`: an account role (PE-3); `viewer` and up may read.
 * `people-admin`: team admins too; the service decides about whom.
 */
export type RoutePermission =
  'public' | 'person' | 'device' | 'drive' | 'console-read' | 'people-admin' | 'admin' | 'operator';

type Schema = z.ZodType;

export type RouteDef = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below `/api`, with `:name` parameters. */
  readonly path: string;
  readonly permission: RoutePermission;
  readonly summary: string;
  readonly params?: Schema;
  readonly query?: Schema;
  /** JSON body, or the header of a frame (see `frame.ts`) when `requestFrame` is set. */
  readonly body?: Schema;
  /** JSON answer, or the header of a frame when `responseFrame` is set. */
  readonly response?: Schema;
  readonly requestFrame?: boolean;
  /** The body is bytes (`application/octet-stream`), handed over unread. */
  readonly requestBytes?: boolean;
  readonly responseFrame?: boolean;
  /** The answer is the bytes of a file. */
  readonly responseBytes?: boolean;
  readonly errors?: readonly ErrorCode[];
};

/** Keeps the literal types of a route, so that client and controller infer the same inputs and outputs. */
export function defineRoute<const R extends RouteDef>(route: R): R {
  return route;
}

export type RouteInput<R extends RouteDef> = {
  params: R['params'] extends Schema ? z.output<R['params']> : undefined;
  query: R['query'] extends Schema ? z.output<R['query']> : undefined;
  body: R['body'] extends Schema ? z.output<R['body']> : undefined;
};
type Part<K extends string, S> = S extends Schema ? Record<K, z.input<S>> : unknown;
/** What a caller passes: only the parts the route has. */
export type RouteCall<R extends RouteDef> = Part<'params', R['params']> &
  Part<'query', R['query']> &
  Part<'body', R['body']>;
export type RouteAnswer<R extends RouteDef> = R['response'] extends Schema ? z.output<R['response']> : void;
/** What a controller returns. */
export type RouteResult<R extends RouteDef> = R['response'] extends Schema ? z.input<R['response']> : void;
