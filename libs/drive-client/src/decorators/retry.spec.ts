import { AppError, ERROR_CODES, routes } from '@tideline/contracts';
import { expect, it } from 'vitest';
import { createApiClient } from '../http/api-client.ts';
import { sendError, sendJson, startLocalServer } from '../testing/local-server.ts';
import { RETRYABILITY } from '../errors/retryability.ts';
import { createRetry, withRetry, type RetryOptions } from './retry.ts';

function recorded(options: Partial<RetryOptions> = {}) {
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  return { waits, retry: createRetry({ sleep, random: () => 0.5, ...options }) };
}

const failing = (...errors: readonly unknown[]) => {
  const left = [...errors];
  return async () => {
    if (left.length > 0) throw left.shift();
    return 'done';
  };
};
const unreachable = new AppError('SERVER_UNREACHABLE', { server: 's' });

it('tries again after growing, jittered waits', async () => {
  const { waits, retry } = recorded({ firstWaitMs: 100 });
  expect(await retry(failing(unreachable, unreachable, unreachable))).toBe('done');
  expect(waits).toEqual([50, 100, 200]);
});

it('gives up after the last attempt with the last error', async () => {
  const { waits, retry } = recorded({ maxAttempts: 2 });
  await expect(retry(failing(unreachable, unreachable))).rejects.toBe(unreachable);
  expect(waits).toHaveLength(1);
});

it.each(ERROR_CODES.filter((code) => RETRYABILITY[code] !== 'retry'))('never repeats what %s refused', async (code) => {
  const { waits, retry } = recorded();
  await expect(retry(failing(new AppError(code)))).rejects.toMatchObject({ code });
  expect(waits).toEqual([]);
});

it('never repeats a mistake of our own', async () => {
  const { retry } = recorded();
  await expect(retry(failing(new TypeError('bug')))).rejects.toThrow('bug');
});

it('waits as long as the server asks', async () => {
  const { waits, retry } = recorded({ firstWaitMs: 100 });
  const busy = new AppError('UNAVAILABLE', {}, { details: { retryAfterMs: 3000 } });
  expect(await retry(failing(busy))).toBe('done');
  expect(waits).toEqual([3050]);
});

it('leaves it to the caller when the server asks for more than it may wait', async () => {
  const { waits, retry } = recorded({ maxWaitMs: 5000 });
  const busy = new AppError('RATE_LIMITED', { retryAfterSeconds: 60 }, { details: { retryAfterMs: 60_000 } });
  await expect(retry(failing(busy))).rejects.toBe(busy);
  expect(waits).toEqual([]);
});

it('stops waiting when the caller stops', async () => {
  const stop = new AbortController();
  const retry = createRetry({ random: () => 0, sleep: (_, signal) => Promise.reject(signal?.reason as Error) });
  stop.abort(new Error('paused'));
  await expect(retry(failing(unreachable), stop.signal)).rejects.toThrow('paused');
});

it('[R04] repeats a commit, whose operations carry their ids, and never an enrollment', async () => {
  const server = await startLocalServer((_, response, index) =>
    index % 2 === 0
      ? sendError(response, 'UNAVAILABLE', { status: 503 })
      : sendJson(response, { seq: 1, epoch: 'e', outcomes: [] }),
  );
  const client = withRetry(createApiClient({ baseUrl: server.url }), recorded().retry);
  const spaceId = '0190a000-0000-7000-8000-000000000001' as never;
  await client.sendFrame(routes.drive.batch, { params: { spaceId }, body: { atomic: false, ops: [] } }, []);
  expect(server.requests).toHaveLength(2);
  const body = {
    token: 't',
    email: 'a@b',
    deviceName: 'd',
    publicKey: 'k',
    keyStore: 'file' as const,
    platform: { os: 'linux', arch: 'x64', hostname: 'h' },
    agentVersion: '1',
  };
  await expect(client.call(routes.devices.enroll, { body })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(server.requests).toHaveLength(3);
  await server.close();
});
