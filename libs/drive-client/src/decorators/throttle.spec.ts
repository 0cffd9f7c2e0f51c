import { routes } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { createApiClient } from '../http/api-client.ts';
import { sendJson, startLocalServer } from '../testing/local-server.ts';
import { createTokenBucket, withThrottle } from './throttle.ts';

/** A clock that only waiting moves; `at` runs when it passes a moment. */
function virtualTime() {
  let nowMs = 1000;
  const due: { readonly atMs: number; readonly act: () => void }[] = [];
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const each of due.splice(0)) {
      if (each.atMs <= nowMs) each.act();
      else due.push(each);
    }
  };
  return {
    ...{ clock: { nowMs: () => nowMs }, pass },
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      pass(ms);
    },
    after: (ms: number, act: () => void) => void due.push({ atMs: nowMs + ms, act }),
  };
}

function bucketOf(rate: () => number | null, time: ReturnType<typeof virtualTime>, burstMs?: number) {
  return createTokenBucket({ rate, ...time, ...(burstMs === undefined ? {} : { burstMs }) });
}

it('[D11] lets bytes through at the rate in the long run', async () => {
  const time = virtualTime();
  const bucket = bucketOf(() => 1_000_000, time);
  const startMs = time.clock.nowMs();
  for (let piece = 0; piece < 160; piece += 1) await bucket.take(62_500);
  const rate = 10_000_000 / ((time.clock.nowMs() - startMs) / 1000);
  expect(rate).toBeGreaterThan(950_000);
  expect(rate).toBeLessThan(1_050_000);
});

it('catches up no more than the burst after a rest', async () => {
  const time = virtualTime();
  const bucket = bucketOf(() => 1000, time, 250);
  await bucket.take(1000);
  time.pass(60_000);
  const restedMs = time.clock.nowMs();
  await bucket.take(1250);
  expect(time.clock.nowMs() - restedMs).toBe(1000);
});

it('serves who waits in the order in which they came', async () => {
  const time = virtualTime();
  const bucket = bucketOf(() => 1000, time, 0);
  const startMs = time.clock.nowMs();
  const served: string[] = [];
  const take = (who: string, bytes: number) =>
    bucket.take(bytes).then(() => served.push(`${who} ${time.clock.nowMs() - startMs}`));
  await Promise.all([take('a', 500), take('b', 5), take('c', 500)]);
  expect(served).toEqual(['a 500', 'b 505', 'c 1005']);
});

it('lets whoever is stopped go at once, and serves those behind', async () => {
  const time = virtualTime();
  const gate = Promise.withResolvers<void>();
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await gate.promise;
    await time.sleep(ms, signal);
  };
  const bucket = createTokenBucket({ rate: () => 1000, burstMs: 0, clock: time.clock, sleep });
  const stop = new AbortController();
  const first = bucket.take(1000);
  const second = bucket.take(1_000_000_000, stop.signal);
  const third = bucket.take(1000);
  stop.abort(new Error('paused'));
  await expect(second).rejects.toThrow('paused');
  gate.resolve();
  await Promise.all([first, third]);
  expect(time.clock.nowMs()).toBe(3000);
});

it('holds a lifted limit at once, also for those who wait', async () => {
  const time = virtualTime();
  let rate: number | null = 10;
  const bucket = bucketOf(() => rate, time, 0);
  time.after(700, () => (rate = null));
  const startMs = time.clock.nowMs();
  await bucket.take(1_000_000);
  expect(time.clock.nowMs() - startMs).toBeLessThanOrEqual(1700);
  await bucket.take(1_000_000_000);
  expect(bucket.isOpen()).toBe(true);
});

it('[TA-1] [D11] holds another limit within a second, in the middle of a transfer', async () => {
  const time = virtualTime();
  let rate: number | null = null;
  const bucket = bucketOf(() => rate, time);
  const startMs = time.clock.nowMs();
  const seconds: number[] = [];
  time.after(2000, () => (rate = 2_000_000));
  time.after(6000, () => (rate = 100_000));
  while (time.clock.nowMs() - startMs < 12_000) {
    await bucket.take(64 * 1024);
    if (rate === null) time.pass(5); // as fast as the line is
    const second = Math.floor((time.clock.nowMs() - startMs) / 1000);
    seconds[second] = (seconds[second] ?? 0) + 64 * 1024;
  }
  const inSecond = (at: number): number => (seconds[at] ?? 0) / 1_000_000;
  expect(inSecond(1)).toBeGreaterThan(10);
  for (const at of [3, 4, 5]) expect(inSecond(at)).toBeCloseTo(2, 0);
  for (const at of [7, 8, 9, 10, 11]) expect(inSecond(at)).toBeLessThan(0.17);
});

