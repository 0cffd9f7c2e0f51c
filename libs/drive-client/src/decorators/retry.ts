import { AppError, type RouteDef, routes } from '@tideline/contracts';
import type { ApiClient } from '../http/api-client.ts';
import { isNotUnderstood } from '../http/parse-answer.ts';
import { retryAfterMsOf } from '../http/read-error.ts';
import { RETRYABILITY } from '../errors/retryability.ts';
import type { Sleep } from './sleep.ts';

export type RetryOptions = {
  readonly sleep: Sleep;
  /** In [0, 1): spreads clients that failed together. */
  readonly random: () => number;
  readonly maxAttempts?: number;
  readonly firstWaitMs?: number;
  /** No wait is longer; a server that asks for more gets no further attempt here, the caller comes back later. */
  readonly maxWaitMs?: number;
};

/** Runs work that may be repeated, with growing, jittered waits between a bounded number of attempts. */
export type Retry = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export function createRetry(options: RetryOptions): Retry {
  const { maxAttempts = 4, maxWaitMs = 10_000 } = options;
  return async (work, signal) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const waitMs = attempt < maxAttempts ? findWaitMs(error, attempt, options) : undefined;
        if (waitMs === undefined || waitMs > maxWaitMs) throw error;
        await options.sleep(waitMs, signal);
      }
    }
  };
}

/** Full jitter: anything up to the doubled wait. Undefined when waiting does not help. */
function findWaitMs(error: unknown, attempt: number, options: RetryOptions): number | undefined {
  if (!(error instanceof AppError) || RETRYABILITY[error.code] !== 'retry' || isNotUnderstood(error)) return undefined;
  const { random, firstWaitMs = 300, maxWaitMs = 10_000 } = options;
  const jitterMs = random() * Math.min(maxWaitMs, firstWaitMs * 2 ** (attempt - 1));
  const askedMs = retryAfterMsOf(error);
  return askedMs === undefined ? jitterMs : askedMs + random() * firstWaitMs;
}

/** POST routes that only read, or whose operations carry an `opId` that the server answers once. */
const REPEATABLE_POSTS: ReadonlySet<RouteDef> = new Set<RouteDef>([
  routes.drive.batch,
  routes.drive.opAnswers,
  routes.drive.missing,
  routes.drive.bundle,
  routes.devices.challenge,
]);

export function isRepeatable(route: RouteDef): boolean {
  return route.method !== 'POST' || REPEATABLE_POSTS.has(route);
}

/**
 * Every call of a repeatable route is tried again while that may help. An answer of bytes is covered up to its beginning; what
 * breaks in the middle is for the reader, who knows where it was.
 */
export function withRetry(client: ApiClient, retry: Retry): ApiClient {
  const run = <T>(route: RouteDef, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> =>
    isRepeatable(route) ? retry(work, signal) : work();
  return {
    server: client.server,
    call: (route, input, options) => run(route, options?.signal, () => client.call(route, input, options)),
    sendFrame: (route, input, ...frame) => run(route, frame[1]?.signal, () => client.sendFrame(route, input, ...frame)),
    callFrame: (route, input, options) => run(route, options?.signal, () => client.callFrame(route, input, options)),
    stream: (route, input, options) => run(route, options?.signal, () => client.stream(route, input, options)),
  };
}
