import { routes } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { createApiClient } from '../http/api-client.ts';
import { sendJson, startLocalServer } from '../testing/local-server.ts';
import { createTokenBucket, withThrottle } from './throttle.ts';

/** A clock that only waiting moves. */
function virtualTime() {
  let nowMs = 1000;
  return {
    clock: { nowMs: () => nowMs },
    sleep: async (ms: number) => void (nowMs += ms),
    pass: (ms: number) => (nowMs += ms),
  };
}

it('[D11] lets bytes through at the rate in the long run', async () => {
  const time = virtualTime();
  const bucket = createTokenBucket({ bytesPerSecond: 1_000_000, ...time });
  const startMs = time.clock.nowMs();
  for (let piece = 0; piece < 160; piece += 1) await bucket.take(62_500);
  const rate = 10_000_000 / ((time.clock.nowMs() - startMs) / 1000);
  expect(rate).toBeGreaterThan(950_000);
  expect(rate).toBeLessThan(1_050_000);
});

it('catches up no more than the burst after a rest', async () => {
  const time = virtualTime();
  const bucket = createTokenBucket({ bytesPerSecond: 1000, burstMs: 250, ...time });
  await bucket.take(1000);
  time.pass(60_000);
  const restedMs = time.clock.nowMs();
  await bucket.take(1250);
  expect(time.clock.nowMs() - restedMs).toBe(1000);
});

it('serves who waits in the order in which they came', async () => {
  const waits: number[] = [];
  const bucket = createTokenBucket({
    bytesPerSecond: 1000,
    burstMs: 0,
    clock: { nowMs: () => 0 },
    sleep: async (ms) => void waits.push(ms),
  });
  await Promise.all([bucket.take(500), bucket.take(500), bucket.take(500)]);
  expect(waits).toEqual([500, 1000, 1500]);
});

it('holds a new rate for what is taken from then on', async () => {
  const time = virtualTime();
  const bucket = createTokenBucket({ bytesPerSecond: 10, burstMs: 0, ...time });
  await bucket.take(10);
  bucket.setRate(null);
  const openMs = time.clock.nowMs();
  await bucket.take(1_000_000_000);
  expect(time.clock.nowMs()).toBe(openMs);
});

it('forgives nothing when a rate is set again, and lets what is owed travel at the new one', async () => {
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  const bucket = createTokenBucket({ bytesPerSecond: 1000, burstMs: 0, clock: { nowMs: () => 0 }, sleep });
  await bucket.take(1000);
  bucket.setRate(1000);
  await bucket.take(1000);
  bucket.setRate(4000);
  await bucket.take(2000);
  expect(waits).toEqual([1000, 2000, 1000]);
});

it('counts every byte of a frame that is sent, by the device and by the task', async () => {
  const server = await startLocalServer((_, response) => sendJson(response, { stored: 1 }));
  const taken = { device: 0, task: 0 };
  const counting = (who: keyof typeof taken) => ({
    take: async (bytes: number) => void (taken[who] += bytes),
    setRate: () => undefined,
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

it('sends a frame whole, with its length, while there is no limit', async () => {
  const server = await startLocalServer((_, response) => sendJson(response, { stored: 1 }));
  const bucket = createTokenBucket({ bytesPerSecond: null, ...virtualTime() });
  const client = withThrottle(createApiClient({ baseUrl: server.url }), { upload: bucket });
  const input = { params: { spaceId: 's' as never }, body: { chunks: [] } };
  await client.sendFrame(routes.drive.putPack, input, [new Uint8Array(300_000)]);
  bucket.setRate(1_000_000);
  await client.sendFrame(routes.drive.putPack, input, [new Uint8Array(300_000)]);
  const [whole, paced] = server.requests;
  expect(whole?.headers['content-length']).toBe(String(whole?.body.length));
  expect(paced?.headers['content-length']).toBeUndefined();
  expect(paced?.body).toEqual(whole?.body);
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
    const bucket = createTokenBucket({ bytesPerSecond: MB, ...time });
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
