import type { ApiClient, SendOptions } from '../http/api-client.ts';
import type { Pace } from '../http/frame-body.ts';
import type { Sleep } from './sleep.ts';

/** Lets bytes through at a rate, first come first served. One bucket per direction for the whole device, or one more per task. */
export type TokenBucket = {
  /** Waits until `bytes` more may travel. */
  readonly take: Pace;
  /** Nothing is held back; a rate that is set later holds for the requests that begin then. */
  isOpen(): boolean;
  /** Bytes per second; null = no limit. Holds for what is taken from now on. */
  setRate(bytesPerSecond: number | null): void;
};

export type TokenBucketOptions = {
  readonly bytesPerSecond: number | null;
  /** Monotonic, so that setting the device's clock neither stops nor floods the line. */
  readonly clock: { nowMs(): number };
  readonly sleep: Sleep;
  /** Unused time that may be caught up at once. */
  readonly burstMs?: number;
};

export function createTokenBucket({ clock, sleep, burstMs = 250, ...initial }: TokenBucketOptions): TokenBucket {
  let rate = initial.bytesPerSecond;
  /** Moment at which everything taken so far has travelled at the rate. */
  let paidUntilMs = Number.NEGATIVE_INFINITY;
  return {
    take: async (bytes, signal) => {
      if (rate === null) return;
      const nowMs = clock.nowMs();
      paidUntilMs = Math.max(paidUntilMs, nowMs - burstMs) + (bytes * 1000) / rate;
      if (paidUntilMs > nowMs) await sleep(paidUntilMs - nowMs, signal);
    },
    isOpen: () => rate === null,
    setRate: (bytesPerSecond) => {
      const owedBytes = rate === null ? 0 : (Math.max(0, paidUntilMs - clock.nowMs()) * rate) / 1000;
      rate = bytesPerSecond;
      if (owedBytes > 0 && rate !== null) paidUntilMs = clock.nowMs() + (owedBytes * 1000) / rate;
    },
  };
}

export type Throttle = { readonly upload?: TokenBucket; readonly download?: TokenBucket };

/** Frames that are sent and bytes that are read flow through the buckets; JSON answers are too small to matter. */
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
  // A body that is paced goes out in small pieces, which costs where nothing is held back.
  if (!bucket || bucket.isOpen()) return (options ?? {}) as O;
  const inner = options?.pace;
  const pace: Pace = async (bytes, signal) => {
    await inner?.(bytes, signal);
    await bucket.take(bytes, signal);
  };
  return { ...(options as O), pace };
}
