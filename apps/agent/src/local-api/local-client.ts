import { z } from 'zod';
import { AppError, isErrorCode } from '@tideline/contracts';
import { http } from '../transport/node-http.ts';
import { findEndpoint } from './endpoint.ts';
import type { LocalAnswer, LocalCall, LocalRoute } from './local-routes.ts';

export type LocalClient = {
  /** Rejects with AGENT_NOT_RUNNING when nobody answers in this home, also when the agent ends before its answer. */
  call<R extends LocalRoute>(route: R, input: LocalCall<R>, signal?: AbortSignal): Promise<LocalAnswer<R>>;
};

type Parts = {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
};
type Raw = { readonly status: number; readonly text: string };

export function createLocalClient(home: string): LocalClient {
  return {
    call: async (route, input, signal) => {
      const endpoint = findEndpoint(home);
      if (!endpoint) throw new AppError('AGENT_NOT_RUNNING');
      const { status, text } = await exchange(endpoint.socketPath, route, { ...(input as Parts), signal });
      const answer = parseJson(text);
      if (status !== 200) throw toError(answer);
      return route.answer.parse(answer) as never;
    },
  };
}

function exchange(
  socketPath: string,
  route: LocalRoute,
  of: Parts & { signal: AbortSignal | undefined },
): Promise<Raw> {
  const body = of.body === undefined ? undefined : JSON.stringify(of.body);
  const { promise, resolve, reject } = Promise.withResolvers<Raw>();
  const request = http.request({
    socketPath,
    method: route.method,
    path: fillPath(route.path, of),
    agent: false, // one call, one connection: a kept one would outlive the agent behind it
    headers: { host: 'tideline', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(of.signal ? { signal: of.signal } : {}),
  });
  const fail = (error: Error) => reject(of.signal?.aborted ? (of.signal.reason as Error) : notRunning(error));
  request.on('error', fail); // each of them: one that nobody hears ends the process
  request.once('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', fail);
    response.once('end', () =>
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
    );
  });
  request.end(body);
  return promise;
}

function fillPath(path: string, { params = {}, query = {} }: Parts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

const WireError = z.object({
  error: z.object({
    code: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
});

function toError(answer: unknown): AppError {
  const parsed = WireError.safeParse(answer);
  if (!parsed.success || !isErrorCode(parsed.data.error.code)) return new AppError('INTERNAL');
  return new AppError(parsed.data.error.code, parsed.data.error.params ?? {});
}

function notRunning(cause: Error): AppError {
  return new AppError('AGENT_NOT_RUNNING', {}, { cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours: told as INTERNAL or by the schema of the answer
  }
}