it('counts every byte of a frame that is sent, by the device and by the task', async () => {
  const server = await startLocalServer((_, response) => sendJson(response, { stored: 1 }));
  const taken = { device: 0, task: 0 };
  const counting = (who: keyof typeof taken) => ({
    take: async (bytes: number) => void (taken[who] += bytes),
    isOpen: () => false,
  });
  const device = withThrottle(createApiClient({ baseUrl: server.url }), { upload: counting('device') });
  const client = withThrottle(device, { upload: counting('task') });
  const input = { params: { spaceId: 's' as never }, body: { chunks: [] } };
  await client.sendFrame(routes.drive.putPack, input, [new Uint8Array(300_000)]);
  const sent = server.requests[0]?.body.length;
  expect(taken).toEqual({ device: sent, task: sent });
  await server.close();
});

it('sends a frame in large pieces while there is no limit, and in small ones from the moment there is one', async () => {
  const server = await startLocalServer((_, response) => sendJson(response, { stored: 1 }));
  const time = virtualTime();
  let rate: number | null = null;
  const bucket = bucketOf(() => rate, time);
  const taken: number[] = [];
  const watched = {
    isOpen: () => bucket.isOpen(),
    take: async (bytes: number, signal?: AbortSignal) => {
      taken.push(bytes);
      if (taken.length === 5) rate = 1_000_000;
      await bucket.take(bytes, signal);
    },
  };
  const client = withThrottle(createApiClient({ baseUrl: server.url }), { upload: watched });
  const input = { params: { spaceId: 's' as never }, body: { chunks: [] } };
  const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
  await client.sendFrame(routes.drive.putPack, input, [bytes]);
  expect(taken.slice(2, 5)).toEqual([512 * 1024, 512 * 1024, 512 * 1024]);
  expect(Math.max(...taken.slice(5))).toBe(64 * 1024);
  expect(Buffer.compare(server.requests[0]?.body.subarray(-bytes.length) ?? Buffer.alloc(0), bytes)).toBe(0);
  expect(time.clock.nowMs() - 1000).toBeGreaterThan(900);
  await server.close();
});

describe('a limit of 1 MB/s', () => {
  const MB = 1_000_000;
  const SIZE = 4 * MB;
  const nodeId = '0190a000-0000-7000-8000-000000000003' as never;

  /** Sends and fetches a file of 4 MB over HTTP; answers the seconds that each took on a clock that only waiting moves. */
  async function transfer(limited: 'upload' | 'download'): Promise<{ upload: number; download: number }> {
    const server = await startLocalServer((request, response) => {
      if (request.method === routes.drive.putPack.method) return sendJson(response, { stored: 1 });
      response.writeHead(206, { 'content-length': SIZE }).end(new Uint8Array(SIZE));
    });
    const time = virtualTime();
    const bucket = bucketOf(() => MB, time);
    const client = withThrottle(createApiClient({ baseUrl: server.url }), { [limited]: bucket });
    const seconds = async (work: () => Promise<void>) => {
      const startMs = time.clock.nowMs();
      await work();
      return (time.clock.nowMs() - startMs) / 1000;
    };
    const upload = await seconds(async () => {
      const input = { params: { spaceId: 's' as never }, body: { chunks: [] } };
      await client.sendFrame(routes.drive.putPack, input, [new Uint8Array(SIZE)]);
    });
    const download = await seconds(async () => {
      const stream = await client.stream(routes.drive.content, { params: { nodeId }, query: {} });
      for await (const run of stream) void run;
    });
    await server.close();
    return { upload, download };
  }

  it.each(['upload', 'download'] as const)(
    '[D11] is kept by the %s within a twentieth, and the other way is not slowed',
    async (way) => {
      const took = await transfer(way);
      const rate = SIZE / took[way];
      expect(rate).toBeGreaterThan(0.95 * MB);
      // What may be caught up after a rest is a quarter of a second.
      expect(SIZE / (took[way] + 0.25)).toBeLessThan(1.05 * MB);
      expect(took[way === 'upload' ? 'download' : 'upload']).toBe(0);
    },
  );
});
