import { AppError, FRAME_CONTENT_TYPE, type RouteAnswer, type RouteCall, type RouteDef } from '@tideline/contracts';
import { startDeadline, type Deadline } from './deadline.ts';
import { readError } from './read-error.ts';
import { openFrame, type FrameAnswer } from './frame-reader.ts';
import { frameBody, type Pace } from './frame-body.ts';
import { buildRequest, type ClientRequest } from './build-request.ts';
import { ByteSource } from './byte-source.ts';
import { parseAnswer } from './parse-answer.ts';
import { fetchTransport } from './fetch-transport.ts';
import { serverUnreachable } from './server-unreachable.ts';
import type { RequestBody, Transport, TransportAnswer } from './transport.ts';

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Without an answer for this long the server counts as unreachable. For streams: without a next byte. */
  readonly timeoutMs?: number;
};
export type SendOptions = CallOptions & {
  /** Asked before each piece of the body leaves; the throttle waits in it. */
  readonly pace?: Pace;
};
type ByteRange = { readonly from: number; readonly to: number; readonly etag?: string };
export type StreamOptions = SendOptions & {
  /** Bytes [from, to); with an `etag` only of that content: RANGE_INVALID when there is another one by now. */
  readonly range?: ByteRange;
};

export type FrameArguments = [parts: readonly Uint8Array[], options?: SendOptions];

/** Every route of the contract, typed. What fails is an `AppError`; a call that was aborted throws the signal's reason. */
export type ApiClient = {
  /** Address of the server, as it was configured; empty for the page's own origin. */
  readonly server: string;
  call<R extends RouteDef>(route: R, input: RouteCall<R>, options?: CallOptions): Promise<RouteAnswer<R>>;
  /** The body of `input` as the header of a frame, followed by the bytes of `parts`. */
  sendFrame<R extends RouteDef>(route: R, input: RouteCall<R>, ...frame: FrameArguments): Promise<RouteAnswer<R>>;
  /** Answers once the header is there; the bytes are read in order by the caller, who ends with `end` or `cancel`. */
  callFrame<R extends RouteDef>(
    route: R,
    input: RouteCall<R>,
    options?: SendOptions,
  ): Promise<FrameAnswer<RouteAnswer<R>>>;
  /** Bytes of a file as they arrive. Leaving the loop early closes the connection. */
  stream<R extends RouteDef>(
    route: R,
    input: RouteCall<R>,
    options?: StreamOptions,
  ): Promise<AsyncIterable<Uint8Array>>;
};

export type ApiClientOptions = {
  /** `https://console.example`, or `''` in a page served by the console itself. */
  readonly baseUrl: string;
  /** `fetch` where nothing else is given. */
  readonly transport?: Transport;
  /** Asked before every request, such as `authorization` of a device or the CSRF header of a page. */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** After NOT_SIGNED_IN, with the headers that were sent: true = other headers may help, send once more. */
  readonly onUnauthorized?: (sent: Readonly<Record<string, string>>) => boolean | Promise<boolean>;
  readonly timeoutMs?: number;
  readonly newCorrelationId?: () => string;
};

const DEFAULT_TIMEOUT_MS = 60_000;

type Exchange = { readonly answer: TransportAnswer; readonly deadline: Deadline };
type Prepared = {
  readonly request: ClientRequest;
  readonly options: SendOptions;
  readonly parts?: readonly Uint8Array[];
};

export function createApiClient(options: ApiClientOptions): ApiClient {
  const exchange = (prepared: Prepared): Promise<Exchange> => exchangeSignedIn(options, prepared);

  const json = async (route: RouteDef, prepared: Prepared): Promise<unknown> => {
    const { answer, deadline } = await exchange(prepared);
    try {
      return parseAnswer(route, await readJson(answer, options.baseUrl));
    } catch (error) {
      throw deadline.explain(error, options.baseUrl);
    } finally {
      deadline.stop();
    }
  };

  return {
    server: options.baseUrl,
    call: async (route, input, call = {}) =>
      (await json(route, { request: buildRequest(route, input), options: call })) as never,
    sendFrame: async (route, input, ...[parts, send = {}]) =>
      (await json(route, { request: buildRequest(route, input), options: send, parts })) as never,
    callFrame: async (route, input, call = {}) => {
      const opened = await exchange({ request: buildRequest(route, input), options: call });
      return openFrame(byteSource(opened, options.baseUrl, call.pace), (header) => parseAnswer(route, header)) as never;
    },
    stream: async (route, input, call = {}) => {
      const request = buildRequest(route, input);
      const ranged = call.range ? withRange(request, call.range) : request;
      const opened = await exchange({ request: ranged, options: call });
      if (call.range && opened.answer.status !== 206) return refuseWhole(opened, call.range);
      return byteSource(opened, options.baseUrl, call.pace).all();
    },
  };
}

