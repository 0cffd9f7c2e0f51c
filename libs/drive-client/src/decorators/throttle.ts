import type { ApiClient, SendOptions } from '../http/api-client.ts';
import type { Pace } from '../http/frame-body.ts';
import type { Sleep } from './sleep.ts';

/** Lets bytes through at a rate, first come first served. One bucket per direction for the whole device, and one more per task. */
export type TokenBucket = {
  /** Waits until `bytes` more may travel. */
  readonly take: (bytes: number, signal?: AbortSignal) => Promise<void>;
  /** Nothing is held back now. */
  isOpen(): boolean;
};

export type TokenBucketOptions = {
  /** Bytes per second right now; null = no limit. Asked anew for each piece, and while one waits. */
  readonly rate: () => number | null;
  /** Monotonic, so that setting the device's clock neither stops nor floods the line. */
  readonly clock: { nowMs(): number };
  readonly sleep: Sleep;
  /** Unused time that may be caught up at once. */
  readonly burstMs?: number;
};

/** Whoever waits looks so often whether the rate has changed. */
const LOOK_AGAIN_MS = 500;

export function createTokenBucket({ rate, clock, sleep, burstMs = 250 }: TokenBucketOptions): TokenBucket {
  /** As if nothing had travelled for long. */
  let leftBytes = Infinity;
  let countedMs = clock.nowMs();
  let line: Promise<unknown> = Promise.resolve();

  const pay = async (bytes: number, signal: AbortSignal | undefined): Promise<void> => {
    for (let isFirst = true; ; isFirst = false) {
      signal?.throwIfAborted();
      const perSecond = rate();
      const nowMs = clock.nowMs();
      if (perSecond === null) leftBytes = Infinity;
      else leftBytes += (Math.max(0, nowMs - countedMs) * perSecond) / 1000;
      countedMs = nowMs;
      if (perSecond === null) return;
      // What a piece waits for by itself is not lost to it, however large it is.
      if (isFirst || leftBytes === Infinity) leftBytes = Math.min(leftBytes, (burstMs * perSecond) / 1000);
      if (leftBytes >= bytes) break;
      // Whole milliseconds: less than a clock can tell would be waited for without end.
      const waitMs = Math.ceil(((bytes - leftBytes) * 1000) / perSecond);
      await sleep(Math.min(waitMs, LOOK_AGAIN_MS), signal);
    }
    leftBytes -= bytes;
  };

  return {
    isOpen: () => rate() === null,
    take: (bytes, signal) => {
      const paid = line.then(() => pay(bytes, signal));
      line = paid.catch(() => undefined); // the next one does not fail for this one's reason
      return signal ? orAborted(paid, signal) : paid;
    },
  };
}

/** Whoever is stopped does not wait for those in front. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export type Throttle = { readonly upload?: TokenBucket; readonly download?: TokenBucket };

/**
 * Frames that are sent and bytes that are read flow through the buckets; JSON answers are too small to matter. Also while there
 * is no limit: one that comes in the middle of a request holds for the rest of it.
 */
export function withThrottle(client: ApiClient, { upload, download }: Throttle): ApiClient {
  return {
    ...client,
    sendFrame: (route, input, ...[parts, options]) => client.sendFrame(route, input, parts, paced(options, upload)),
    callFrame: (route, input, options) => client.callFrame(route, input, paced(options, download)),
    stream: (route, input, options) => client.stream(route, input, paced(options, download)),
  };
}

/** Adds the bucket to a pace that is there already: a task's own limit below the device's. */
function paced<O extends SendOptions>(options: O | undefined, bucket: TokenBucket | undefined): O {
  if (!bucket) return (options ?? {}) as O;
  const inner = options?.pace;
  const pace: Pace = {
    isOpen: () => bucket.isOpen() && (inner?.isOpen() ?? true),
    take: async (bytes, signal) => {
      await inner?.take(bytes, signal);
      await bucket.take(bytes, signal);
    },
  };
  return { ...(options as O), pace };
}