function byteSource({ answer, deadline }: Exchange, server: string, pace: Pace | undefined): ByteSource {
  return new ByteSource({ body: answer.body, deadline, server, pace });
}

function withRange(request: ClientRequest, { from, to, etag }: ByteRange): ClientRequest {
  const condition = etag === undefined ? {} : { 'if-range': `"${etag}"` };
  return { ...request, headers: { ...request.headers, range: `bytes=${from}-${to - 1}`, ...condition } };
}

/** The whole file where a part was asked for would be placed at the wrong offset. */
async function refuseWhole({ answer, deadline }: Exchange, { etag }: ByteRange): Promise<never> {
  deadline.stop();
  await answer.body.cancel();
  if (etag !== undefined) throw new AppError('RANGE_INVALID', {}, { details: { reason: 'another content', etag } });
  throw new AppError('INTERNAL', {}, { details: { reason: 'the server ignored the range', status: answer.status } });
}

async function exchangeSignedIn(options: ApiClientOptions, prepared: Prepared): Promise<Exchange> {
  const sent = (await options.headers?.()) ?? {};
  try {
    return await exchangeOnce(options, prepared, sent);
  } catch (error) {
    const isUnauthorized = error instanceof AppError && error.code === 'NOT_SIGNED_IN';
    if (!isUnauthorized || !(await options.onUnauthorized?.(sent))) throw error;
    return exchangeOnce(options, prepared, (await options.headers?.()) ?? {});
  }
}

/** One request, answered with success, whose body is still to be read below the same deadline. */
async function exchangeOnce(
  options: ApiClientOptions,
  prepared: Prepared,
  given: Readonly<Record<string, string>>,
): Promise<Exchange> {
  const { request } = prepared;
  const timeoutMs = prepared.options.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const deadline = startDeadline(timeoutMs, prepared.options.signal);
  try {
    const answer = await (options.transport ?? fetchTransport())({
      method: request.method,
      url: `${options.baseUrl}${request.path}`,
      headers: { ...request.headers, ...correlation(options), ...given, ...contentType(prepared) },
      body: bodyOf(prepared, deadline),
      signal: deadline.signal,
    });
    if (answer.status < 200 || answer.status > 299) throw await readError(answer);
    return { answer, deadline };
  } catch (error) {
    deadline.stop();
    throw deadline.explain(error, options.baseUrl);
  }
}

function correlation(options: ApiClientOptions): Record<string, string> {
  return { 'x-correlation-id': (options.newCorrelationId ?? (() => globalThis.crypto.randomUUID()))() };
}

function contentType({ request, parts }: Prepared): Record<string, string> {
  if (parts) return { 'content-type': FRAME_CONTENT_TYPE };
  return request.body === undefined ? {} : { 'content-type': 'application/json' };
}

function bodyOf({ request, parts, options }: Prepared, deadline: Deadline): RequestBody {
  if (parts) {
    const { extend: onProgress, signal } = deadline;
    return frameBody({ header: request.body, parts, pace: options.pace, onProgress, signal });
  }
  return request.body === undefined ? undefined : JSON.stringify(request.body);
}

/** An answer that is not JSON comes from something between us and the server: a sign-on page of a network, a proxy. */
async function readJson({ header, body }: TransportAnswer, server: string): Promise<unknown> {
  const type = header('content-type') ?? '';
  const text = await body.text();
  if (text === '') return undefined;
  if (!type.includes('json')) throw serverUnreachable(server, { contentType: type });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw serverUnreachable(server, { reason: 'the answer is not JSON' }, error);
  }
}
